"""What is different between two states of a fleet's data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.reporting.quality.history import QualityHistory
from modelfleet.reporting.quality.state import STATE_SCHEMA, QualityState
from modelfleet.reporting.views import STANDINGS

__all__ = ["KINDS", "QualityChanges", "find_changes"]

KINDS = (
    "quarantined",
    "recovered",
    "other_reasons",
    "appeared",
    "gone",
    "retired",
    "returned",
    "coverage_fell",
    "coverage_rose",
)
"""What may have changed of a sensor, in the order in which it is told."""

Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class QualityChanges:
    """What the last change brought.

    Attributes:
        latest: the state now.
        before: the state before the last change, ``None`` where there was none.
        figures: figures of the account that moved, before and now; rejected rows as
            ``rejected.reason``.
        standings: sensors by standing, before and now.
        sensors: sensors that changed: ``sensor_id``, ``change`` (one of :data:`KINDS`; what decides
            most where several would fit), ``reasons``, ``reasons_before``, ``coverage``,
            ``coverage_before``; sorted by kind, the largest change of coverage first, and id.
        more_rejected: ``sensor_id`` and ``rows``: newly rejected rows, most first.
    """

    latest: QualityState
    before: QualityState | None
    figures: Mapping[str, Pair]
    standings: Mapping[str, Pair]
    sensors: pl.DataFrame
    more_rejected: pl.DataFrame

    def moved(self, name: str) -> int:
        """By how much a figure of the account grew, such as ``late``."""
        before, now = self.figures.get(name, (0, 0))
        return now - before

    @property
    def same_table(self) -> bool:
        """Whether both states are of one table of readings, so that figures can be subtracted."""
        return self.before is not None and self.before.table == self.latest.table

    @property
    def new_batches(self) -> int:
        """How many batches came since; all of them where there is nothing to compare with."""
        before = self.before.batches if self.before and self.same_table else 0
        return max(self.latest.batches - before, 0)

    @property
    def other_settings(self) -> bool:
        """Whether limits or expectations were changed."""
        return self.before is not None and self.before.settings != self.latest.settings

    def as_dict(self) -> dict[str, Any]:
        """The changes as JSON can hold them."""
        return {
            "latest": _facts(self.latest),
            "before": _facts(self.before) if self.before else None,
            "new_batches": self.new_batches,
            "other_settings": self.other_settings,
            "figures": {name: list(pair) for name, pair in self.figures.items()},
            "standings": {name: list(pair) for name, pair in self.standings.items()},
            "sensors": self.sensors.to_dicts(),
            "more_rejected": self.more_rejected.to_dicts(),
        }


def find_changes(history: QualityHistory, *, coverage_change: float) -> QualityChanges:
    """Compare the newest two states.

    Args:
        history: both states.
        coverage_change: share of the recent steps by which coverage must move to be told.
    """
    latest, before = history.latest, history.before
    old = STATE_SCHEMA.to_frame() if before is None else before.sensors
    both = _side_by_side(old, latest.sensors)
    known = both if before is not None else both.clear()
    return QualityChanges(
        latest=latest,
        before=before,
        figures=_moved(_figures(before), _figures(latest)),
        standings=_standings(old, latest.sensors),
        sensors=_changed(known, coverage_change),
        more_rejected=_more_rejected(known),
    )


def _facts(state: QualityState) -> dict[str, Any]:
    """A state without its table of sensors and its account."""
    facts = state.as_dict()
    return {name: facts[name] for name in facts if name not in {"sensors", "account"}}


def _side_by_side(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    return before.select(pl.col("sensor_id"), pl.exclude("sensor_id").name.suffix("_before")).join(
        now, on="sensor_id", how="full", coalesce=True
    )


def _changed(both: pl.DataFrame, coverage_change: float) -> pl.DataFrame:
    by_coverage = pl.col("change").is_in(["coverage_fell", "coverage_rose"])
    columns = ("sensor_id", "change", "reasons", "reasons_before", "coverage", "coverage_before")
    return (
        both.with_columns(change=_kind(coverage_change))
        .filter(pl.col("change").is_not_null())
        .sort("change", pl.when(by_coverage).then(-_rise().abs()), "sensor_id")
        .select(columns)
        .cast({"change": pl.String})
    )


def _kind(coverage_change: float) -> pl.Expr:
    """What changed of each sensor, by the first that fits; null where nothing did."""
    was, now = pl.col("standing_before"), pl.col("standing")
    rise = _rise()
    # A difference of shares is never quite what it seems: 0.95 - 0.90 falls short of 0.05.
    noticed = coverage_change - 1e-9
    in_service = now != "retired"
    found: Mapping[str, pl.Expr] = {
        "appeared": was.is_null(),
        "gone": now.is_null(),
        "retired": ~in_service & (was != "retired"),
        "returned": in_service & (was == "retired"),
        "quarantined": (now == "quarantined") & (was == "admitted"),
        "recovered": (now == "admitted") & (was == "quarantined"),
        "other_reasons": in_service & (_codes("reasons") != _codes("reasons_before")),
        # That a sensor in quarantine, such as a silent one, lacks still more is no news.
        "coverage_fell": (now == "admitted") & (rise <= -noticed),
        "coverage_rose": in_service & (rise >= noticed),
    }
    return pl.coalesce(
        pl.when(condition).then(pl.lit(kind, dtype=pl.Enum(KINDS)))
        for kind, condition in found.items()
    )


def _rise() -> pl.Expr:
    return pl.col("coverage") - pl.col("coverage_before")


def _codes(column: str) -> pl.Expr:
    """Reasons as one text: the same codes in another order are the same reasons."""
    return pl.col(column).list.sort().list.join(";")


def _more_rejected(both: pl.DataFrame) -> pl.DataFrame:
    rows = pl.col("rejected_rows").fill_null(0) - pl.col("rejected_rows_before").fill_null(0)
    table = both.select("sensor_id", rows=rows).filter(pl.col("rows") > 0)
    return table.sort(["rows", "sensor_id"], descending=[True, False])


def _figures(state: QualityState | None) -> dict[str, int]:
    """The account as flat counts, rejected rows as ``rejected.reason``."""
    if state is None:
        return {}
    counts = {name: value for name, value in state.account.items() if isinstance(value, int)}
    rejected = state.account["rejected"]
    return {**counts, **{f"rejected.{reason}": rejected[reason] for reason in sorted(rejected)}}


def _moved(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, Pair]:
    names = dict.fromkeys([*now, *before])
    pairs = {name: (before.get(name, 0), now.get(name, 0)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _standings(before: pl.DataFrame, now: pl.DataFrame) -> dict[str, Pair]:
    was, are = (dict(table["standing"].value_counts().iter_rows()) for table in (before, now))
    return {name: (was.get(name, 0), are.get(name, 0)) for name in STANDINGS}
