"""Fits, backtests and chooses the baseline of every sensor of a shard."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import polars as pl

from modelfleet.domain.arrays import AnyArray, FloatArray, IntArray
from modelfleet.domain.baselines import make_baseline
from modelfleet.domain.choice import compare
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
from modelfleet.fleet.isolation import isolated_together
from modelfleet.fleet.judged import TRACE, TRACED, Judged, backtest_shape, judged_series
from modelfleet.fleet.panel import Panel, side_by_side
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

Row = dict[str, Any]

TOGETHER = 8
"""Sensors that are computed at once: more are no faster, and a failure costs all of them twice."""

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
        # A sensor that never spoke may still have a business rule.
        empty = Block(self.axis.stop - 1, np.array([np.nan]))
        sensors = [(member, found.get(member.sensor_id, empty)) for member in self.roster.all()]
        rows: list[Row] = []
        for start in range(0, len(sensors), TOGETHER):
            some = sensors[start : start + TOGETHER]
            ids = [member.sensor_id for member, _ in some]
            rows += isolated_together(self._fit, some, sensor_ids=ids)
        return table_with_intervals(
            rows, BASELINE_SCHEMA, axis=self.axis, parameters=self.intervals
        )

    def _fit(self, sensors: Sequence[tuple[Member, Block]]) -> list[Row]:
        members, weeks = [member for member, _ in sensors], self.backtest.weeks
        panel = side_by_side([block for _, block in sensors], members, self.axis, weeks=self._reach)
        told, actual = self._forecasts(panel, members), panel.learnable()
        loss, order = self._choice(actual, [told[name][0] for name in self.parameters.candidates])
        best = [self.parameters.candidates[first] for first in order[0]]
        names = [
            first if member.assigned == BEST else member.assigned
            for first, member in zip(best, members, strict=True)
        ]
        judged = [judged_series(block, member, self.axis, weeks=weeks) for member, block in sensors]
        forecast = np.stack([told[name][0][row] for row, name in enumerate(names)])
        scores = self._scores(actual, forecast, [each.scale for each in judged])
        return [
            {
                **self._described(member, each, name, told[name][1][row]),
                "choice_loss": loss[:, row],
                **{column: figures[row] for column, figures in scores.items()},
            }
            for row, (member, each, name) in enumerate(zip(members, judged, names, strict=True))
        ]

    def _forecasts(
        self, panel: Panel, members: Sequence[Member]
    ) -> dict[str, tuple[FloatArray, FloatArray]]:
        """What each baseline says of all these sensors: see :meth:`Panel.forecast`."""
        names = {*self.parameters.candidates, *(member.assigned for member in members)} - {BEST}
        made = {name: make_baseline(name, weeks=self.parameters.weeks) for name in sorted(names)}
        return {
            name: panel.forecast(baseline, members, horizon=self.horizon)
            for name, baseline in made.items()
        }

    @property
    def _reach(self) -> int:
        """Weeks that are looked at: the judged ones, those of the choice, and what they rest on."""
        return self.backtest.weeks + self.backtest.choice_weeks + self.parameters.reach

    def _choice(
        self, actual: FloatArray, forecasts: Sequence[FloatArray]
    ) -> tuple[FloatArray, IntArray]:
        """How the candidates compare on the weeks of the choice; shapes (candidates, sensors)."""
        per_week, weeks = self.axis.grid.per_week, self.backtest.choice_weeks
        until = max(actual.shape[-1] - self.backtest.weeks * per_week, 0)

        def window(values: FloatArray) -> FloatArray:
            found = by_week(values[:, :until], weeks=weeks, per_week=per_week)
            return found.reshape(len(values), -1)

        return compare(window(actual), np.stack([window(each) for each in forecasts]))

    def _scores(
        self, actual: FloatArray, forecast: FloatArray, scales: Sequence[tuple[float, float]]
    ) -> dict[str, AnyArray]:
        """What the judged weeks tell of each sensor's forecast, by column."""
        grid, weeks = self.axis.grid, self.backtest.weeks
        actual, said = (by_week(v, weeks=weeks, per_week=grid.per_week) for v in (actual, forecast))
        valid = np.isfinite(actual) & np.isfinite(said)
        loss = weekly_loss(actual, said, valid)
        mean, root = np.array(scales).T
        errors = measure_errors(actual, said, valid, scale=(mean, root))
        return {
            "loss": loss.loss,
            "hours": grid.hours(1) * loss.steps,
            "mae": errors.mae,
            "mean_error": errors.mean_error,
            "mase": errors.mase,
            "rmsse": errors.rmsse,
            "trace": said[:, -TRACED:].reshape(len(said), -1),
            RESIDUALS: np.where(valid, actual - said, np.nan),
        }

    def _described(self, member: Member, judged: Judged, name: str, pattern: FloatArray) -> Row:
        """What the row of a sensor says of its baseline, but for how good it is."""
        fitted, series = bool(np.isfinite(pattern).any()), judged.series
        return {
            "outcome": "fitted" if fitted else "none",
            "reason": None if fitted else NO_BACKUP[name],
            "baseline": name,
            "version": self._version(member, judged, name),
            "pattern": pattern,
            "readings": int(np.count_nonzero(np.isfinite(series.values))),
            "excluded_hours": self.axis.grid.hours(int(np.count_nonzero(series.excluded))),
            "trained_from": self.axis.time(series.first),
            "trained_to": self.axis.time(self.axis.stop - 1),
            **state_columns(judged, member.excluded, self.axis, weeks=self.history_weeks),
        }

    def _version(self, member: Member, judged: Judged, name: str) -> str:
        data = series_digest(judged.series.first, judged.series.values, member.excluded)
        facts = canonical_json([name, member.facts.rule_value])
        return digest_of("baseline", facts, self._shaping, data, code_digest())
