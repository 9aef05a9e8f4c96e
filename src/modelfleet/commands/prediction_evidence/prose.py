"""The one paragraph that comes first: what is forecast, why, and how far it can be trusted."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelfleet.commands.prediction_evidence.figures import Figures, day_of, listed, time_of
from modelfleet.commands.prediction_evidence.moved import what_moved
from modelfleet.reporting.words import in_words, percent, shown

__all__ = ["BASELINES", "paragraph"]

Document = Mapping[str, Any]

BASELINES = {
    "hour_of_week_median": "the median of the same hour in the last weeks",
    "weekly_naive": "the value of the same hour a week before",
    "business_rule": "the value that its business rule gives",
}
REASONS = {
    "no_verified_release": "no release was proved for it",
    "release_failed": "the release could not forecast",
    "no_recent_readings": "nothing was read of it lately",
    "features_missing": "too much of what its model looks at was not read",
    "model_failed": "its model could not be used",
    "not_better_than_baseline": "its model was not surely better than the backup",
    "no_backup": "neither a model nor a backup knows a value",
    "unknown_sensor": "the release does not know the sensor",
}
NEEDED = {
    "unknown_sensor": "The next `kedro run` takes it up.",
    "retired_by_owner": "Its owner took it out of service, so nothing is needed.",
}
BY_READINGS_OR_ERROR = ("no_recent_readings", "features_missing", "model_failed")
BY_READINGS = (
    "A backup needs a reading at this hour of the week in one of the weeks before, or a business "
    "rule in the sensor's metadata."
)
ON_MODEL = ("model", "champion")


def paragraph(document: Document) -> str:
    """Plain sentences for whoever has to act on the forecast.

    Args:
        document: as :func:`~modelfleet.commands.prediction_evidence.document_of` makes it.
    """
    return " ".join(_sentences(document, Figures.of(document)))


def _sentences(document: Document, figures: Figures) -> Iterator[str]:
    source = document["forecast"]["source"]
    if document["reproduced"]["same"] is False:
        yield f"THIS FORECAST CANNOT BE REPRODUCED: {document['reproduced']['problem']}."
    if source == "none":
        yield from _nothing(document, figures)
    else:
        yield _forecast(document, figures)
        yield from _replaced(document, figures)
        yield from _from_backup(document, figures) if source == "baseline" else ()
        yield from what_moved(document, figures)
        yield from _model(document, figures)
        yield from _afterwards(document)
    yield from _outcome(document, figures)


def _when(document: Document) -> str:
    local, zone = document["local_time"], document["time_zone"]
    return f"{time_of(local)} on {day_of(local, weekday=True)} ({zone})"


def _forecast(document: Document, figures: Figures) -> str:
    forecast = document["forecast"]
    text = (
        f"At {_when(document)} the forecast for {shown(document['sensor_id'])} is "
        f"{figures.full(forecast['value'])}"
    )
    if forecast["lower"] is None:
        return f"{text}; how far off it may be is not known."
    between = f"{figures.bare(forecast['lower'])} and {figures.bare(forecast['upper'])}"
    return f"{text}, and between {between} {_how_often(forecast['coverage'])}."


def _how_often(coverage: float | None) -> str:
    if coverage is None:
        return "as a rule"
    return "on nine days of ten" if round(coverage, 4) == 0.9 else f"on {percent(coverage)} of days"


def _nothing(document: Document, figures: Figures) -> Iterator[str]:
    forecast = document["forecast"]
    codes = list(dict.fromkeys([forecast["reason"], *(forecast["reasons"] or ())]))
    reasons = listed([_because(code) for code in codes if code]) or "the reason is not recorded"
    yield (
        f"There is no forecast for {shown(document['sensor_id'])} at {_when(document)}: {reasons}."
    )
    yield from _replaced(document, figures)
    yield from _detail(document)
    yield from _last_reading(document)
    yield next((NEEDED[code] for code in codes if code in NEEDED), BY_READINGS)


def _detail(document: Document) -> Iterator[str]:
    if document["forecast"]["error"]:
        yield f"In detail: {document['forecast']['error']}."


def _last_reading(document: Document) -> Iterator[str]:
    known = [each for each in document["history"] if each["value"] is not None]
    if not known:
        yield "Nothing was read of it in the two weeks before."
        return
    last = known[-1]["timestamp"]
    yield f"Its last reading before was at {time_of(last)} UTC on {day_of(last)}."


def _because(code: str) -> str:
    return REASONS.get(code) or in_words(code)


def _why_backup(document: Document) -> str:
    """As the end of a sentence; empty where nothing is recorded."""
    reason = document["forecast"]["reason"]
    if not reason:
        return ""
    if reason in REASONS:
        return f", because {REASONS[reason]}"
    if document["forecast"]["outcome"] == "quarantined":
        return f", because its data do not allow a model ({in_words(reason)})"
    return f" ({in_words(reason)})"


def _from_backup(document: Document, figures: Figures) -> Iterator[str]:
    """Where no rule replaced anything: that was told already."""
    if document["rule"] is not None:
        return
    backup = document["backup"] or {}
    name = backup.get("name") or document["forecast"]["recipe"]
    what = BASELINES.get(name, str(name).replace("_", " "))
    weeks = [week for week in backup.get("weeks", ()) if week["taken"]]
    values = listed([figures.bare(week["value"]) for week in weeks])
    detail = f" ({values}, the nearest first)" if len(weeks) > 1 else ""
    if backup.get("stale"):
        detail = ", as the release kept it"
    yield f"It comes from the backup, {what}{detail}{_why_backup(document)}."
    if document["forecast"]["reason"] in BY_READINGS_OR_ERROR:
        yield from _detail(document)
        yield from _last_reading(document)


def _replaced(document: Document, figures: Figures) -> Iterator[str]:
    rule = document["rule"]
    if rule is None:
        return
    instead = "the backup is" if document["forecast"]["value"] is not None else "nothing is"
    said = f"{_plainly(rule['model_value'])} {figures.unit}".rstrip()
    yield (
        f"The model said {said}, which breaks the rule {rule['name']!r} ({_bounds(rule)}), so "
        f"{instead} served instead."
    )


def _bounds(rule: Document) -> str:
    low, high = (None if rule[k] is None else _plainly(rule[k]) for k in ("low", "high"))
    if rule["kind"] == "change":
        return f"from {_plainly(rule['before'])} it may change by {high} at most"
    what = "the sum of its cohort" if rule["kind"] == "sum" else "a forecast"
    if low is None:
        return f"{what} is {high} at most"
    if high is None:
        return f"{what} is {low} at least"
    return f"{what} lies between {low} and {high}"


def _plainly(value: float | None) -> str:
    """Bounds and what breaks them, to three digits: rounded alike, they might look the same."""
    return "–" if value is None else f"{value:,.3g}".replace("-", "−")


def _model(document: Document, figures: Figures) -> Iterator[str]:
    model, backup = document["model"], document["backup"] or {}
    if document["forecast"]["source"] == "baseline":
        yield from _tried(document)
        return
    if model is None:
        return
    text = (
        f"The model (version {model['version'][:12]}) learned from {day_of(model['trained_from'])} "
        f"to {day_of(model['trained_to'])}{_without(model)}"
    )
    skill, said = model["skill"], figures.full(backup.get("value"))
    tail = f", which says {said} here" if backup.get("value") is not None else ""
    if skill is not None:
        side = "less" if skill >= 0 else "more"
        text += f"; when it was tested it erred {percent(abs(skill))} {side} than the backup{tail}"
    elif tail:
        text += f"; the backup says {said} here"
    yield f"{text}."


def _afterwards(document: Document) -> Iterator[str]:
    """A backfilled forecast by a model that knows what came."""
    learned = document["forecast"]["trained_to"]
    if document["forecast"]["source"] in ON_MODEL and learned and learned >= document["timestamp"]:
        yield (
            "It was made afterwards, by a model that has learned from this very time: it may be "
            "better than a forecast could have been then."
        )


def _without(model: Document) -> str:
    hours = model["excluded_hours"] or 0
    return f", without {hours:,.0f} hours of events" if hours else ""


def _tried(document: Document) -> Iterator[str]:
    gate = document["gate"]
    if gate and gate["sentence"] and document["model"] is None:
        yield f"The test of its model: {gate['sentence']}."


def _outcome(document: Document, figures: Figures) -> Iterator[str]:
    outcome = document["outcome"]
    if outcome is None:
        return
    text = f"What was read then: {figures.full(outcome['actual'])}"
    if outcome["error"] is None:
        yield f"{text}."
        return
    side = "too high" if outcome["error"] > 0 else "too low"
    off = figures.is_zero(outcome["error"])
    text += (
        ", as forecast" if off else f"; the forecast was {figures.size(outcome['error'])} {side}"
    )
    if document["forecast"]["source"] != "baseline" and outcome["backup_error"] is not None:
        text += f", the backup was off by {figures.size(outcome['backup_error'])}"
    yield f"{text}."
