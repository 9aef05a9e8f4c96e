"""What a reader should know after ten seconds, in plain sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.reporting.words import counted, in_words, naming, percent

__all__ = ["Concern", "Summary", "summarise"]


@dataclass(frozen=True)
class Concern:
    """Something that needs a person: the plain sentence, and which sensors."""

    level: str
    text: str
    sensors: str = ""


@dataclass(frozen=True)
class Summary:
    """Head of the page.

    Attributes:
        fleet: known sensors.
        model: sensors that a model serves.
        baseline: sensors that their baseline serves.
        none: sensors that nothing serves.
        gain: median gain of the sensors that a model serves; share, ``None`` when there are none.
        concerns: what needs a person, most urgent first.
    """

    fleet: int
    model: int
    baseline: int
    none: int
    gain: float | None
    concerns: tuple[Concern, ...]

    def share(self, count: int) -> str:
        """A count as a percentage of the fleet."""
        return percent(count / self.fleet if self.fleet else None)


def summarise(
    outcomes: pl.DataFrame, scorecard: pl.DataFrame, expectations: Sequence[Mapping[str, Any]]
) -> Summary:
    """Count what serves the fleet and gather what needs a person."""
    serves = outcomes["serves"].to_list()
    on_model = outcomes.filter(pl.col("serves").is_in(["model", "champion"]))
    gains = on_model.join(scorecard.select("sensor_id", "gain"), on="sensor_id", how="left")["gain"]
    median = gains.filter(gains.is_finite()).median()
    return Summary(
        fleet=len(serves),
        model=len(on_model),
        baseline=serves.count("baseline"),
        none=serves.count("none"),
        gain=float(median) if isinstance(median, int | float) else None,
        concerns=tuple(_concerns(outcomes, expectations)),
    )


def _concerns(outcomes: pl.DataFrame, expectations: Sequence[Mapping[str, Any]]) -> list[Concern]:
    found: list[Concern] = []
    for level, where, one, many in (
        ("urgent", pl.col("serves") == "none", "is served by nothing", "are served by nothing"),
        ("urgent", pl.col("outcome") == "failed", "failed in training", "failed in training"),
    ):
        ids = outcomes.filter(where)["sensor_id"].to_list()
        if ids:
            text = f"{counted(len(ids), 'sensor')} {one if len(ids) == 1 else many}"
            found.append(Concern(level, text, naming(ids)))
    found += _quarantines(outcomes)
    unmet = [e for e in expectations if not e.get("success")]
    if unmet:
        verb = "was" if len(unmet) == 1 else "were"
        text = f"{counted(len(unmet), 'expectation')} {verb} not met"
        tables = sorted({in_words(str(e.get("table", ""))) for e in unmet})
        found.append(Concern("notice", text, f"in {naming(tables)}"))
    return found


def _quarantines(outcomes: pl.DataFrame) -> list[Concern]:
    """One line per first reason, the most frequent first."""
    groups = (
        outcomes.filter(pl.col("outcome") == "quarantined")
        .with_columns(code=pl.col("codes").list.first().fill_null("not admitted"))
        .group_by("code")
        .agg(pl.col("sensor_id").sort())
        .sort(pl.col("sensor_id").list.len(), "code", descending=[True, False])
    )
    return [
        Concern(
            "notice",
            f"{counted(len(row['sensor_id']), 'sensor')} in quarantine: {in_words(row['code'])}",
            naming(row["sensor_id"]),
        )
        for row in groups.iter_rows(named=True)
    ]
