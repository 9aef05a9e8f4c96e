"""Releases made of a few figures per sensor, published for real: no run, no readings."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.lineage import canonical_json
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.ledger import LEDGER_SCHEMA
from modelfleet.fleet.provenance import attachments
from modelfleet.fleet.release_content import (
    BASELINE_COLUMNS,
    MODEL_COLUMNS,
    ReleaseDraft,
    table_bytes,
)
from modelfleet.fleet.service import SCORECARD, VERDICTS
from modelfleet.fleet.tasks.baseline import BASELINE_SCHEMA
from modelfleet.fleet.tasks.training import CANDIDATE_SCHEMA
from modelfleet.stores.objects import Objects
from modelfleet.stores.release_store import ReleaseStore

START = datetime(2026, 1, 5, tzinfo=UTC)

CONFIGURATION = {"backtest": {"weeks": 12, "exclude_events": ["burst"]}, "fleet": {"horizon": 24}}


def sensor(sensor_id: str, **figures: Any) -> dict[str, Any]:
    """A sensor that a model of a tenth less error serves, unless figures say otherwise."""
    usual = {
        "sensor_id": sensor_id,
        "cohort": "north",
        "kind": "flow",
        "unit": "m3/h",
        "outcome": "accepted",
        "serves": "model",
        "version": f"{sensor_id}-1",
        "reasons": [],
        "recipe": "linear",
        "mae": 0.9,
        "baseline_mae": 1.0,
        "skill": 0.1,
        "coverage": 0.91,
        "cost_without_model": 300.0,
        "cost_baseline": 200.0,
        "cost_candidate": 180.0,
        "currency": "EUR",
        "sentence": "better in 11 of 12 weeks",
        "decision": "accept",
        "trained_from": START - timedelta(weeks=40),
        "trained_to": START,
    }
    return {**usual, **figures}


def on_backup(sensor_id: str, **figures: Any) -> dict[str, Any]:
    """A sensor whose baseline serves."""
    usual = {
        "outcome": "backup",
        "serves": "baseline",
        "version": f"{sensor_id}-b1",
        "reasons": ["not_better_than_baseline"],
        "decision": "baseline",
    }
    return sensor(sensor_id, **usual | figures)


def tables(sensors: Iterable[Mapping[str, Any]]) -> dict[str, pl.DataFrame]:
    """The tables of a release."""
    frame = pl.DataFrame(list(sensors), infer_schema_length=None)
    return {
        "models": _models(frame),
        "baselines": _baselines(frame),
        "serves": frame.select(LEDGER_SCHEMA.names()).cast(LEDGER_SCHEMA),
        "scorecard": _scorecard(frame),
        "verdicts": _verdicts(frame),
    }


def draft(
    sensors: Iterable[Mapping[str, Any]],
    *,
    configuration: Mapping[str, Any] = CONFIGURATION,
    **run: Any,
) -> ReleaseDraft:
    """A release of these sensors; ``run`` is what is known of its run."""
    rows = list(sensors)
    contents = {
        **{f"{name}.parquet": table_bytes(table) for name, table in tables(rows).items()},
        "configuration.json": canonical_json(dict(configuration)).encode(),
    }
    manifest = Manifest.of(contents, code="c" * 64, versions={"numpy": "2"}, readings="r" * 64)
    facts = {"run_id": "2026-01-05T00.00.00.000Z", "started_at": START.isoformat(), "by": "robot"}
    ledger = {"ledger.csv": "".join(f"{row['sensor_id']}\n" for row in rows).encode()}
    return ReleaseDraft(contents, manifest, attachments({**facts, **run}, ledger))


def publish(folder: Path | str, sensors: Iterable[Mapping[str, Any]], **run: Any) -> str:
    """Publish such a release in a store; its name."""
    made = draft(sensors, **run)
    ReleaseStore(Objects(str(folder))).publish(made)
    return made.rid


def _models(frame: pl.DataFrame) -> pl.DataFrame:
    served = frame.filter(pl.col("serves").is_in(["model", "champion"]))
    linear = json.dumps({"estimator": {"class": "sklearn.linear_model.Ridge"}})
    known = served.select(
        "sensor_id", "version", "recipe", "trained_from", "trained_to",
        specification=pl.lit(linear), intercept=0.5,
        coefficients=pl.lit([0.25, 0.75]), feature_names=pl.lit(["lag_24", "lag_48"]),
    )  # fmt: skip
    empty = pl.DataFrame(schema={**CANDIDATE_SCHEMA, "specification": pl.String()})
    return pl.concat([empty, known], how="diagonal_relaxed").select(MODEL_COLUMNS)


def _baselines(frame: pl.DataFrame) -> pl.DataFrame:
    backup = (
        pl.when(pl.col("serves") == "baseline")
        .then("version")
        .otherwise(pl.col("sensor_id") + "-b1")
    )
    known = frame.select(
        "sensor_id", "trained_from", "trained_to", version=backup, baseline=pl.lit("weekly_naive")
    )
    empty = pl.DataFrame(schema=BASELINE_SCHEMA)
    return pl.concat([empty, known], how="diagonal_relaxed").select(BASELINE_COLUMNS)


def _scorecard(frame: pl.DataFrame) -> pl.DataFrame:
    names = [
        "sensor_id",
        "cohort",
        *SCORECARD,
        "decision",
        "coverage",
        "trained_from",
        "trained_to",
    ]
    return frame.select(names)


def _verdicts(frame: pl.DataFrame) -> pl.DataFrame:
    judged = frame.filter(pl.col("decision").is_not_null())
    there = [name for name in VERDICTS if name in frame.columns]
    missing = [pl.lit(None, dtype=VERDICTS[n]).alias(n) for n in VERDICTS if n not in there]
    return judged.select("sensor_id", "decision", "reasons", "sentence", *there, *missing)


def large_fleet(count: int, *, later: bool) -> list[dict[str, Any]]:
    """Many sensors in thirty cohorts; in the later release nearly all of them change."""
    generator = np.random.default_rng(7)
    return [_one(number, generator, later=later) for number in range(count)]


def _one(number: int, generator: np.random.Generator, *, later: bool) -> dict[str, Any]:
    level, luck, gain = generator.gamma(2.0, 2.0), generator.random(), generator.normal(0.03, 0.05)
    name = f"S{number:04}"
    skill = float(generator.normal(0.12, 0.04))
    figures: dict[str, Any] = {
        "cohort": f"{('demand', 'flow', 'pressure')[number % 3]}/{chr(65 + number % 10)}",
        "unit": ("m3/h", "l/s", "m")[number % 3],
        "baseline_mae": float(level), "mae": float(level * (1 - skill)), "skill": skill,
        "cost_baseline": float(90 * level), "cost_candidate": float(90 * level * (1 - skill) + 2),
        "cost_without_model": float(140 * level),
    }  # fmt: skip
    if not later:
        return on_backup(name, **figures) if luck < 0.1 else sensor(name, **figures)
    return _later(name, luck, max(float(gain), -0.02), figures)


def _later(name: str, luck: float, gain: float, figures: dict[str, Any]) -> dict[str, Any]:
    """Some enter, some fall back, some are kept, two fall silent, the rest get another model."""
    if luck < 0.06:
        return sensor(name, **figures, version=f"{name}-2")
    if luck < 0.1:
        return on_backup(name, **figures, version=f"{name}-b2")
    before = {"champion_version": f"{name}-1", "champion_no_gain_figure": figures["skill"] - 0.01}
    if luck < 0.1005:
        silent = {"outcome": "quarantined", "serves": "none", "version": None, "decision": None}
        return sensor(name, **figures, **silent, reasons=["dead", "no_recent_value"])
    if luck < 0.12:
        fallen = {**before, "champion_no_gain_figure": -0.5 * abs(gain), "reasons": ["no_gain"]}
        return on_backup(name, **figures, **fallen, version=f"{name}-b2")
    if luck < 0.2:
        kept = {"outcome": "kept", "serves": "champion", "decision": "keep"}
        return sensor(name, **figures, **kept, **before, reasons=["worse_than_champion"])
    return sensor(name, **figures, **before, worse_than_champion_figure=gain, version=f"{name}-2")
