"""What people decided, what holds the release, and what exclusions changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.reporting.words import counted, in_words, naming

__all__ = [
    "ExclusionEffects",
    "HoldCard",
    "OverrideRow",
    "count_exclusions",
    "describe_hold",
    "list_overrides",
]

NAMED, LISTED = 8, 400


@dataclass(frozen=True)
class HoldCard:
    """One reason why a release waits, with the sensors behind it.

    Attributes:
        code: of the reason.
        title: what it is, in a few words.
        sentence: what was found; may be empty.
        measured: figure, limit and place, as people write them.
        count: sensors behind it.
        named: the first of them.
        more: the others, as many as a reader can use.
        left: how many are not named at all.
    """

    code: str
    title: str
    sentence: str
    measured: str
    count: int
    named: str
    more: str
    left: int


@dataclass(frozen=True)
class OverrideRow:
    """What a person decided for one sensor, and what it came to."""

    sensor: str
    serve: str
    reason: str
    last_day: str
    effect: str


@dataclass(frozen=True)
class ExclusionEffects:
    """What leaving events out did.

    Attributes:
        sensors: whose training or judgement left hours out.
        hours: left out of training, of all of them.
        judged_hours: left out of the judged weeks.
        changed: rows of those that would have another verdict.
    """

    sensors: int
    hours: float
    judged_hours: float
    changed: tuple[dict[str, Any], ...]


def describe_hold(reasons: Sequence[Mapping[str, Any]]) -> tuple[HoldCard, ...]:
    """Cards of the reasons: ``code``, ``figure``, ``threshold``, ``sensors``, ``place``, ..."""
    return tuple(_card(reason) for reason in reasons)


def _card(reason: Mapping[str, Any]) -> HoldCard:
    sensors = [str(sensor) for sensor in reason.get("sensors") or ()]
    place = reason.get("place")
    figures = [reason.get("figure"), reason.get("threshold")]
    told = [f"{each:.4g}" if isinstance(each, int | float) else "unknown" for each in figures]
    measured = f"measured {told[0]}, the limit is {told[1]}"
    return HoldCard(
        code=str(reason["code"]),
        title=in_words(str(reason["code"])),
        sentence=str(reason.get("sentence") or ""),
        measured=f"{place}: {measured}" if place else measured,
        count=len(sensors),
        named=naming(sensors, limit=NAMED),
        more=naming(sensors, limit=LISTED) if len(sensors) > NAMED else "",
        left=max(len(sensors) - LISTED, 0),
    )


def list_overrides(
    overrides: Sequence[Mapping[str, Any]], verdicts: pl.DataFrame
) -> tuple[OverrideRow, ...]:
    """All overrides of the configuration and of the verdicts, by sensor.

    Args:
        overrides: ``sensor``, ``serve``, ``reason``, ``expires``.
        verdicts: may have the column ``override``, the code of what it came to.
    """
    effects: dict[str, str] = {}
    if "override" in verdicts.columns:
        said = verdicts.filter(pl.col("override").is_not_null()).select("sensor_id", "override")
        effects = {sensor: str(code) for sensor, code in said.iter_rows() if code}
    known = {str(each["sensor"]): each for each in overrides}
    return tuple(
        OverrideRow(
            sensor=sensor,
            serve=str(known.get(sensor, {}).get("serve", "–")),
            reason=str(known.get(sensor, {}).get("reason", "not in this configuration")),
            last_day=str(known.get(sensor, {}).get("expires", "–")),
            effect=in_words(effects[sensor]) if sensor in effects else "no verdict to override",
        )
        for sensor in sorted({*known, *effects})
    )


def count_exclusions(effects: pl.DataFrame | None) -> ExclusionEffects | None:
    """What the verdicts would have been without exclusions; ``None`` where nobody asked."""
    if effects is None:
        return None
    excluded = pl.col("excluded_hours").fill_null(0) + pl.col("judged_excluded_hours").fill_null(0)
    rows = effects.filter(excluded > 0)
    changed = rows.filter(pl.col("accepted").ne_missing(pl.col("accepted_without")))
    order = ["accepted", "sensor_id"]
    return ExclusionEffects(
        sensors=rows.height,
        hours=float(rows["excluded_hours"].fill_null(0).sum()),
        judged_hours=float(rows["judged_excluded_hours"].fill_null(0).sum()),
        changed=tuple(changed.sort(order, descending=[True, False]).head(LISTED).to_dicts()),
    )


def told_exclusion(row: Mapping[str, Any]) -> str:
    """What an exclusion did to one sensor, in a sentence for its evidence."""
    hours = counted(round(row["excluded_hours"] or 0), "hour")
    without = "accepted" if row["accepted_without"] else "rejected"
    return f"{hours} left out; with them it would be {without}: {row['sentence_without'] or '–'}"
