"""One prediction as a document that JSON can hold."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from modelfleet.commands.evidence.rules import rules_of
from modelfleet.commands.plain import plain
from modelfleet.commands.prediction_evidence.facts import Facts
from modelfleet.commands.prediction_evidence.prose import paragraph
from modelfleet.domain.explain import TOLERANCE
from modelfleet.fleet.serving.explained import Backup, Explanation, Feature, ModelPart

__all__ = ["document_of"]

Row = dict[str, Any]

FORECAST = (
    *("origin", "value", "lower", "upper", "source", "reason", "recipe", "model_version"),
    *("trained_from", "trained_to", "release", "readings_version", "error"),
)
ON_MODEL = ("model", "champion")
VERDICT = ("decision", "sentence", "gain", "probability", "p_value", "weeks", "better_weeks")


def document_of(facts: Facts) -> Row:
    """Everything that is known of one prediction.

    Returns:
        ``schema``, ``paragraph``, ``sensor_id``, ``timestamp``, ``local_time``, ``time_zone``,
        ``step_minutes``, ``sensor``, ``forecast``, ``reproduced``, ``contributions``, ``rule``,
        ``backup``, ``model``, ``gate``, ``release``, ``data``, ``events``, ``outcome``, ``path``,
        ``history`` and ``other_origins``; what is not known is null, and no number is NaN.
    """
    document = {"schema": 1, "paragraph": "", **_told(facts)}
    told: Row = plain(document)
    return {**told, "paragraph": paragraph(told)}


def _told(facts: Facts) -> Row:
    row, explanation = facts.stored.row, facts.explanation
    there = _reproduced(facts)
    sound = explanation if there["same"] else None
    return {
        "sensor_id": row["sensor_id"],
        "timestamp": row["timestamp"],
        "local_time": row["timestamp"].astimezone(ZoneInfo(facts.fleet.time_zone)),
        "time_zone": facts.fleet.time_zone,
        "step_minutes": facts.fleet.grid.step_minutes,
        "sensor": {
            name: facts.sensor.get(name) or facts.service.get(name)
            for name in ("kind", "unit", "cohort")
        },
        "forecast": {
            **{name: row[name] for name in FORECAST},
            "coverage": facts.coverage,
            "outcome": facts.service.get("outcome"),
            "reasons": facts.service.get("reasons"),
        },
        "reproduced": there,
        "contributions": _contributions(sound, row),
        "rule": _rule(sound),
        "backup": _backup(sound.backup) if sound else None,
        "model": _model(facts, sound),
        "gate": _gate(facts),
        "release": _release(facts),
        "data": _data(facts),
        "events": {"training": list(facts.trained), "lately": list(facts.lately)},
        "outcome": _outcome(facts, sound),
        "path": _path(facts, sound),
        "history": _history(facts, sound),
        "other_origins": list(facts.stored.origins),
    }


def _reproduced(facts: Facts) -> Row:
    """Whether what is explained is what was forecast; ``None``: there is nothing to compare."""
    stored, explanation = facts.stored.row, facts.explanation
    if explanation is None:
        nothing = stored["value"] is None and facts.problem is None
        return {"same": None if nothing else False, "value": None, "problem": facts.problem}
    value = _computed(stored, explanation)
    same = _equal(stored["value"], value)
    problem = None if same else f"computed again, it is {value!r} and not {stored['value']!r}"
    return {"same": same, "value": value, "problem": problem}


def _computed(stored: Mapping[str, Any], explanation: Explanation) -> float | None:
    """What the source that was served says, by the release that made the forecast.

    A run may have given a step to the backup for a reason of its own, such as stale readings.
    """
    source = "model" if stored["source"] in ON_MODEL else stored["source"]
    if source == "none":
        return None
    found = explanation.row
    if source == found["source"]:
        value: float | None = found["value"]
        return value
    return explanation.backup.value if source == "baseline" else None


def _equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is None and other is None
    return abs(one - other) <= TOLERANCE * max(1.0, abs(one))


def _contributions(explanation: Explanation | None, row: Row) -> Row | None:
    """Of the model's forecast, also where a rule replaced it; nothing where there is none."""
    if explanation is None or explanation.model is None:
        return None
    model = explanation.model
    if model.contributions is None:
        nothing = {"base": None, "groups": None, "said": model.value is not None}
        return {"method": model.method, "problem": model.problem, **nothing}
    return {
        "method": model.method,
        "problem": None,
        "explains": "what is served" if row["source"] in ON_MODEL else "what the model said",
        "base": model.contributions.base,
        "groups": dict(model.contributions.groups),
        "total": model.contributions.total,
        "forecast": model.value,
        "features": [_feature(each) for each in model.features],
    }


def _feature(feature: Feature) -> Row:
    return dict(vars(feature))


def _rule(explanation: Explanation | None) -> Row | None:
    if explanation is None or explanation.rule is None:
        return None
    model: ModelPart | None = explanation.model
    return {**vars(explanation.rule), "model_value": model.value if model else None}


def _backup(backup: Backup) -> Row:
    return {
        **{name: getattr(backup, name) for name in ("name", "version", "value", "stale")},
        "weeks": [dict(vars(week)) for week in backup.weeks],
    }


def _model(facts: Facts, explanation: Explanation | None) -> Row | None:
    """The model that the release holds for the sensor, with its figures."""
    if not facts.model:
        return None
    names = ("version", "recipe", "estimator", "trained_from", "trained_to", "rows")
    known = {name: facts.model.get(name) for name in (*names, "carried_hours", "excluded_hours")}
    figures = {name: facts.service.get(name) for name in ("error", "skill")}
    part = explanation.model if explanation else None
    said = {"value": part.value, "problem": part.problem} if part else {}
    return {**known, **figures, **said}


def _gate(facts: Facts) -> Row | None:
    if not facts.verdict:
        return None
    verdict = {name: facts.verdict.get(name) for name in VERDICT}
    return {**verdict, "rules": rules_of(facts.verdict)}


def _release(facts: Facts) -> Row | None:
    if facts.release is None:
        return None
    entry, provenance = facts.entry, facts.release.provenance
    return {
        "rid": facts.release.rid,
        "verified": True,
        "made": provenance.get("started_at"),
        "run_id": provenance.get("run_id"),
        "live": facts.live,
        "live_since": entry.at if entry else None,
        "by": entry.by if entry else None,
        "kind": entry.kind if entry else None,
        "reason": entry.reason if entry else None,
        "requested_by": facts.requested_by,
        "approved_by": list(facts.approved_by),
    }


def _data(facts: Facts) -> Row:
    """Of what the forecast, and of what its maker, was made."""
    lineage = facts.lineage
    return {
        "readings_version": facts.stored.row["readings_version"],
        "learned_from_version": lineage.get("table_version"),
        **{name: lineage.get(name) for name in ("table_id", "run_id", "made_at", "code", "lock")},
    }


def _outcome(facts: Facts, explanation: Explanation | None) -> Row | None:
    """What was read at the time, if anything yet."""
    row = facts.stored.row
    found = facts.readings.filter(facts.readings["timestamp"] == row["timestamp"])["value"]
    actual = found[0] if len(found) else None
    if actual is None or not math.isfinite(actual):
        return None
    backup = explanation.backup.value if explanation else None
    value, lower, upper = row["value"], row["lower"], row["upper"]
    return {
        "actual": actual,
        "error": None if value is None else value - actual,
        "backup_error": None if backup is None else backup - actual,
        "within": None if lower is None else lower <= actual <= upper,
    }


def _path(facts: Facts, explanation: Explanation | None) -> list[Row]:
    """All steps of the same origin, with what was read since."""
    known = dict(facts.readings.iter_rows())
    rows = facts.stored.rows.to_dicts()
    backups = explanation.backup.horizon if explanation else (None,) * len(rows)
    names = ("timestamp", "value", "lower", "upper", "source")
    return [
        {**{name: row[name] for name in names}, "backup": b, "actual": known.get(row["timestamp"])}
        for row, b in zip(rows, backups, strict=False)
    ]


def _history(facts: Facts, explanation: Explanation | None) -> list[Row]:
    """Readings before the origin: those that were looked at, or those that are known today."""
    origin: datetime = facts.stored.row["origin"]
    if explanation is None:
        known = facts.readings.filter(facts.readings["timestamp"] < origin)
        return [{"timestamp": t, "value": v, "excluded": False} for t, v in known.iter_rows()]
    steps = 14 * facts.fleet.grid.per_day
    listed = zip(explanation.times, explanation.history, explanation.excluded, strict=True)
    return [
        {"timestamp": time, "value": float(value), "excluded": bool(excluded)}
        for time, value, excluded in list(listed)[-steps:]
    ]
