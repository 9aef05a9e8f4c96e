"""Every model of one sensor: where it came from, when it served, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelfleet.fleet.champions import SERVED_BY_MODEL

__all__ = ["FIGURES", "LEDGER", "Appearance", "Entry", "sensor_history"]

LEDGER = ("cohort", "outcome", "serves", "version", "reasons")
FIGURES = (
    "recipe",
    "trained_from",
    "trained_to",
    "unit",
    "mae",
    "skill",
    "coverage",
    "baseline_mae",
    "decision",
    "sentence",
)
"""Columns of the scorecard that are told."""

Document = dict[str, Any]


@dataclass(frozen=True)
class Appearance:
    """What one release says of the sensor.

    Attributes:
        rid: of the release.
        made: when its run began, ISO 8601.
        by: whose run it was.
        ledger: the columns :data:`LEDGER`.
        scorecard: of :data:`FIGURES` what the release has; they are the candidate's.
        pinned_from: the release that a person took the sensor's model from; ``None`` where a
            run made it.
    """

    rid: str
    made: str
    by: str
    ledger: Mapping[str, Any]
    scorecard: Mapping[str, Any]
    pinned_from: str | None = None

    @property
    def model(self) -> str | None:
        """Version of the model that would serve; ``None`` where none would."""
        serves = self.ledger["serves"] in SERVED_BY_MODEL
        return self.ledger["version"] if serves else None


@dataclass(frozen=True)
class Entry:
    """One entry of the channel.

    Attributes:
        position: from 1 on.
        at: when it was made, ISO 8601.
        kind: ``automatic``, ``approved`` or ``rollback``.
        serves: cohort to release.
        by: who made it.
        reason: why, as that person put it.
    """

    position: int
    at: str
    kind: str
    serves: Mapping[str, str]
    by: str
    reason: str


def sensor_history(
    sensor_id: str, appearances: Sequence[Appearance], entries: Sequence[Entry]
) -> Document:
    """Put together what releases and channel say of one sensor.

    Args:
        sensor_id: any text.
        appearances: one per release that knows the sensor, in any order.
        entries: of the channel, oldest first.

    Returns:
        ``schema``, ``sensor_id``; ``versions``: its models, oldest first, each with its figures,
        the releases that hold it, the times it served and its ``fate``; ``releases``: what each
        said, in the order they were made; ``service``: what served it from when on.
    """
    ordered = sorted(appearances, key=lambda each: (each.made, each.rid))
    service = _service(ordered, entries)
    models = dict.fromkeys(each.model for each in ordered if each.model)
    return {
        "schema": 1,
        "sensor_id": sensor_id,
        "versions": [_version(version, ordered, service) for version in models],
        "releases": [_release(each) for each in ordered],
        "service": service,
    }


def _service(appearances: Sequence[Appearance], entries: Sequence[Entry]) -> list[Document]:
    """Times at which what serves the sensor changed; each lasts until the next."""
    by_rid = {each.rid: each for each in appearances}
    spans: list[Document] = []
    for entry in entries:
        found = _serving(by_rid, entry)
        what = ("none", None, None) if found is None else _what(found)
        if spans and (spans[-1]["serves"], spans[-1]["version"]) == what[:2]:
            continue
        if not spans and found is None:
            continue
        if spans:
            spans[-1]["until"] = entry.at
        serves, version, rid = what
        spans.append(
            {
                "from": entry.at,
                "until": None,
                "serves": serves,
                "version": version,
                "release": rid,
                "position": entry.position,
                "kind": entry.kind,
                "by": entry.by,
                "reason": entry.reason,
            }
        )
    return spans


def _serving(by_rid: Mapping[str, Appearance], entry: Entry) -> Appearance | None:
    """What an entry makes serve the sensor: the release of its cohort."""
    for rid in set(entry.serves.values()):
        found = by_rid.get(rid)
        if found is not None and entry.serves.get(found.ledger["cohort"]) == rid:
            return found
    return None


def _what(found: Appearance) -> tuple[str, str | None, str]:
    serves = "model" if found.model else found.ledger["serves"]
    return serves, found.ledger["version"], found.rid


def _version(
    version: str, appearances: Sequence[Appearance], service: Sequence[Document]
) -> Document:
    holding = [each for each in appearances if each.model == version]
    # Where it was accepted, the scorecard tells of it; later ones tell of its challengers.
    origin = next((each for each in holding if each.ledger["serves"] == "model"), None)
    figures = origin.scorecard if origin else {}
    spans = [span for span in service if span["version"] == version]
    pins = [each.rid for each in holding if each.pinned_from]
    return {
        "version": version,
        **{name: _plain(figures.get(name)) for name in FIGURES if name != "decision"},
        "accepted_in": origin.rid if origin else None,
        "releases": [each.rid for each in holding],
        "kept_in": [each.rid for each in holding if each.ledger["outcome"] == "kept"],
        "pinned_in": pins,
        "served": [{key: span[key] for key in ("from", "until", "release")} for span in spans],
        "fate": _fate(spans, service, pinned=bool(pins)),
    }


def _fate(spans: Sequence[Document], service: Sequence[Document], *, pinned: bool) -> str:
    if not spans:
        return "never served"
    last = spans[-1]
    if last["until"] is None:
        return "serves, pinned by a person" if pinned else "serves"
    after = service[service.index(last) + 1]
    if after["serves"] == "model":
        how = "rolled back to" if after["kind"] == "rollback" else "replaced by"
        return f"{how} {after['version'][:12]}"
    return "gave way to the baseline" if after["serves"] == "baseline" else "no longer serves"


def _release(each: Appearance) -> Document:
    return {
        "release": each.rid,
        "made": each.made,
        "by": each.by,
        **{name: each.ledger[name] for name in LEDGER},
        "pinned_from": each.pinned_from,
        "candidate": {name: _plain(each.scorecard.get(name)) for name in FIGURES},
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
