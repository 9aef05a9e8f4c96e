"""Known events in what the model that serves a sensor learned from."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from modelfleet.fleet.event_overlap import overlapping_events
from modelfleet.fleet.learned_events import learned_events, learning_period

if TYPE_CHECKING:
    from modelfleet.commands.project import Assets

__all__ = ["events_of_sensor"]

Row = dict[str, Any]


def events_of_sensor(
    assets: "Assets",
    sensor: Mapping[str, Any],
    *,
    release: str | None,
    first_reading: datetime | None,
    step_minutes: int,
) -> Row | None:
    """Events that overlap what the model, or the baseline, of a release learned of a sensor.

    Args:
        assets: of the environment.
        sensor: its row of ``sensors``.
        release: which serves it; ``None`` where there is none.
        first_reading: of the sensor.
        step_minutes: of the grid.

    Returns:
        ``release``, ``serves``, ``version``, ``learned_from`` and ``learned_to`` (the moment after
        the last step) and ``events``, the most recent first, as
        :func:`~modelfleet.fleet.learned_events.learned_events` tells them; ``None`` where nothing
        serves.
    """
    from modelfleet.commands.sensor_rows import scan_asset

    row = None if release is None else _served(assets, release, str(sensor["sensor_id"]))
    if row is None or not assets.exists("events"):
        return None
    parameters = assets.parameters()
    backtest, layout = parameters["backtest"], parameters["ingestion"]["events"]
    whole = row["kind"] == "baseline" or backtest.get("sliding_weeks") is None
    period = learning_period(
        row,
        step=timedelta(minutes=step_minutes),
        first_reading=first_reading if whole else None,
    )
    if period is None:
        return None
    found = overlapping_events(
        scan_asset(assets, "events").collect(),
        pl.DataFrame([dict(sensor)]),
        sensor_id=str(sensor["sensor_id"]),
        start=period[0],
        stop=period[1],
        scope=layout.get("scope") or (),
        excluded_kinds=backtest.get("exclude_events") or (),
    )
    return {
        "release": release,
        **{name: row[name] for name in ("serves", "version")},
        "learned_from": period[0],
        "learned_to": period[1],
        "events": learned_events(found, row["excluded"], period=period),
    }


def _served(assets: "Assets", release: str, sensor_id: str) -> Row | None:
    """What serves the sensor by a release, with its lineage; ``None`` if nothing does."""
    from modelfleet.stores.lineage import lineage_of
    from modelfleet.stores.release_rows import checked_table

    store = assets.load("release")
    mine = pl.col("sensor_id") == sensor_id
    serves = checked_table(store, release, "serves", ["sensor_id", "serves", "version"])
    rows = serves.filter(mine, pl.col("serves") != "none")
    lineage = lineage_of(store, release).filter(mine).drop("release", "sensor_id")
    found = rows.join(lineage, on="version").to_dicts()
    return found[0] if found else None
