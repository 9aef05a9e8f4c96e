"""The whole evidence on one sensor: as a document for programs, and as text for people."""

from modelfleet.fleet.why.document import SensorRows, document_of
from modelfleet.fleet.why.text import format_document

__all__ = ["SensorRows", "document_of", "format_document"]
