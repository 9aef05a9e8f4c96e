"""What an asset must look like at the door of the catalog; configured in ``catalog.yml``.

Kedro calls ``validate(data)`` inside every load or save for which the entry asks, and names the
asset in its error. These checks look at the shape of a table, not at what it says: columns, kinds,
keys. What the values say is for expectations.
"""

from modelfleet.stores.validators.readings import ReadingsValidator
from modelfleet.stores.validators.tables import RecordValidator, TableValidator

__all__ = ["ReadingsValidator", "RecordValidator", "TableValidator"]
