"""What a report is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

__all__ = ["ReportContent"]


@dataclass(frozen=True, kw_only=True)
class ReportContent:
    """Everything that stands on the page, as the stages of one run left it.

    Attributes:
        fleet: name of the fleet.
        run: name of the run.
        made: when the run was made, as people write it.
        window: the data's period, as people write it.
        end: last step of the fleet's time axis, UTC.
        step_minutes: length of a step of the axis and of the traces, minutes.
        sensors: one row per known sensor: ``sensor_id``, ``cohort``, ``kind``, ``unit``.
        profiles: one row per known sensor: what its readings look like.
        admissions: one row per known sensor: ``admitted``, ``reasons``, ``explanation``.
        baselines: one row per known sensor.
        candidates: one row per admitted sensor.
        traces: the same rows with the last days of their backtests, read where they are needed.
        verdicts: one row per trained candidate; ``decision`` and ``override`` where there are any.
        scorecard: one row per known sensor: all figures together; costs, ``coverage``,
            ``untracked_coverage``, ``interval`` and ``replaced_share`` are shown where it has them.
        account: where the rows that came in went, see :class:`modelfleet.fleet.ingest.Account`.
        standing: ``sensor_id`` and ``version`` of models that go on where training failed.
        events: known periods: ``event_id``, ``kind``, ``start``, ``end``, ``note``; ``excluded``
            where an entry of the calendar speaks for itself.
        excluded_kinds: kinds of events that are left out.
        expectations: results, each ``table``, ``type``, ``column``, ``consequence``, ``reason``,
            ``success``, ``unexpected_count``, ``unexpected_sensors``, ``message``.
        parameters: settings that shaped the run, by name; nested ones are flattened.
        hold: why the release waits for people, each ``code``, ``figure``, ``threshold``,
            ``sensors`` (ids), ``place`` and ``sentence``; empty where it does not.
        overrides: what people decided for single sensors, each ``sensor``, ``serve``, ``reason``
            and ``expires``.
        exclusion_effects: what verdicts would be without exclusions: ``sensor_id``,
            ``excluded_hours``, ``judged_excluded_hours``, ``accepted``, ``accepted_without``,
            ``gain``, ``gain_without``, ``sentence_without``; ``None`` where nobody asked.
        examples: sensors shown as pictures at either end of the ranking.
        example_days: days that such a picture shows.
    """

    fleet: str
    run: str
    made: str
    window: str
    end: datetime
    step_minutes: int
    sensors: pl.DataFrame
    profiles: pl.DataFrame
    admissions: pl.DataFrame
    baselines: pl.DataFrame
    candidates: pl.DataFrame
    traces: pl.LazyFrame
    verdicts: pl.DataFrame
    scorecard: pl.DataFrame
    account: Mapping[str, Any]
    standing: pl.DataFrame | None = None
    events: pl.DataFrame | None = None
    excluded_kinds: Sequence[str] = ()
    expectations: Sequence[Mapping[str, Any]] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    hold: Sequence[Mapping[str, Any]] = ()
    overrides: Sequence[Mapping[str, Any]] = ()
    exclusion_effects: pl.DataFrame | None = None
    examples: int = 12
    example_days: int = 7
