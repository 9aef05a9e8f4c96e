"""Which data, configuration and code each model of a release was made of."""

from modelfleet.fleet.lineage.document import excluding_events, run_document
from modelfleet.fleet.lineage.rows import lineage_rows
from modelfleet.fleet.lineage.schema import LINEAGE_SCHEMA, read_lineage, unknown_lineage
from modelfleet.fleet.lineage.sources import Sources, learned_from

__all__ = [
    "LINEAGE_SCHEMA",
    "Sources",
    "excluding_events",
    "learned_from",
    "lineage_rows",
    "read_lineage",
    "run_document",
    "unknown_lineage",
]
