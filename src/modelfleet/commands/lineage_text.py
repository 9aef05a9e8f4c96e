"""Where a model or a release comes from, in lines for people."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from modelfleet.reporting.words import shown

__all__ = ["format_model", "format_release"]

Row = Mapping[str, Any]
Line = tuple[str, str]

SHOWN = 10
WIDTH = 100
INDENT = " " * 14
THEN = {True: "as installed now", False: "another is installed now", None: "not known"}


def format_model(document: Row) -> str:
    """A model, line by line."""
    return _lines(_model(document))


def format_release(document: Row) -> str:
    """A release, line by line."""
    return _lines(_release(document))


def _model(document: Row) -> Iterator[Line]:
    readings, made = document["readings"], document["made_by"]
    kind = made.get("recipe") or made.get("baseline")
    yield "Sensor", shown(document["sensor_id"])
    yield document["kind"].capitalize(), f"{document['version']} ({kind})"
    yield "Readings", _table(readings["table_id"], readings["table_version"], document["reason"])
    if readings["shard"] is not None:
        yield "", f"shard {readings['shard']}, content {readings['shard_digest']}"
    rows = f", {document['rows']:,} rows" if document["rows"] is not None else ""
    yield "Learned", f"{_time(document['trained_from'])} to {_time(document['trained_to'])}{rows}"
    yield from _named("Left out", _periods(document))
    if specification := made.get("specification"):
        yield "Recipe", _estimator(specification["estimator"])
        yield "", _features(specification.get("features", {}))
    yield from _digests(document)
    yield from _run(document["run"])
    held = ", ".join(rid[:12] for rid in document["releases"])
    yield "Releases", f"{held}; first in {document['release'][:12]}"
    yield from _named("Live", [_live(entry) for entry in document["live"]] or ["never"])


def _release(document: Row) -> Iterator[Line]:
    readings, period = document["readings"] or {}, document["period"]
    yield "Release", document["rid"]
    yield "Readings", _table(readings.get("table_id"), readings.get("version"), document["reason"])
    if period:
        yield "Period", f"{_time(period['from'])} to {_time(period['to'])}"
        yield from _named(
            "Left out", [_event(event) for event in document["exclusions"]] or ["nothing"]
        )
    yield from _named("Made of", [_origin(each) for each in document["origins"]])
    for name in ("oldest", "newest"):
        if extreme := document[name]:
            yield name.capitalize(), _extreme(extreme)
    yield from _digests(document)
    run = {"run_id": document["run_id"], "made_at": document["made"], **(document["run"] or {})}
    yield from _run(run)
    yield from _named("Live", [_live(entry) for entry in document["live"]] or ["never"])


def _lines(lines: Iterable[Line]) -> str:
    """Names in a column, texts beside it within the page; a digest is never cut."""
    return "".join(f"{line}\n" for name, text in lines for line in _wrapped(name, text))


def _wrapped(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{name:<13} ",
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _named(name: str, texts: Sequence[str]) -> Iterator[Line]:
    """Many texts under one name, a count in place of what is too much."""
    more = [f"and {len(texts) - SHOWN} more; --json has all"] if len(texts) > SHOWN else []
    for place, text in enumerate([*texts[:SHOWN], *more]):
        yield "" if place else name, text


def _table(table_id: str | None, version: int | None, reason: str | None) -> str:
    if table_id is None or version is None:
        return f"not known: {reason or 'nothing was recorded'}"
    return f"version {version} of table {table_id}"


def _periods(document: Row) -> list[str]:
    if document["reason"]:
        return ["not known"]
    texts = []
    for period in document["excluded"]:
        events = (
            "; ".join(_named_event(event) for event in period["events"]) or "no event is recorded"
        )
        texts.append(f"{_time(period['from'])} to {_time(period['to'])}: {events}")
    return texts or ["nothing"]


def _named_event(event: Row) -> str:
    note = f" ({shown(event['note'])})" if event["note"] else ""
    return shown(f"{event['kind']} {event['event_id'] or ''}") + note


def _event(event: Row) -> str:
    whom = "the whole fleet" if event["sensors"] is None else f"{event['sensors']} sensors"
    return f"{_time(event['start'])} to {_time(event['end'])}: {_named_event(event)}, {whom}"


def _estimator(estimator: Row) -> str:
    arguments = ", ".join(
        f"{name}={value}" for name, value in estimator.get("arguments", {}).items()
    )
    scaled = ", standardised" if estimator.get("standardise") else ""
    return f"{estimator['class']}({arguments}){scaled}"


def _features(features: Row) -> str:
    return ", ".join(
        f"{name} {value}" for name, value in features.items() if value not in (None, [], False)
    )


def _digests(document: Row) -> Iterator[Line]:
    if document["configuration"]:
        yield "Configuration", document["configuration"]
    for name in ("code", "lock"):
        found = document[name]
        if found["digest"]:
            yield name.capitalize(), f"{found['digest']} ({THEN[found['same']]})"


def _run(run: Row) -> Iterator[Line]:
    if run["run_id"] is None:
        return
    by = f" by {run['by']}" if run.get("by") else ""
    where = f" in {run['environment']}" if run.get("environment") else ""
    yield "Run", f"{run['run_id']}{where}{by}, made {_time(run['made_at'])}"
    if run.get("python"):
        yield "On", f"{run['machine']}, Python {run['python']}, Modelfleet {run['modelfleet']}"
    if run.get("not_as_locked"):
        yield "", f"not as locked: {run['not_as_locked']}"
    if run.get("mlflow_run"):
        yield "MLflow run", run["mlflow_run"]


def _live(entry: Row) -> str:
    who = f"approved by {', '.join(entry['approved_by'])}" if entry["approved_by"] else "by policy"
    cohorts = ", ".join(map(shown, entry["cohorts"][:SHOWN]))
    more = f" and {len(entry['cohorts']) - SHOWN} more" if len(entry["cohorts"]) > SHOWN else ""
    return (
        f"{_time(entry['at'])} in {entry['environment']} (entry {entry['position']}) for "
        f"{cohorts}{more} with {entry['release'][:12]}, {who}"
    )


def _origin(each: Row) -> str:
    what = f"{each['count']} {each['kind']}{'' if each['count'] == 1 else 's'}"
    if each["table_version"] is None:
        return f"{what}, of which no more is known"
    return (
        f"{what} of version {each['table_version']}, run {each['run_id']}, first in "
        f"{each['release'][:12]}, learned until {_time(each['trained_to'])}"
    )


def _extreme(row: Row) -> str:
    until = _time(row["trained_to"])
    return f"{row['version'][:12]} of {shown(row['sensor_id'])}, learned until {until}"


def _time(text: str | None) -> str:
    return "unknown" if not text else text[:16].replace("T", " ")
