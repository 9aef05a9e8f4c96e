"""The document on one prediction as text: the paragraph, a compact table, then the evidence."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from modelfleet.commands.options import table
from modelfleet.commands.prediction_evidence.figures import Figures
from modelfleet.commands.prediction_evidence.moved import GROUP_NAMES
from modelfleet.commands.prediction_evidence.prose import BASELINES
from modelfleet.reporting.words import in_words, percent, shown

__all__ = ["format_document"]

Document = Mapping[str, Any]

WIDTH = 96
NAME = 20
EVENTS = 5
METHODS = {
    "linear": "exact: coefficient times difference from the usual week",
    "shapley": "exact Shapley values of the groups, against the usual week",
}


def format_document(document: Document) -> str:
    """Lay out what :func:`~modelfleet.commands.prediction_evidence.document_of` tells."""
    figures = Figures.of(document)
    sections = (
        ("", _wrapped(document["paragraph"], WIDTH)),
        ("What it is made of", _contributions(document, figures)),
        ("Backup", _backup(document, figures)),
        ("Readings around", _around(document, figures)),
        ("Evidence", list(_evidence(document))),
        ("Events in what it learned from", _events(document["events"]["training"])),
        ("Events around", _events(document["events"]["lately"])),
        ("Gate", _gate(document["gate"])),
    )
    parts = ["\n".join([*([title] if title else []), *body]) for title, body in sections if body]
    return "\n\n".join(parts) + "\n"


def _contributions(document: Document, figures: Figures) -> list[str]:
    found = document["contributions"]
    if found is None or found["groups"] is None:
        return []
    values = [("base: a usual week", figures.bare(found["base"]))]
    values += [(GROUP_NAMES[n], figures.signed(v)) for n, v in found["groups"].items()]
    values.append(("the model's forecast", figures.full(found["forecast"])))
    width = max(len(figures.bare(found["forecast"])), *(len(text) for _, text in values[:-1]))
    lines = [
        f"  {name:<24} {text.rjust(width) if k < len(values) - 1 else _last(text, width)}"
        for k, (name, text) in enumerate(values)
    ]
    return [*lines, f"  ({METHODS[found['method']]})"]


def _last(text: str, width: int) -> str:
    number, _, unit = text.partition(" ")
    return f"{number.rjust(width)} {unit}".rstrip()


def _backup(document: Document, figures: Figures) -> list[str]:
    backup = document["backup"]
    if backup is None or backup["name"] is None:
        return []
    what = BASELINES.get(backup["name"], backup["name"])
    says = "no value" if backup["value"] is None else figures.full(backup["value"])
    lines = [f"  {says}, {what}"]
    if backup["stale"]:
        lines.append("  as the release kept it, for want of recent readings")
    zone = ZoneInfo(document["time_zone"])
    rows = [
        (
            f"{week['back']} back",
            _local(week["time"], zone),
            figures.bare(week["value"]),
            _told(week),
        )
        for week in backup["weeks"]
    ]
    if rows:
        lines += textwrap.indent(table(("week", "time", "read", ""), rows), "  ").splitlines()
    return lines


def _told(week: Document) -> str:
    if week["taken"]:
        return "taken"
    if week["value"] is None:
        return "not read"
    return "left out: an event" if week["excluded"] else "not needed"


def _around(document: Document, figures: Figures) -> list[str]:
    """The hours before and after, of what was forecast and of what was read."""
    zone = ZoneInfo(document["time_zone"])
    if not any(r[name] is not None for r in document["path"] for name in ("value", "actual")):
        return []
    place = [row["timestamp"] for row in document["path"]].index(document["timestamp"])
    near = document["path"][max(place - 2, 0) : place + 3]
    rows = [
        (
            _local(row["timestamp"], zone)
            + (" <" if row["timestamp"] == document["timestamp"] else ""),
            figures.bare(row["value"]),
            _between(row, figures),
            figures.bare(row["backup"]),
            figures.bare(row["actual"]),
        )
        for row in near
    ]
    last = [each for each in document["history"] if each["value"] is not None][-2:]
    rows = [
        (_local(e["timestamp"], zone), "", "", "", figures.bare(e["value"])) for e in last
    ] + rows
    header = ("time", "forecast", "interval", "backup", "read")
    return textwrap.indent(table(header, rows), "  ").splitlines()


def _between(row: Document, figures: Figures) -> str:
    if row["lower"] is None:
        return "–"
    return f"{figures.bare(row['lower'])} to {figures.bare(row['upper'])}"


def _local(text: str | None, zone: ZoneInfo) -> str:
    if text is None:
        return "–"
    return f"{datetime.fromisoformat(text).astimezone(zone):%a %Y-%m-%d %H:%M}"


def _evidence(document: Document) -> Iterator[str]:
    forecast, model, release = document["forecast"], document["model"], document["release"]
    yield _line("served by", _source(forecast))
    if forecast["reasons"]:
        yield _line("ledger", ", ".join(in_words(code) for code in forecast["reasons"]))
    if model is not None:
        yield _line("model", f"{model['version'][:12]}, recipe {model['recipe']}")
        yield _line("learned", _learned(model))
        if (version := document["data"]["learned_from_version"]) is not None:
            yield _line(
                "", f"version {version} of the readings, in run {document['data']['run_id']}"
            )
        yield _line("error in the test", _error(model, document["sensor"]["unit"]))
    if release is not None:
        yield _line(
            "release", f"{release['rid'][:12]}, {'live' if release['live'] else 'not live'}"
        )
        yield _line("live since", _since(release))
    yield _line("forecast made from", _made_from(document))
    if document["other_origins"]:
        yield _line("other origins", f"{len(document['other_origins'])}; see --origin")


def _source(forecast: Document) -> str:
    words = {"model": "its model", "champion": "its model, kept from an earlier release"}
    words |= {"baseline": "its backup", "none": "nothing"}
    reason = f": {in_words(forecast['reason'])}" if forecast["reason"] else ""
    return f"{words.get(forecast['source'], forecast['source'])}{reason}"


def _learned(model: Document) -> str:
    rows = f"{model['rows']:,} rows" if model["rows"] else "readings"
    text = f"{rows} from {_utc(model['trained_from'])} to {_utc(model['trained_to'])}"
    return f"{text}; {model['excluded_hours'] or 0:,.0f} hours left out for events"


def _error(model: Document, unit: str | None) -> str:
    if model["error"] is None:
        return "–"
    skill = percent(abs(model["skill"] or 0.0), digits=1)
    side = "less" if (model["skill"] or 0.0) >= 0 else "more"
    return (
        f"{model['error']:.3g} {unit or ''}".rstrip()
        + f" on average, {skill} {side} than its backup"
    )


def _since(release: Document) -> str:
    if release["live_since"] is None:
        return "never live in this environment"
    text = _utc(release["live_since"])
    if release["kind"] == "automatic":
        return f"{text}, by policy: nobody has to approve"
    asked = f"asked for by {release['requested_by'] or release['by']}"
    approved = ", ".join(release["approved_by"])
    return f"{text}, {asked}{f', approved by {approved}' if approved else ''}"


def _made_from(document: Document) -> str:
    data, forecast = document["data"], document["forecast"]
    return f"readings before {_utc(forecast['origin'])}, version {data['readings_version']}"


def _events(events: Sequence[Document]) -> list[str]:
    lines = [f"  {_event(each)}" for each in events[:EVENTS]]
    more = len(events) - EVENTS
    return [*lines, *([f"  and {more} more; --json tells them"] if more > 0 else [])]


def _event(event: Document) -> str:
    note = f": {shown(event['note'])}" if event["note"] else ""
    left_out = "left out" if event["excluded"] else "not left out"
    days = f"{event['start'][:10]} to {event['end'][:10]}"
    return f"{days}  {shown(event['kind'])}{note} ({event['hours']:,.0f} h, {left_out})"


def _gate(gate: Document | None) -> list[str]:
    if gate is None:
        return []
    lines = [gate["sentence"] or ""]
    rules = [
        f"{str(r['status']).replace('_', ' ')}: {r['sentence'] or r['code']}" for r in gate["rules"]
    ]
    wrapped = [_wrapped(text, WIDTH - 4, others="  ") for text in [*lines, *rules]]
    return [f"  {line}" for lines in wrapped for line in lines]


def _utc(text: str) -> str:
    return f"{text[:16].replace('T', ' ')} UTC"


def _line(name: str, text: str) -> str:
    lines = _wrapped(text, WIDTH, first=f"  {name:<{NAME}} ", others=" " * (NAME + 3))
    return "\n".join(lines)


def _wrapped(text: str, width: int, *, first: str = "", others: str = "") -> list[str]:
    """Lines of a text; names with hyphens stay whole."""
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )
