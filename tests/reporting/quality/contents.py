"""Made-up states and contents of the data-quality page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.axis import Axis
from modelfleet.reporting.quality import QualityContent, QualityHistory, QualityState
from modelfleet.reporting.quality.state import STATE_SCHEMA
from modelfleet.reporting.views import find_standings
from tests.domain.parameters.configuration import shipped
from tests.reporting.fleets import END, TIME, make_fleet

STOP = int(END.timestamp()) // 3600 + 1
AXIS = Axis(60, "UTC", STOP - 52 * 168, STOP)
RUN = {"run_id": "run-2", "started_at": "2024-04-02T06:00:00+00:00"}
VALIDATION = ValidationParameters.model_validate(shipped()["validation"])
ACCOUNT: dict[str, Any] = {
    "batch": "",
    "rows_in": 1000,
    "stored": 900,
    "duplicates": 40,
    "merged": 0,
    "rejected": {"off_grid": 50, "above_upper_limit": 10},
    "late": 0,
    "corrections": 0,
    "missing_values": 5,
    "moved_to_grid": 7,
    "ignored_columns": [],
}
Sensors = Mapping[str, tuple[str, Sequence[str], float | None, int]]


def make_state(
    sensors: Sensors | None = None, *, account: Mapping[str, Any] | None = None, **changes: Any
) -> QualityState:
    """A state; sensors as id to standing, reasons, coverage and rejected rows."""
    rows = [(sensor_id, *facts) for sensor_id, facts in (sensors or {}).items()]
    facts: dict[str, Any] = {
        "run": "run-1",
        "made": "2024-04-01T06:00:00+00:00",
        "stamp": "s1",
        "settings": "c1",
        "table": "t1",
        "version": 3,
        "first": AXIS.time(AXIS.first).isoformat(),
        "last": END.isoformat(),
        "batches": 2,
        "account": {**ACCOUNT, **(account or {})},
        "sensors": pl.DataFrame(rows, schema=STATE_SCHEMA, orient="row"),
    }
    return QualityState(**{**facts, **changes})


def batch_rows(*accounts: Mapping[str, Any]) -> pl.DataFrame:
    """The table of batches, as ingestion leaves it."""
    rows = [
        {
            "number": number,
            "batch": f"b{number}",
            "account": json.dumps({**ACCOUNT, "batch": f"b{number}", **account}),
        }
        for number, account in enumerate(accounts)
    ]
    return pl.DataFrame(rows, schema={"number": pl.Int64, "batch": pl.String, "account": pl.String})


def rejected_rows(*rows: tuple[str | None, str | None, str | None, str]) -> pl.DataFrame:
    """Rejected rows of batch b0: sensor, time, value, reason."""
    columns = ("sensor_id", "timestamp", "value", "reason")
    schema = {**dict.fromkeys(columns, pl.String)}
    return (
        pl.DataFrame(rows, schema=schema, orient="row")
        .with_row_index("row")
        .with_columns(pl.col("row").cast(pl.Int64), batch=pl.lit("b0"))
    )


def note_rows(*rows: tuple[str, str]) -> pl.DataFrame:
    """Notes on the metadata: sensor and note."""
    schema = dict.fromkeys(("sensor_id", "note"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(detail=pl.lit(""))


def make_profiles(ids: Sequence[str]) -> pl.DataFrame:
    """Flat profiles, each sensor a little worse than the one before, but within all limits."""
    n = len(ids)
    worse = np.linspace(0.0, 0.5, n)
    day = [END - timedelta(hours=int(24 * k)) for k in worse]
    return pl.DataFrame(
        {
            "sensor_id": list(ids),
            "cohort": [f"cohort/{k % 3}" for k in range(n)],
            "kind": ["flow"] * n,
            "readings": [8000] * n,
            "first_reading": [AXIS.time(AXIS.first)] * n,
            "last_reading": day,
            "history_weeks": [52.0] * n,
            "silence_hours": 48 * worse,
            "coverage": 1 - 0.3 * worse,
            "longest_gap_hours": 100 * worse,
            "stuck_share": 0.01 * worse,
            "longest_stuck_hours": 2 * worse,
            "stuck_end_hours": 2 * worse,
            "minimum": [0.0] * n,
            "maximum": [5.0] * n,
            "rejected_rows": [0] * n,
            "rejected_share": [0.0] * n,
            "off_grid_share": [0.0] * n,
        },
        schema_overrides={
            "sensor_id": pl.String,
            "cohort": pl.String,
            "kind": pl.String,
            "readings": pl.Int64,
            "first_reading": TIME,
            "last_reading": TIME,
            "history_weeks": pl.Float64,
            "minimum": pl.Float64,
            "maximum": pl.Float64,
            "rejected_rows": pl.Int64,
            "rejected_share": pl.Float64,
            "off_grid_share": pl.Float64,
        },
    )


def make_quality_content(
    ids: Sequence[str] = ("a", "b", "c"),
    *,
    before: QualityState | None = None,
    state: Mapping[str, Any] | None = None,
    **changes: Any,
) -> QualityContent:
    """The content of a page; ``state`` overrides facts of the state now."""
    shape = {k: changes.pop(k) for k in ("quarantined", "retired", "weeks") if k in changes}
    fleet = make_fleet(ids, **shape)
    profiles = changes.pop("profiles", make_profiles(ids))
    figures = profiles.select("sensor_id", "coverage", "rejected_rows")
    sensors = find_standings(fleet["admissions"]).join(figures, on="sensor_id")
    table = sensors.select(STATE_SCHEMA.names()).cast(STATE_SCHEMA)
    facts = {"run": RUN["run_id"], "made": RUN["started_at"], "stamp": "s2", **(state or {})}
    content: dict[str, Any] = {
        "fleet": "Test fleet",
        "run": RUN,
        "axis": AXIS,
        "sensors": fleet["sensors"],
        "measurements": fleet["profiles"],
        "profiles": profiles,
        "admissions": fleet["admissions"],
        "rejected": rejected_rows(),
        "batches": batch_rows({}),
        "notes": note_rows(),
        "account": ACCOUNT,
        "expectations": (),
        "history": QualityHistory(replace(make_state(**facts), sensors=table), before),
        "validation": VALIDATION,
    }
    return QualityContent(**{**content, **changes})
