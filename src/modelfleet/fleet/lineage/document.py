"""What a run was made of, as one document: kept beside its release, and shown by MLflow."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from modelfleet.domain.periods import cut
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.event_overlap import excluded_by
from modelfleet.fleet.event_scope import concerned, scope_columns
from modelfleet.fleet.lineage.sources import Sources

__all__ = ["excluding_events", "run_document"]

EVENT = ("event_id", "kind", "start", "end", "note")
STEPS = ("first_step", "stop_step")


def run_document(
    facts: Mapping[str, Any],
    lineage: pl.DataFrame,
    *,
    sources: Sources,
    readings: str,
    run: Mapping[str, Any],
    versions: Mapping[str, str],
    events: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What a run was made of.

    Args:
        facts: of the run and its release, as in the table of lineage.
        lineage: rows of its release.
        sources: what its baselines, those of the whole fleet, learned from.
        readings: digest of all readings.
        run: further facts about the run.
        versions: of the libraries that shape numbers.
        events: from :func:`excluding_events`.

    Returns:
        ``schema``, ``run``, ``release``, ``readings``, ``sensors``, ``models``, ``period``,
        ``exclusions``, ``configuration``, ``code``, ``lock``, ``versions``, ``environment``.
    """
    axis = Axis(**sources["axis"])
    own = lineage.filter(pl.col("release") == facts["release"])
    kinds = dict(own.group_by("kind").len().iter_rows())
    return {
        "schema": 1,
        "run": dict(run),
        "release": facts["release"],
        "readings": {
            "table_id": sources.get("table_id"),
            "version": sources.get("version"),
            "digest": readings,
            "shards": sources["shards"],
        },
        "sensors": lineage["sensor_id"].n_unique(),
        "models": {
            "made": kinds.get("model", 0),
            "carried_over": lineage.height - own.height,
            "baselines": kinds.get("baseline", 0),
        },
        "period": {
            "from": axis.time(axis.first).isoformat(),
            "to": axis.end.isoformat(),
            "axis": axis.as_dict(),
        },
        "exclusions": list(events),
        "configuration": facts["configuration"],
        "code": facts["code"],
        "lock": facts["lock"],
        "versions": dict(versions),
        "environment": facts["environment"],
    }


def excluding_events(
    events: pl.DataFrame,
    sensors: pl.DataFrame,
    axis: Axis,
    *,
    kinds: Sequence[str],
    scope: Sequence[str],
) -> list[dict[str, Any]]:
    """The events of the run's period that were left out of learning, and whom each concerns.

    Args:
        events: of the fleet.
        sensors: the fleet, with the columns of ``scope``.
        axis: of the run.
        kinds: kinds of events that are left out; what an entry says of itself goes before.
        scope: columns by which events concern sensors.

    Returns:
        of each event its facts as text; ``first_step`` and ``stop_step``, the stretch of the grid
        that was left out for it; and ``sensors``: ids, or ``None`` for the whole fleet.
    """
    columns = scope_columns(events.columns, scope)
    ids: dict[tuple[Any, ...], list[str] | None] = {}
    found = []
    for event in events.iter_rows(named=True):
        steps = axis.index(event["start"]), axis.index(event["end"], up=True)
        if excluded_by(event, kinds) is None or not cut([steps], first=axis.first, stop=axis.stop):
            continue
        place = tuple(event[column] for column in columns)
        if place not in ids:
            mine = concerned(event, sensors, columns=columns)
            ids[place] = sorted(mine["sensor_id"]) if any(place) else None
        facts = {name: _as_text(event[name]) for name in EVENT}
        bounds = dict(zip(STEPS, map(_as_text, map(axis.time, steps)), strict=True))
        found.append({**facts, **bounds, "sensors": ids[place]})
    return found


def _as_text(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else value
