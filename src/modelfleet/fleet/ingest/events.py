"""Known periods, such as bursts, heatwaves or strikes, and the sensors they concern.

From here on there is one calendar: what training and scoring leave out, and what forecasts learn no
pattern from, all comes from :func:`sensor_periods`.
"""

import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl

from modelfleet.domain.errors import DataError, listing
from modelfleet.domain.parameters.events import EventEntry
from modelfleet.domain.parameters.ingestion import EventLayout
from modelfleet.domain.periods import Periods, cut, union
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.event_entries import CATALOG, CONF, PLACE, add_entries
from modelfleet.fleet.event_overlap import BY_KIND, excluded_by
from modelfleet.fleet.event_scope import BY_NAME, concerned, scope_columns
from modelfleet.fleet.ingest.clock import to_utc
from modelfleet.fleet.ingest.layout import require_columns

__all__ = ["learned_periods", "read_events", "sensor_periods"]

logger = logging.getLogger(__name__)

NO_ENTRIES: Mapping[str, EventEntry] = MappingProxyType({})


def read_events(
    raw: pl.DataFrame,
    sensors: pl.DataFrame,
    layout: EventLayout,
    *,
    entries: Mapping[str, EventEntry] = NO_ENTRIES,
) -> pl.DataFrame:
    """Bring the calendar of events into one shape.

    Args:
        raw: events of the catalog.
        sensors: with ``sensor_id``, ``cohort`` and the columns of the scope.
        layout: names of the columns in the catalog.
        entries: of the configuration, those of this fleet by id.

    Returns:
        ``event_id``, ``kind``, ``start``, ``end`` (UTC), ``note``, the columns of the scope
        (``sensor_id`` and ``cohort`` among them), ``source`` (``catalog`` or ``conf``),
        ``excluded`` (``entry`` or ``never`` where an entry says so of itself, else ``kind``: that
        decides) and ``by``. An
        event concerns the sensors whose metadata equal it in every scope column that it fills; one
        that fills none concerns the whole fleet; one that concerns no sensor is logged as a
        warning. An entry that names several sensors or cohorts has a row for each.

    Raises:
        SchemaError: a column is missing.
        DataError: an event has no kind or no time, or ends before it starts.
        ConfigurationError: an entry has the id of an event of the catalog.
    """
    needed = [layout.event_id, layout.kind, layout.start, layout.end, *layout.scope]
    require_columns(raw.columns, needed, what="raw events", setting="ingestion.events")
    require_columns(
        sensors.columns, list(layout.scope), what="sensors", setting="ingestion.events.scope"
    )
    columns = tuple(dict.fromkeys((*BY_NAME, *layout.scope)))
    text = raw.select(pl.all().cast(pl.String))
    nothing = pl.lit(None, dtype=pl.String)
    table = text.select(
        pl.col(layout.event_id).alias("event_id"),
        pl.col(layout.kind).alias("kind"),
        _times(text, layout.start, layout.time_zone).alias("start"),
        _times(text, layout.end, layout.time_zone).alias("end"),
        (pl.col(layout.note) if layout.note else nothing).alias("note"),
        *(pl.col(name) if name in layout.scope else nothing.alias(name) for name in columns),
        source=pl.lit(CATALOG),
        excluded=pl.lit(BY_KIND),
        by=nothing,
    )
    _check_events(table.with_row_index("row"), text, layout)
    whole = add_entries(table, entries, columns=columns)
    _warn_of_strangers(whole, sensors, columns)
    return whole


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
    """Name the values of the scope that no sensor has: a misspelt district is in no calendar.

    It stops nothing: a calendar is kept for years, and sensors leave the fleet.
    """
    places = {CATALOG: "raw events", CONF: PLACE}
    for column in scope:
        known = sensors[column].cast(pl.String).unique()
        lost = events.filter(~pl.col(column).is_in(known.implode()))
        for (source,), found in lost.group_by("source", maintain_order=True):
            logger.warning(
                "%s: event %s concerns no sensor, none has %s %s; correct the event, or the "
                "metadata",
                places[str(source)],
                listing(found["event_id"].unique(maintain_order=True)),
                column,
                listing(found[column].unique().sort()),
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
    """Which stretches of the grid are left out for which sensor: the one calendar of all stages.

    Whoever forecasts with a release hands the result on to ``Release.predict(excluded=…)``, made
    from the tables ``events`` and ``sensors`` as they are now: periods after the end of what the
    release learned are among them, and nothing is learned from those either.

    Args:
        events: from :func:`read_events`.
        sensors: with ``sensor_id`` and the scope columns.
        axis: the run's time axis, or that of a release: any axis with the fleet's step, for grid
            indices count from 1970. Periods before and after it are kept.
        kinds: kinds of events that are left out, ``backtest.exclude_events``; what an entry of the
            configuration says of itself goes before.
        scope: metadata columns by which events concern sensors, ``ingestion.events.scope``.

    Returns:
        sorted half-open stretches of grid indices by sensor, none overlapping or touching another:
        two events for one time are one stretch; sensors without any are absent.
    """
    periods: dict[str, list[tuple[int, int]]] = {}
    columns = scope_columns(events.columns, scope)
    for event in events.iter_rows(named=True):
        if excluded_by(event, kinds) is None:
            continue
        period = (axis.index(event["start"]), axis.index(event["end"], up=True))
        for sensor_id in concerned(event, sensors, columns=columns)["sensor_id"]:
            periods.setdefault(sensor_id, []).append(period)
    return {sensor_id: union(found) for sensor_id, found in periods.items()}


def learned_periods(
    events: pl.DataFrame,
    sensors: pl.DataFrame,
    axis: Axis,
    *,
    kinds: Sequence[str],
    scope: Sequence[str],
) -> dict[str, Periods]:
    """What of :func:`sensor_periods` lies on the axis: what a run leaves out.

    Maintenance that is planned for next month shapes no result of this run, and so has no part in
    the fingerprints by which results are found again.
    """
    whole = sensor_periods(events, sensors, axis, kinds=kinds, scope=scope)
    found = {i: cut(each, first=axis.first, stop=axis.stop) for i, each in whole.items()}
    return {sensor_id: periods for sensor_id, periods in found.items() if periods}
