"""One sensor's rows of all tables as one document that JSON can hold."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from modelfleet.commands.evidence.rules import RULE_PARTS, rules_of
from modelfleet.commands.plain import plain
from modelfleet.fleet.axis import Axis

__all__ = ["SensorRows", "document_of"]

Row = Mapping[str, Any]

LONG = (
    *("actual_trace", "forecast_trace", "baseline_trace", "trace"),
    *("model_bytes", "pattern", "seasonal_mean", "coefficients", "feature_names"),
    *("weekly_total", "weekly_count", "excluded"),
)
"""Columns for machines: a reader of the evidence has no use for hundreds of numbers."""
COSTS = "cost_"
ON_INTERVALS = ("coverage", "untracked_coverage", "interval", "replaced_share")
VERDICT = ("decision", "accepted", "mode", "reasons", "sentence")
GAIN = ("gain", "gain_error", "weeks", "better_weeks", "probability", "p_value")


@dataclass(frozen=True, kw_only=True)
class SensorRows:
    """What the tables of the last run say of one sensor; ``None`` where they say nothing.

    Attributes:
        sensor: its metadata.
        profile: what its readings look like.
        admission: whether a model may learn from it.
        baseline: its backup.
        candidate: its model with the weekly evidence, if one was tried.
        verdict: the gate's answers.
        scorecard: all figures together.
        ledger: what happened and what serves.
        window: the fleet's time axis.
        run: summary of the run.
        live: the release that serves its cohort now.
        override: what people decided for it, from the configuration.
        events: known events in what serves it learned from.
        missing: assets that were not made yet, each with the stage that makes it.
    """

    sensor: Row
    profile: Row | None = None
    admission: Row | None = None
    baseline: Row | None = None
    candidate: Row | None = None
    verdict: Row | None = None
    scorecard: Row | None = None
    ledger: Row | None = None
    window: Row | None = None
    run: Row | None = None
    live: str | None = None
    override: Row | None = None
    events: Row | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


def document_of(rows: SensorRows) -> dict[str, Any]:
    """Everything that is known of one sensor, in the order in which it came about.

    Returns:
        ``schema``, ``sensor_id``, ``run``, ``metadata``, ``profile``, ``admission``, ``baseline``,
        ``candidate``, ``weeks``, ``gate``, ``champion``, ``override``, ``events``, ``intervals``,
        ``costs``, ``verdict``, ``serves`` and ``missing``; what is not known is null, and no number
        is NaN.
    """
    verdict, card = rows.verdict or {}, rows.scorecard or {}
    rules = rules_of(verdict)
    told = [code for code in verdict if not code.endswith(RULE_PARTS)]
    document = {
        "schema": 1,
        "sensor_id": rows.sensor["sensor_id"],
        "run": _run(rows),
        "metadata": _without(rows.sensor, ["sensor_id"]),
        "profile": _without(rows.profile, ["sensor_id", *rows.sensor]),
        "admission": _without(rows.admission, ["sensor_id"]),
        "baseline": _without(rows.baseline, ["sensor_id", *LONG, "loss", "hours"]),
        "baseline_weeks": _weeks(rows.baseline, rows.window),
        "candidate": _candidate(rows.candidate),
        "weeks": _weeks(rows.candidate, rows.window),
        "gate": [rule for rule in rules if not rule["code"].startswith("champion_")] or None,
        "champion": [rule for rule in rules if rule["code"].startswith("champion_")] or None,
        "override": _override(rows),
        "events": rows.events,
        "intervals": _only(card, ON_INTERVALS),
        "costs": _only(card, [*(name for name in card if name.startswith(COSTS)), "currency"]),
        "verdict": _only(verdict, told[1:] if told else []),
        "serves": _serves(rows),
        "missing": dict(rows.missing),
    }
    return {name: plain(value) for name, value in document.items()}


def _run(rows: SensorRows) -> dict[str, Any] | None:
    return _only(rows.run or {}, ["run_id", "started_at", "environment", "fleet", "release"])


def _serves(rows: SensorRows) -> dict[str, Any] | None:
    """What the run decided, and whether its release is the one that is live."""
    if rows.ledger is None:
        return None
    released = (rows.run or {}).get("release")
    return {
        **{name: rows.ledger.get(name) for name in ("outcome", "serves", "version", "reasons")},
        "release": released,
        "live": rows.live,
        "release_is_live": released is not None and rows.live == released,
    }


def _override(rows: SensorRows) -> dict[str, Any] | None:
    effect = (rows.verdict or {}).get("override")
    if rows.override is None and effect is None:
        return None
    return {**(rows.override or {}), "effect": effect}


def _candidate(candidate: Row | None) -> dict[str, Any] | None:
    if candidate is None:
        return None
    weekly = _weekly_columns(candidate)
    names, weights = candidate.get("feature_names"), candidate.get("coefficients")
    model = dict(zip(names, weights, strict=False)) if names and weights else None
    return {**(_without(candidate, ["sensor_id", *LONG, *weekly]) or {}), "coefficients": model}


def _weekly_columns(row: Row) -> list[str]:
    """Columns with one number per judged week."""
    count = len(row.get("loss") or ())
    lists = {name: value for name, value in row.items() if isinstance(value, list)}
    return [
        name
        for name, value in lists.items()
        if count and len(value) == count and name not in {*LONG, "choice_loss"}
        if not any(isinstance(each, str) for each in value)
    ]


def _weeks(row: Row | None, window: Row | None) -> list[dict[str, Any]] | None:
    """One line per judged week, oldest first, with the gain over the baseline where it is known."""
    if row is None or not (names := _weekly_columns(row)):
        return None
    count = len(row["loss"])
    gains = _gains(row)
    return [
        {
            "week_to": _week_end(window, count - 1 - week),
            **{name: row[name][week] for name in names},
            **({"gain": gains[week]} if gains else {}),
        }
        for week in range(count)
    ]


def _week_end(window: Row | None, weeks_before_the_end: int) -> datetime | None:
    if window is None:
        return None
    return Axis(**window).end - timedelta(weeks=weeks_before_the_end)


def _gains(row: Row) -> list[float | None] | None:
    """Gain per week as a share of the mean loss of the baseline."""
    if not row.get("baseline_loss"):
        return None
    pairs = list(zip(row["loss"], row["baseline_loss"], strict=True))
    known = [theirs for ours, theirs in pairs if _finite(ours) and _finite(theirs)]
    usual = sum(known) / len(known) if known else 0.0
    return [
        (theirs - ours) / usual if usual > 0 and _finite(ours) and _finite(theirs) else None
        for ours, theirs in pairs
    ]


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _without(row: Row | None, names: Collection[str]) -> dict[str, Any] | None:
    if row is None:
        return None
    return {name: value for name, value in row.items() if name not in names}


def _only(row: Row, names: Sequence[str]) -> dict[str, Any] | None:
    return {name: row[name] for name in names if name in row} or None
