"""The design matrix of one sensor: what a model may know one horizon before each step.

Every column of row ``t`` depends on readings up to ``t - horizon`` only, so one model serves all
steps of the horizon, nothing is recursive, and training and serving build the same rows.
"""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.grid import Calendar, Grid
from modelfleet.domain.parameters.recipes import FeatureParameters
from modelfleet.domain.series import SeasonalMean, Series, carry_forward, seasonal_mean

__all__ = ["Covariates", "Design", "build_design", "feature_names"]


@dataclass(frozen=True)
class Covariates:
    """Measured companions of the whole fleet, such as the weather.

    Attributes:
        first: grid index of the first row.
        names: one per column.
        values: shape (steps, columns), NaN where unknown.
    """

    first: int
    names: tuple[str, ...]
    values: FloatArray

    def column(self, name: str, *, first: int, length: int) -> FloatArray:
        """One covariate on another stretch of the grid, NaN where nothing is known."""
        out = np.full(length, np.nan)
        source = self.values[:, self.names.index(name)]
        start, stop = max(first, self.first), min(first + length, self.first + len(source))
        if start < stop:
            out[start - first : stop - first] = source[start - self.first : stop - self.first]
        return out


@dataclass(frozen=True)
class Design:
    """Features of one sensor.

    Attributes:
        names: one per column.
        values: shape (n, columns).
        usable: rows whose features are all known; shape (n,).
        carried: steps of short gaps over which the last value was held.
        seasonal: the running weekly pattern that the features were built on.
    """

    names: tuple[str, ...]
    values: FloatArray
    usable: BoolArray
    carried: int
    seasonal: SeasonalMean


def feature_names(spec: FeatureParameters) -> tuple[str, ...]:
    """The columns of the design matrix, in order."""
    harmonics = [
        f"{part}_{period}_{k}"
        for period, count in (("day", spec.daily_harmonics), ("week", spec.weekly_harmonics))
        for k in range(1, count + 1)
        for part in ("sin", "cos")
    ]
    return (
        *(f"lag_{lag}" for lag in spec.lags),
        *(f"week_{weeks}" for weeks in spec.weeks),
        *(["weeks_median"] if spec.weeks_median else []),
        *(["seasonal_mean"] if spec.seasonal_mean else []),
        *(f"level_{span}" for span in spec.levels),
        *(f"deviation_{span}" for span in spec.deviations),
        *harmonics,
        *(["weekend"] if spec.weekend else []),
        *(f"covariate_{name}" for name in spec.covariates),
    )


def build_design(
    series: Series,
    calendar: Calendar,
    spec: FeatureParameters,
    *,
    horizon: int,
    covariates: Covariates | None = None,
) -> Design:
    """Build the features of every step of a series.

    To forecast, append ``horizon`` missing values to the series: their rows are the forecast's.

    Args:
        series: shape (n,); excluded steps do not shape the weekly pattern.
        calendar: of the same n steps.
        spec: which features, from the recipe.
        horizon: steps between the last known value and the forecast; no lag is shorter.
        covariates: required where ``spec.covariates`` names any.

    A value that is missing for longer than ``spec.carry_steps`` is stood in for by the sensor's own
    weekly pattern as it was known at that time. A row that needs this for more than
    ``spec.max_missing_share`` of its lags is not usable.
    """
    learnable = np.where(series.learnable, series.values, np.nan)
    seasonal = seasonal_mean(learnable, calendar, horizon=horizon)
    held = carry_forward(series.values, limit=spec.carry_steps)
    missing = ~np.isfinite(held)
    filled = np.where(missing, seasonal.known, held)

    positions = _lag_positions(calendar, spec)
    lagged = _take(filled, positions)
    weeks = lagged[:, len(spec.lags) :]
    blocks = [lagged]
    if spec.weeks_median:
        blocks.append(np.median(weeks, axis=1, keepdims=True))
    if spec.seasonal_mean:
        blocks.append(seasonal.known[:, None])
    blocks += [_trailing_mean(filled, span, horizon)[:, None] for span in spec.levels]
    deviation = filled - seasonal.known
    blocks += [_trailing_mean(deviation, span, horizon)[:, None] for span in spec.deviations]
    blocks.append(_calendar_table(calendar.grid, spec)[calendar.slot])
    blocks += [
        _covariate(covariates, name, series, spec, horizon)[:, None] for name in spec.covariates
    ]
    values = np.ascontiguousarray(np.hstack(blocks))
    stood_in = np.where(positions >= 0, missing[np.maximum(positions, 0)], True)
    return Design(
        names=feature_names(spec),
        values=values,
        usable=np.isfinite(values).all(axis=1)
        & (stood_in.sum(axis=1) <= spec.max_missing_share * max(positions.shape[1], 1)),
        carried=int((~missing & ~np.isfinite(series.values)).sum()),
        seasonal=seasonal,
    )


def _lag_positions(calendar: Calendar, spec: FeatureParameters) -> IntArray:
    """Where each lag of each row is read; shape (n, lags + weeks), negative before the start."""
    here = np.arange(len(calendar), dtype=np.int64)
    columns = [here - lag for lag in spec.lags]
    columns += [calendar.weeks_back(weeks) for weeks in spec.weeks]
    return np.stack(columns, axis=1) if columns else np.empty((len(here), 0), dtype=np.int64)


def _take(values: FloatArray, positions: IntArray) -> FloatArray:
    return np.where(positions >= 0, values[np.maximum(positions, 0)], np.nan)


def _trailing_mean(values: FloatArray, span: int, horizon: int) -> FloatArray:
    """Mean of the known ones among the ``span`` values that end ``horizon`` steps back."""
    known = np.isfinite(values)
    stop = np.maximum(np.arange(len(values)) - horizon + 1, 0)
    total = _span_sums(np.where(known, values, 0.0), span)[stop]
    count = _span_sums(known.astype(np.float64), span)[stop]
    mean = np.full(len(values), np.nan)
    np.divide(total, count, out=mean, where=2 * count >= span)
    return mean


def _span_sums(values: FloatArray, span: int) -> FloatArray:
    """Sum of the ``span`` values before each position, 0 to n; shape (n + 1,).

    Made of running sums within blocks of one span, so that a value has no influence, not even by
    rounding, beyond its own span. Differences of one long running sum would carry it on for ever.
    """
    padded = np.zeros((len(values) // span + 2) * span)
    padded[span : span + len(values)] = values
    blocks = padded.reshape(-1, span)
    from_left = blocks.cumsum(axis=1).reshape(-1)
    to_right = blocks[:, ::-1].cumsum(axis=1)[:, ::-1].reshape(-1)
    start = np.arange(len(values) + 1)
    last = from_left[start + span - 1]
    return np.where(start % span == 0, last, to_right[start] + last)


def _calendar_table(grid: Grid, spec: FeatureParameters) -> FloatArray:
    """Calendar features per slot of the local week; shape (per_week, columns)."""
    slot = np.arange(grid.per_week)
    columns = []
    periods = ((grid.per_day, spec.daily_harmonics), (grid.per_week, spec.weekly_harmonics))
    for period, count in periods:
        for k in range(1, count + 1):
            angle = 2 * np.pi * k * slot / period
            # What should be zero is zero: rounding noise would be scaled up to a feature.
            columns += [np.round(np.sin(angle), 12), np.round(np.cos(angle), 12)]
    if spec.weekend:
        columns.append((slot >= 5 * grid.per_day).astype(np.float64))
    return np.stack(columns, axis=1) if columns else np.empty((grid.per_week, 0))


def _covariate(
    covariates: Covariates | None,
    name: str,
    series: Series,
    spec: FeatureParameters,
    horizon: int,
) -> FloatArray:
    """A covariate as it was known one horizon before each step."""
    if covariates is None or name not in covariates.names:
        raise ValueError(f"the fleet has no covariate {name!r}")
    length = len(series.values)
    column = covariates.column(name, first=series.first - horizon, length=length)
    return carry_forward(column, limit=spec.covariate_carry_steps)
