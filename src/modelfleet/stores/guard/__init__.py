"""The guard: what one environment owns, every other one reads and never writes.

Locations are declared in the environment that owns them, under ``protected`` in its globals. What a
catalog entry means is resolved and compared with them; an entry that lies there is built as a
dataset that reads, in whatever process it is built.
"""

from modelfleet.stores.guard.catalog import guarded_catalog, guarded_entry
from modelfleet.stores.guard.datasets import GuardedDataset, ReadOnlyDataset
from modelfleet.stores.guard.declarations import open_guard
from modelfleet.stores.guard.guard import Guard, Owned
from modelfleet.stores.guard.preflight import check_run, check_tracking

__all__ = [
    "Guard",
    "GuardedDataset",
    "Owned",
    "ReadOnlyDataset",
    "check_run",
    "check_tracking",
    "guarded_catalog",
    "guarded_entry",
    "open_guard",
]
