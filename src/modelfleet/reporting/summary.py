"""What a reader should know after ten seconds, in plain sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.reporting.concerns import (
    Concern,
    expectation_concerns,
    quarantine_concerns,
    sensor_concern,
)
from modelfleet.reporting.views.outcomes import unserved_in_service
from modelfleet.reporting.words import percent

__all__ = ["Summary", "summarise"]


@dataclass(frozen=True)
class Summary:
    """Head of the page.

    Attributes:
        fleet: sensors in service.
        retired: sensors that their owners took out of service; they ask for nothing.
        model: sensors that a model serves.
        baseline: sensors that their baseline serves.
        none: sensors that nothing serves.
        gain: median gain of the sensors that a model serves; share, ``None`` when there are none.
        concerns: what needs a person, most urgent first.
    """

    fleet: int
    retired: int
    model: int
    baseline: int
    none: int
    gain: float | None
    concerns: tuple[Concern, ...]

    def share(self, count: int) -> str:
        """A count as a percentage of the sensors in service."""
        return percent(count / self.fleet if self.fleet else None)


def summarise(
    outcomes: pl.DataFrame, scorecard: pl.DataFrame, expectations: Sequence[Mapping[str, Any]]
) -> Summary:
    """Count what serves the fleet and gather what needs a person."""
    retired = outcomes.filter(pl.col("outcome") == "retired").height
    on_model = outcomes.filter(pl.col("serves").is_in(["model", "champion"]))
    gains = on_model.join(scorecard.select("sensor_id", "gain"), on="sensor_id", how="left")["gain"]
    median = gains.filter(gains.is_finite()).median()
    return Summary(
        fleet=len(outcomes) - retired,
        retired=retired,
        model=len(on_model),
        baseline=outcomes.filter(pl.col("serves") == "baseline").height,
        none=outcomes.filter(unserved_in_service()).height,
        gain=float(median) if isinstance(median, int | float) else None,
        concerns=tuple(_concerns(outcomes, expectations)),
    )


def _concerns(outcomes: pl.DataFrame, expectations: Sequence[Mapping[str, Any]]) -> list[Concern]:
    unserved = outcomes.filter(unserved_in_service())["sensor_id"].to_list()
    failed = outcomes.filter(pl.col("outcome") == "failed")["sensor_id"].to_list()
    return [
        *sensor_concern("urgent", unserved, "is served by nothing", "are served by nothing"),
        *sensor_concern("urgent", failed, "failed in training", "failed in training"),
        *quarantine_concerns(outcomes.select("sensor_id", standing="outcome", reasons="codes")),
        *expectation_concerns(expectations),
    ]
