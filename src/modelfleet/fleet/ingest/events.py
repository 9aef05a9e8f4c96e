"""Known periods, such as bursts, heatwaves or strikes, and the sensors they concern."""

import logging
from collections.abc import Sequence

import polars as pl

from modelfleet.domain.errors import DataError, listing
from modelfleet.domain.parameters.ingestion import EventLayout
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.ingest.clock import to_utc
from modelfleet.fleet.ingest.layout import require_columns
from modelfleet.fleet.roster import Periods

__all__ = ["read_events", "sensor_periods"]

logger = logging.getLogger(__name__)


def read_events(raw: pl.DataFrame, sensors: pl.DataFrame, layout: EventLayout) -> pl.DataFrame:
    """Bring the calendar of events into one shape.

    Returns:
        ``event_id``, ``kind``, ``start``, ``end`` (UTC), ``note`` and the scope columns. An event
        concerns the sensors whose metadata equal it in every scope column that it fills; one that
        fills none concerns the whole fleet; one that concerns no sensor is logged as a warning.

    Raises:
        SchemaError: a column is missing.
        DataError: an event has no kind or no time, or ends before it starts.
    """
    needed = [layout.event_id, layout.kind, layout.start, layout.end, *layout.scope]
    require_columns(raw.columns, needed, what="raw events", setting="ingestion.events")
    require_columns(
        sensors.columns, list(layout.scope), what="sensors", setting="ingestion.events.scope"
    )
    text = raw.select(pl.all().cast(pl.String))
    table = text.select(
        pl.col(layout.event_id).alias("event_id"),
        pl.col(layout.kind).alias("kind"),
        _times(text, layout.start, layout.time_zone).alias("start"),
        _times(text, layout.end, layout.time_zone).alias("end"),
        (pl.col(layout.note) if layout.note else pl.lit(None, dtype=pl.String)).alias("note"),
        *layout.scope,
    )
    _check_events(table.with_row_index("row"), text, layout)
    _warn_of_strangers(table, sensors, layout.scope)
    return table.sort("start", "event_id")


def _check_events(table: pl.DataFrame, raw: pl.DataFrame, layout: EventLayout) -> None:
    unnamed = table.filter(pl.col("kind").is_null())
    if unnamed.height:
        raise DataError(
            f"raw events: column {layout.kind!r} is empty in rows {listing(unnamed['row'])} (row 0 "
            "is the first), and only events of a kind can be left out of learning; fill it"
        )
    wrong = table.filter(~(pl.col("start") < pl.col("end")).fill_null(value=False))
    if wrong.height:
        first = raw[int(wrong["row"][0])]
        raise DataError(
            f"raw events: event {listing(wrong['event_id'])} in rows {listing(wrong['row'])} (row "
            f"0 is the first) has no readable start before its end, such as {layout.start} "
            f"{first[layout.start][0]!r} and {layout.end} {first[layout.end][0]!r}; correct them, "
            "times are written like 2018-01-31T13:00"
        )


def _warn_of_strangers(events: pl.DataFrame, sensors: pl.DataFrame, scope: Sequence[str]) -> None:
    """Name the values of the scope that no sensor has: a misspelt district is in no calendar."""
    for column in scope:
        known = sensors[column].cast(pl.String).unique()
        lost = events.filter(~pl.col(column).is_in(known.implode()))
        if lost.height:
            logger.warning(
                "raw events: event %s concerns no sensor, none has %s %s; correct the event, or "
                "the metadata",
                listing(lost["event_id"]),
                column,
                listing(lost[column].unique().sort()),
            )


def _times(raw: pl.DataFrame, column: str, zone: str) -> pl.Series:
    stamps = raw.select(timestamp=pl.col(column))
    return to_utc(stamps, zone=zone, what=f"raw events, column {column!r}")["time"]


def sensor_periods(
    events: pl.DataFrame,
    sensors: pl.DataFrame,
    axis: Axis,
    *,
    kinds: Sequence[str],
    scope: Sequence[str],
) -> dict[str, Periods]:
    """Which stretches of the grid are left out for which sensor.

    Args:
        events: from :func:`read_events`.
        sensors: with ``sensor_id`` and the scope columns.
        axis: the run's time axis.
        kinds: kinds of events that are left out.
        scope: columns by which events concern sensors.

    Returns:
        sorted half-open stretches of grid indices by sensor; sensors without any are absent.
    """
    periods: dict[str, set[tuple[int, int]]] = {}
    for event in events.filter(pl.col("kind").is_in(kinds)).iter_rows(named=True):
        filled = [column for column in scope if event[column] is not None]
        concerned = sensors.filter(
            *(pl.col(column).cast(pl.String) == event[column] for column in filled)
        )
        period = (axis.index(event["start"]), axis.index(event["end"], up=True))
        for sensor_id in concerned["sensor_id"]:
            periods.setdefault(sensor_id, set()).add(period)
    return {sensor_id: tuple(sorted(found)) for sensor_id, found in periods.items()}
