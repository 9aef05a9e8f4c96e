"""The history of one sensor as text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelfleet.commands.options import table
from modelfleet.fleet.pinning import PINNED
from modelfleet.reporting.words import in_words, moment, percent, shown

__all__ = ["format_history"]

Row = Mapping[str, Any]

SERVED_BY = {"model": "model", "baseline": "its baseline", "none": "nothing"}


def format_history(document: Row) -> str:
    """Lay out what :func:`~modelfleet.fleet.sensor_history.sensor_history` tells."""
    sections = (
        [f"{shown(document['sensor_id'])}: {_count(document)}"],
        _versions(document["versions"]),
        _releases(document["releases"]),
        _service(document["service"]),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _count(document: Row) -> str:
    models, releases = len(document["versions"]), len(document["releases"])
    return (
        f"{models} {'model' if models == 1 else 'models'} in "
        f"{releases} {'release' if releases == 1 else 'releases'}"
    )


def _versions(versions: Sequence[Row]) -> list[str]:
    if not versions:
        return []
    header = ("model", "recipe", "trained until", "error", "skill", "coverage", "fate")
    rows = [
        (
            each["version"][:12],
            each["recipe"] or "–",
            _day(each["trained_to"]),
            _error(each),
            percent(each["skill"], digits=1),
            percent(each["coverage"]),
            each["fate"],
        )
        for each in versions
    ]
    return ["Models, the oldest first:", table(header, rows)]


def _releases(releases: Sequence[Row]) -> list[str]:
    header = ("release", "made", "outcome", "served by", "why")
    rows = [
        (
            each["release"][:12],
            _day(each["made"]),
            each["outcome"],
            _served_by(each),
            "; ".join(_why(each)),
        )
        for each in releases
    ]
    return ["What each release says:", table(header, rows)]


def _served_by(each: Row) -> str:
    if each["serves"] in ("model", "champion"):
        return str(each["version"][:12])
    return SERVED_BY[each["serves"]]


def _why(each: Row) -> Iterator[str]:
    if each["pinned_from"]:
        yield f"pinned from {each['pinned_from'][:12]}"
    yield from (in_words(code) for code in each["reasons"] or () if code != PINNED)


def _service(service: Sequence[Row]) -> list[str]:
    if not service:
        return ["No release that knows it was ever live."]
    rows = [
        (
            moment(span["from"]),
            span["version"][:12] if span["serves"] == "model" else SERVED_BY[span["serves"]],
            (span["release"] or "–")[:12],
            f"{span['kind']} by {span['by']}",
            shown(span["reason"] or "") if span["reason"] else "",
        )
        for span in service
    ]
    return ["What served it:", table(("from", "model", "release", "how", "why"), rows)]


def _error(each: Row) -> str:
    return "–" if each["mae"] is None else f"{each['mae']:.3g} {each['unit'] or ''}".strip()


def _day(text: str | None) -> str:
    return text[:10] if text else "–"
