"""The two small tables that stand for the schema and for the fleet in expectations."""

from typing import Any

import pandas as pd

from modelfleet.fleet.sharded import ReadingsSource

__all__ = ["fleet_table", "schema_table"]


def schema_table(readings: ReadingsSource) -> pd.DataFrame:
    """One row per column of the readings: ``column`` and ``type``."""
    schema = readings.scan().collect_schema()
    return pd.DataFrame({"column": schema.names(), "type": [str(kind) for kind in schema.dtypes()]})


def fleet_table(profiles: pd.DataFrame, account: dict[str, Any]) -> pd.DataFrame:
    """One row: how many sensors there are and speak, and what became of the raw rows."""
    rows_in = max(account["rows_in"], 1)
    row = {
        "sensors": len(profiles),
        "sensors_with_readings": int((profiles["readings"] > 0).sum()),
        "cohorts": profiles["cohort"].nunique(),
        "rows_in": account["rows_in"],
        "rows_stored": account["stored"],
        "rejected_share": sum(account["rejected"].values()) / rows_in,
        "duplicate_share": account["duplicates"] / rows_in,
        "missing_value_share": account["missing_values"] / max(account["stored"], 1),
        "median_coverage": float(profiles["coverage"].median()),
    }
    return pd.DataFrame([row])
