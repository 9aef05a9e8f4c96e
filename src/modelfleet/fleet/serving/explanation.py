"""One sensor, one step: everything that a forecast of it was made of, and what each part adds."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.columns import Columns
from modelfleet.domain.explain import (
    Contributions,
    group_of,
    linear_contributions,
    shapley_contributions,
    usual_week,
)
from modelfleet.domain.features import Covariates, feature_names
from modelfleet.domain.parameters.recipes import FeatureParameters, RecipeParameters
from modelfleet.domain.rules import NO_FORECAST
from modelfleet.fleet.isolation import Failure, attempt
from modelfleet.fleet.model_bytes import model_from_bytes
from modelfleet.fleet.serving.content import Content
from modelfleet.fleet.serving.explained import (
    LINEAR,
    SHAPLEY,
    Backup,
    BrokenRule,
    Explanation,
    Feature,
    ModelPart,
    Week,
)
from modelfleet.fleet.serving.models import design_of
from modelfleet.fleet.serving.rows import Outcome, forecast_rows
from modelfleet.fleet.serving.stacks import Stack, Stacks

__all__ = ["explain_step", "summed_with"]

WEEKLY_NAIVE, BUSINESS_RULE = "weekly_naive", "business_rule"


def summed_with(content: Content, sensor_id: str) -> list[str]:
    """The sensors without which nobody can tell what a rule on sums gives to this one, itself too.

    A forecast of it alone breaks no rule on the sum of its cohort.
    """
    place = content.ids.index(sensor_id)
    together = np.zeros(len(content.ids), dtype=np.bool_)
    together[place] = True
    before = 0
    while (now := int(together.sum())) > before:
        before = now
        for each in content.rules.sums:
            members = each.members.copy()
            if each.share_of is not None:
                members[each.share_of] = True
            if (members & together).any():
                together |= members
    return [content.ids[k] for k in np.flatnonzero(together).tolist()]


def explain_step(
    outcome: Outcome,
    sensor_id: str,
    at: datetime,
    *,
    covariates: Covariates | None,
    packages: Sequence[str],
) -> Explanation:
    """Explain what a release forecasts of a sensor for one step.

    Args:
        outcome: forecasts with all that shaped them, from
            :func:`~modelfleet.fleet.serving.backfill.trace_forecast`.
        sensor_id: one of its sensors.
        at: time of the step, within the horizon.
        covariates: companions of the fleet on the grid, or ``None``.
        packages: that estimators may come from.
    """
    view = _View(outcome, covariates, sensor_id, at, tuple(packages))
    view.ask_baseline()
    rows = forecast_rows(outcome).filter(pl.col("sensor_id") == sensor_id)
    window = outcome.window
    return Explanation(
        rows,
        rows.row(view.step, named=True),
        view.model(),
        view.backup(),
        view.rule(),
        tuple(window.axis.time(k) for k in range(window.axis.first, window.axis.stop)),
        window.values[view.row],
        window.excluded[view.row],
    )


@dataclass(frozen=True, eq=False)
class _View:
    """One step of one row of an outcome."""

    outcome: Outcome
    covariates: Covariates | None
    sensor_id: str
    at: datetime
    packages: tuple[str, ...]

    @functools.cached_property
    def place(self) -> int:
        """Position of the sensor in the release."""
        return self.outcome.content.ids.index(self.sensor_id)

    @functools.cached_property
    def row(self) -> int:
        """Position of the sensor in the window."""
        return int(np.flatnonzero(self.outcome.asked == self.place)[0])

    @functools.cached_property
    def step(self) -> int:
        """Position of the step in the horizon."""
        axis = self.outcome.window.axis
        return axis.index(self.at) - axis.stop

    @functools.cached_property
    def stacks(self) -> Stacks:
        return Stacks(self.outcome.window)

    @functools.cached_property
    def stack(self) -> Stack:
        """The sensor alone: each number is the same to the bit as among others."""
        return next(self.stacks.of(np.array([self.row])))

    def ask_baseline(self) -> None:
        """Also where the model serves: people want to see both."""
        wanted = np.arange(len(self.outcome.asked)) == self.row
        self.outcome.backups.ask(wanted, self.outcome.content, self.outcome.asked, self.stacks)

    def model(self) -> ModelPart | None:
        known = self.outcome.content.models.row(self.place, named=True)
        if known["version"] is None:
            return None
        method = SHAPLEY if known["coefficients"] is None else LINEAR
        value = _number(self.outcome.told.values[self.row, self.step])
        if value is None:
            problem = self.outcome.told.errors.get(self.row, "what it looks at was not read")
            return ModelPart(None, method, problem=problem)
        found = attempt(
            lambda: self._shared_out(known, method, value), what=f"explaining {self.sensor_id!r}"
        )
        if isinstance(found, Failure):
            return ModelPart(value, method, problem=found.reason)
        return found

    def _shared_out(self, known: Mapping[str, Any], method: str, value: float) -> ModelPart:
        spec = RecipeParameters.model_validate_json(known["specification"]).features
        features = self._features(spec)
        background = self._background(spec, known)
        per_week = self.outcome.window.axis.grid.per_week
        names = feature_names(spec)
        groups = [group_of(name, per_week=per_week) for name in names]
        contributions, parts = self._contributions(known, features, background, groups)
        listed = zip(names, groups, features, background.mean(axis=0), parts, strict=True)
        told = tuple(Feature(n, g, float(v), float(u), p) for n, g, v, u, p in listed)
        if contributions.adds_up_to(value):
            return ModelPart(value, method, contributions, told)
        problem = f"what the groups add comes to {contributions.total!r}, not to the forecast"
        return ModelPart(value, method, None, told, problem)

    def _contributions(
        self,
        known: Mapping[str, Any],
        features: FloatArray,
        background: FloatArray,
        groups: Sequence[str],
    ) -> tuple[Contributions, list[float | None]]:
        """By group, and of a linear model by feature."""
        if known["coefficients"] is None:
            model = model_from_bytes(known["model_bytes"] or b"", packages=self.packages)
            found = shapley_contributions(
                lambda rows: model.predict(Columns.of(rows)), features, background, groups
            )
            return found, [None] * len(features)
        weights = np.asarray(known["coefficients"], dtype=np.float64)
        each = weights * (features - background.mean(axis=0))
        shares = linear_contributions(
            weights, float(known["intercept"]), features, background, groups
        )
        return shares, each.tolist()

    def _features(self, spec: FeatureParameters) -> FloatArray:
        design = design_of(self.stack, spec, self.covariates)
        row: FloatArray = self.stack.horizon(design.values.T)[:, 0, self.step]
        return row

    def _background(self, spec: FeatureParameters, known: Mapping[str, Any]) -> FloatArray:
        window = self.outcome.window
        pattern = np.asarray(known["seasonal_mean"], dtype=np.float64)
        return usual_week(
            pattern,
            window.axis.grid,
            spec,
            horizon=window.horizon,
            companions={name: self._companion(name) for name in spec.covariates},
        )

    def _companion(self, name: str) -> float:
        """Mean of a covariate over the history."""
        if self.covariates is None:
            raise ValueError(f"there is no covariate {name!r}")
        axis = self.outcome.window.axis
        known = self.covariates.column(name, first=axis.first, length=axis.stop - axis.first)
        return float(known[np.isfinite(known)].mean())

    def backup(self) -> Backup:
        content, backups = self.outcome.content, self.outcome.backups
        known = content.baselines.row(self.place, named=True)
        told = backups.values[self.row]
        stale = bool(backups.stale[self.row, self.step])
        return Backup(
            known["baseline"],
            known["version"],
            _number(told[self.step]),
            stale,
            tuple(self._weeks(known["baseline"], stale=stale)),
            tuple(told.tolist()),
        )

    def _weeks(self, name: str | None, *, stale: bool) -> Iterator[Week]:
        if name is None or name == BUSINESS_RULE:
            return
        series, calendar, axis = self.stack.series, self.stack.calendar, self.outcome.window.axis
        position = len(series.values) - self.outcome.window.horizon + self.step
        only_one, found = name == WEEKLY_NAIVE, False
        for back in range(1, self.outcome.content.baseline_weeks + 1):
            there = int(calendar.weeks_back(back)[position])
            if there < 0:
                continue
            learnable = bool(series.learnable[there])
            taken = learnable and not stale and not (only_one and found)
            found |= taken
            yield Week(
                back,
                axis.time(axis.first + there),
                _number(series.values[there]),
                bool(series.excluded[there]),
                taken,
            )

    def rule(self) -> BrokenRule | None:
        served = self.outcome.served
        code = int(served.code[self.row, self.step])
        if code <= NO_FORECAST:
            return None
        name = served.names[code]
        rules, place = self.outcome.content.rules, self.place
        for limit in rules.limits:
            if limit.name == name:
                low, high = _number(limit.low[place]), _number(limit.high[place])
                return BrokenRule(name, "limit", low, high)
        for change in rules.changes:
            if change.name == name:
                largest = _number(change.largest[place])
                return BrokenRule(name, "change", None, largest, self._before())
        total = next(e for e in rules.sums if e.name == name and e.members[place])
        return BrokenRule(name, "sum", _number(total.low), _number(total.high))

    def _before(self) -> float | None:
        if self.step == 0:
            return _number(self.outcome.window.last[self.row])
        return _number(self.outcome.served.values[self.row, self.step - 1])


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
