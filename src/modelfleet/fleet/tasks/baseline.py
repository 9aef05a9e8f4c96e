"""Fits, backtests and chooses the baseline of every sensor of a shard."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.baselines import make_baseline
from modelfleet.domain.choice import Choice, choose
from modelfleet.domain.lineage import canonical_json, digest_of, series_digest
from modelfleet.domain.parameters.baseline import BEST, BaselineParameters
from modelfleet.domain.parameters.fleet import HISTORY_WEEKS, BacktestParameters
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.domain.scoring import by_week, measure_errors, weekly_loss
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import Block, blocks
from modelfleet.fleet.code import code_digest
from modelfleet.fleet.interval_evidence import (
    INTERVAL_COLUMNS,
    RESIDUALS,
    interval_shape,
    table_with_intervals,
)
from modelfleet.fleet.isolation import isolated
from modelfleet.fleet.judged import (
    TRACE,
    TRACED,
    Judged,
    backtest_shape,
    future_pattern,
    judged_series,
)
from modelfleet.fleet.profiles import TIME
from modelfleet.fleet.roster import Member, Roster
from modelfleet.fleet.serving_state import STATE_COLUMNS, state_columns

__all__ = ["BASELINE_SCHEMA", "FOR_SERVING", "BaselineTask"]

BASELINE_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "outcome": pl.String(),
        "reason": pl.String(),
        "baseline": pl.String(),
        "version": pl.String(),
        "pattern": pl.List(pl.Float64),
        "choice_loss": pl.List(pl.Float64),
        "loss": pl.List(pl.Float64),
        "hours": pl.List(pl.Float64),
        "mae": pl.Float64(),
        "mean_error": pl.Float64(),
        "mase": pl.Float64(),
        "rmsse": pl.Float64(),
        **INTERVAL_COLUMNS,
        "trace": TRACE,
        "readings": pl.Int64(),
        "excluded_hours": pl.Float64(),
        "trained_from": TIME,
        "trained_to": TIME,
        **STATE_COLUMNS,
    }
)
"""One row per sensor.

``outcome`` is ``fitted``, ``none`` or ``failed``. ``pattern`` is the forecast per slot of the local
week. ``choice_loss`` has the mean absolute errors of the candidates, in the order of the
configuration, on the weeks on which the choice was made; NaN for one without a forecast. ``trace``
is what it said of the last two judged weeks, step by step: those of the candidates' traces. The
columns of its interval are :data:`~modelfleet.fleet.interval_evidence.INTERVAL_COLUMNS`. Those of
:data:`~modelfleet.fleet.serving_state.STATE_COLUMNS` are what any model of the sensor must know of
its history to forecast from recent readings."""

FOR_SERVING = ("pattern", *STATE_COLUMNS)
"""Columns that only a release needs: hundreds of numbers of each sensor."""

NO_BACKUP = {
    "weekly_naive": "no_recent_value",
    "hour_of_week_median": "no_recent_value",
    "business_rule": "no_rule_value",
}
"""Why a baseline has nothing to say, by its name."""


@dataclass(frozen=True)
class BaselineTask:
    """One row of :data:`BASELINE_SCHEMA` per known sensor.

    Attributes:
        roster: all sensors, each with the baseline that is assigned to it.
        axis: the run's time axis.
        horizon: steps that are forecast.
        parameters: which baselines there are.
        backtest: weeks that are judged, and the weeks before on which the choice is made.
        intervals: how wide intervals are, and how they follow what they cover.
        history_weeks: readings of so many weeks will be there when forecasts are made; what lies
            before is summed up.
    """

    roster: Roster
    axis: Axis
    horizon: int
    parameters: BaselineParameters
    backtest: BacktestParameters
    intervals: IntervalParameters
    history_weeks: int = HISTORY_WEEKS
    kind: str = "baselines"

    @property
    def schema(self) -> pl.Schema:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return BASELINE_SCHEMA

    def shards(self) -> Mapping[int, int]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.roster.sizes()

    def part(self, shard: int) -> Self:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return replace(self, roster=self.roster.part(shard))

    def piece(self, start: int, stop: int) -> Self:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return replace(self, roster=self.roster.piece(start, stop))

    def sensor_ids(self) -> tuple[str, ...]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.roster.sensor_ids()

    def effort(self) -> int:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return len(self.sensor_ids())

    def fingerprint(self) -> str:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return digest_of(self.roster.fingerprint(), self._shaping, str(self.history_weeks))

    @functools.cached_property
    def _shaping(self) -> str:
        """Configuration that shapes every sensor's result."""
        axis = [self.axis.step_minutes, self.axis.time_zone, self.axis.stop, self.horizon]
        chosen = {**self.parameters.model_dump(mode="json"), "assign": None}
        backtest, intervals = backtest_shape(self.backtest), interval_shape(self.intervals)
        return canonical_json([axis, chosen, backtest, intervals])

    def run(self, readings: pl.DataFrame) -> pl.DataFrame:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        found = dict(blocks(readings, self.axis))
        rows = [self._row(member, found.get(member.sensor_id)) for member in self.roster.all()]
        return table_with_intervals(
            rows, BASELINE_SCHEMA, axis=self.axis, parameters=self.intervals
        )

    def _row(self, member: Member, block: Block | None) -> dict[str, Any]:
        # A sensor that never spoke may still have a business rule.
        empty = Block(self.axis.stop - 1, np.array([np.nan]))
        return isolated(lambda: self._fit(member, block or empty), sensor_id=member.sensor_id)

    def _fit(self, member: Member, block: Block) -> dict[str, Any]:
        judged = judged_series(block, member, self.axis, weeks=self.backtest.weeks)
        forecasts = self._forecasts(member, judged)
        choice = self._choice(judged, forecasts)
        best = self.parameters.candidates[choice.order[0]]
        name = best if member.assigned == BEST else member.assigned
        baseline = make_baseline(name, weeks=self.parameters.weeks)
        pattern = future_pattern(
            judged,
            baseline,
            self.axis,
            member.facts,
            horizon=self.horizon,
            reach=self.parameters.reach,
        )
        fitted = bool(np.isfinite(pattern).any())
        return {
            "outcome": "fitted" if fitted else "none",
            "reason": None if fitted else NO_BACKUP[name],
            "baseline": name,
            "version": self._version(member, judged, name),
            "pattern": pattern,
            "choice_loss": choice.loss,
            **_scores(judged, forecasts[name]),
            "readings": int(np.isfinite(judged.series.values).sum()),
            "excluded_hours": self.axis.grid.hours(int(judged.series.excluded.sum())),
            "trained_from": self.axis.time(block.first),
            "trained_to": self.axis.time(self.axis.stop - 1),
            **state_columns(judged, member.excluded, self.axis, weeks=self.history_weeks),
        }

    def _forecasts(self, member: Member, judged: Judged) -> dict[str, FloatArray]:
        names = {*self.parameters.candidates, member.assigned} - {BEST}
        return {
            name: judged.forecast(
                make_baseline(name, weeks=self.parameters.weeks),
                member.facts,
                self.axis,
                horizon=self.horizon,
                reach=self.backtest.weeks + self.backtest.choice_weeks + self.parameters.reach,
            )
            for name in sorted(names)
        }

    def _choice(self, judged: Judged, forecasts: Mapping[str, FloatArray]) -> Choice:
        """How the candidates compare on the weeks of the choice."""
        per_week, weeks = self.axis.grid.per_week, self.backtest.choice_weeks
        until = max(len(judged.series.values) - self.backtest.weeks * per_week, 0)

        def window(values: FloatArray) -> FloatArray:
            return by_week(values[:until], weeks=weeks, per_week=per_week).reshape(-1)

        told = np.stack([window(forecasts[name]) for name in self.parameters.candidates])
        return choose(window(judged.series.learnable_values), told)

    def _version(self, member: Member, judged: Judged, name: str) -> str:
        data = series_digest(judged.series.first, judged.series.values, member.excluded)
        facts = canonical_json([name, member.facts.rule_value])
        return digest_of("baseline", facts, self._shaping, data, code_digest())


def _scores(judged: Judged, forecast: FloatArray) -> dict[str, Any]:
    weekly = judged.by_week(forecast)
    valid = judged.valid(weekly)
    loss = weekly_loss(judged.actual, weekly, valid)
    errors = measure_errors(judged.actual, weekly, valid, scale=judged.scale)
    return {
        "loss": loss.loss,
        "hours": judged.hours(loss),
        "mae": errors.mae,
        "mean_error": errors.mean_error,
        "mase": errors.mase,
        "rmsse": errors.rmsse,
        "trace": weekly[-TRACED:].reshape(-1),
        RESIDUALS: np.where(valid, judged.actual - weekly, np.nan),
    }
