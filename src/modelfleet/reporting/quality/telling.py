"""What changed, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.reporting.quality.changes import KINDS, QualityChanges
from modelfleet.reporting.words import counted, explained, in_words, moment, percent

__all__ = [
    "ChangeGroup",
    "FigureChange",
    "tell_facts",
    "tell_figures",
    "tell_groups",
    "tell_sensors",
]

TITLES = {
    "quarantined": "newly in quarantine",
    "recovered": "recovered",
    "other_reasons": "in quarantine for other reasons",
    "appeared": "new",
    "gone": "no longer known",
    "retired": "newly retired",
    "returned": "back in service",
    "coverage_fell": "with less coverage",
    "coverage_rose": "with more coverage",
}
FIGURES = {
    "rows_in": "rows in",
    "stored": "stored",
    "merged": "merged into their step",
    "duplicates": "exact duplicates",
    "late": "late rows",
    "corrections": "corrections",
    "missing_values": "stored without a value",
    "moved_to_grid": "moved to the grid",
}


@dataclass(frozen=True)
class FigureChange:
    """A figure before and now, as text, and by how much it grew."""

    name: str
    before: str
    now: str
    by: str


@dataclass(frozen=True)
class ChangeGroup:
    """Sensors that changed in one way: what it is called, how many, and ``(id, text)`` of some."""

    kind: str
    title: str
    count: int
    named: tuple[tuple[str, str], ...]


def tell_facts(changes: QualityChanges) -> tuple[str, ...]:
    """Batches, version, period and settings in sentences; nothing at the first run."""
    before, now = changes.before, changes.latest
    if before is None:
        return ()
    version = f"readings went from version {before.version} to {now.version}"
    if not changes.same_table:
        version = "the table of readings was made anew"
    elif before.version == now.version:
        version = f"readings stayed at version {now.version}"
    facts = [f"{counted(changes.new_batches, 'batch', 'batches')} came in; {version}."]
    for verb, old, new in (
        ("reach to", before.last, now.last),
        ("begin at", before.first, now.first),
    ):
        if old != new:
            facts.append(f"The data {verb} {moment(new)}; before that it was {moment(old)}.")
    if changes.other_settings:
        facts.append("The configuration of the validation was changed: that may be a reason, too.")
    return tuple(facts)


def tell_figures(changes: QualityChanges) -> tuple[FigureChange, ...]:
    """Every count of rows and of sensors that moved; nothing at the first run."""
    if changes.before is None:
        return ()
    sensors = {f"sensors {name}": pair for name, pair in changes.standings.items()}
    rows = {_figure_name(name): pair for name, pair in changes.figures.items()}
    return tuple(
        _figure(name, *pair) for name, pair in {**rows, **sensors}.items() if pair[0] != pair[1]
    )


def tell_sensors(changes: QualityChanges, admissions: pl.DataFrame) -> pl.DataFrame:
    """``sensor_id``, ``kind`` and ``change``, a short text, of every sensor that changed.

    Args:
        changes: what changed.
        admissions: with the ``explanation`` of each reason.
    """
    table = changes.sensors.join(
        admissions.select("sensor_id", "explanation"),
        on="sensor_id",
        how="left",
        maintain_order="left",
    )
    texts = [_text(row) for row in table.iter_rows(named=True)]
    return table.select("sensor_id", kind="change").with_columns(
        change=pl.Series(texts, dtype=pl.String)
    )


def tell_groups(told: pl.DataFrame, *, most: int) -> tuple[ChangeGroup, ...]:
    """The sensors that changed by kind, some of each named.

    Args:
        told: from :func:`tell_sensors`.
        most: sensors that are named of each kind.
    """
    return tuple(_groups(told, most))


def _groups(told: pl.DataFrame, most: int) -> Iterator[ChangeGroup]:
    for kind in KINDS:
        these = told.filter(pl.col("kind") == kind)
        if these.height:
            named = tuple(these.head(most).select("sensor_id", "change").iter_rows())
            yield ChangeGroup(kind, TITLES[kind], these.height, named)


def _text(row: dict[str, Any]) -> str:
    now = "; ".join(explained(text) for text in row["explanation"] or ()) or _codes(row["reasons"])
    before = _codes(row["reasons_before"])
    match row["change"]:
        case "coverage_fell" | "coverage_rose":
            return f"{percent(row['coverage_before'])} → {percent(row['coverage'])}"
        case "recovered":
            return f"was: {before}"
        case "other_reasons":
            return f"{now} (before: {before})"
        case "gone":
            return "neither in the metadata nor among the readings"
        case _:
            return now or "admitted"


def _codes(reasons: Sequence[str] | None) -> str:
    return ", ".join(in_words(code) for code in reasons or ())


def _figure_name(name: str) -> str:
    kind, _, reason = name.partition(".")
    return f"rejected: {in_words(reason)}" if reason else FIGURES.get(kind, in_words(kind))


def _figure(name: str, before: int, now: int) -> FigureChange:
    by = f"{now - before:+,}".replace("-", "−")
    return FigureChange(name, f"{before:,}", f"{now:,}", by)
