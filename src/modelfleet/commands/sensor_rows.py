"""Gathers one sensor's rows from the tables of the last run, and reads no others."""

import difflib
from collections.abc import Mapping
from typing import Any

import polars as pl

from modelfleet.commands.evidence import SensorRows
from modelfleet.commands.learned import events_of_sensor
from modelfleet.commands.project import Assets
from modelfleet.domain.errors import DataError, listing
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.fleet.tables import SEPARATOR

__all__ = ["gather_rows", "scan_asset", "unknown_sensor"]

Row = dict[str, Any]

STAGES = {
    "fleet_window": "ingestion",
    "profiles": "validation",
    "admissions": "validation",
    "baselines": "baseline",
    "candidates": "training",
    "verdicts": "evaluation",
    "scorecard": "evaluation",
    "ledger": "promotion",
    "run_summary": "promotion",
}
LISTS = ("reasons", "explanation")
NEAR = 5


def gather_rows(assets: Assets, sensor_id: str) -> SensorRows:
    """Read what every table says of a sensor.

    Raises:
        DataError: no such sensor is known, or no fleet is there yet.
    """
    if not assets.exists("sensors"):
        raise DataError(
            f"the environment {assets.env or 'local'!r} has no sensors yet; make them with "
            "`kedro run --pipelines ingestion`, or run all stages with `kedro run`"
        )
    table = scan_asset(assets, "sensors")
    sensor = _row(table, sensor_id)
    if sensor is None:
        raise DataError(unknown_sensor(sensor_id, table.select("sensor_id").collect().to_series()))
    missing = {name: stage for name, stage in STAGES.items() if not assets.exists(name)}
    shard = sensor.get("shard")

    def found(name: str) -> Row | None:
        return None if name in missing else _row(scan_asset(assets, name, shard), sensor_id)

    documents = {
        name: None if name in missing else assets.load(name)
        for name in ("fleet_window", "run_summary")
    }
    live, run = _live(assets, sensor.get("cohort")), documents["run_summary"] or {}
    window, profile = documents["fleet_window"], found("profiles")
    return SensorRows(
        sensor=sensor,
        profile=profile,
        admission=found("admissions"),
        baseline=found("baselines"),
        candidate=found("candidates"),
        verdict=found("verdicts"),
        scorecard=found("scorecard"),
        ledger=found("ledger"),
        window=window,
        run=documents["run_summary"],
        live=live,
        override=_override(assets, sensor_id),
        events=window
        and events_of_sensor(
            assets,
            sensor,
            release=live or run.get("release"),
            first_reading=(profile or {}).get("first_reading"),
            step_minutes=window["step_minutes"],
        ),
        missing=missing,
    )


def scan_asset(assets: Assets, name: str, shard: int | None = None) -> pl.LazyFrame:
    """A table, or the one file of it that holds the sensor's shard; nothing is read yet."""
    place = assets.place(name)
    if place.endswith(".csv"):
        return pl.scan_csv(place, infer_schema=False)
    if place.endswith(".parquet"):
        return pl.scan_parquet(place, glob=False)
    frame: ShardedFrame = assets.load(name)
    file = None if shard is None else frame.file_of(shard)
    if file is None:
        return pl.LazyFrame(schema={"sensor_id": pl.String})
    return pl.scan_parquet(f"{frame.root}/{file}", glob=False)


def _row(table: pl.LazyFrame, sensor_id: str) -> Row | None:
    rows = table.filter(pl.col("sensor_id") == sensor_id).collect().to_dicts()
    if not rows:
        return None
    flat = {name: _split(rows[0][name]) for name in LISTS if name in rows[0]}
    return {**rows[0], **flat}


def _split(value: Any) -> list[str]:
    """Codes, which the flat tables keep as one text."""
    if isinstance(value, str):
        return value.split(SEPARATOR) if value else []
    return list(value or ())


def _live(assets: Assets, cohort: str | None) -> str | None:
    if not assets.exists("channel"):
        return None
    serves: Mapping[str, str] = assets.load("channel").live()
    return serves.get(cohort or "")


def _override(assets: Assets, sensor_id: str) -> Row | None:
    overrides = (assets.parameters().get("overrides") or {}).get("sensors") or ()
    return next((dict(each) for each in overrides if each.get("sensor") == sensor_id), None)


def unknown_sensor(sensor_id: str, known: pl.Series) -> str:
    """What to say of an id that the fleet does not know, naming those near to it."""
    names = known.to_list()
    folded: dict[str, str] = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(sensor_id.casefold(), list(folded), n=NEAR, cutoff=0.6)
    hint = f"; near to it: {listing(folded[name] for name in near)}" if near else ""
    return (
        f"the fleet of {len(names)} sensors knows no {sensor_id!r}{hint}; "
        "`modelfleet ledger` lists all of them"
    )
