"""The design matrix of one sensor: what a model may know one horizon before each step.

Every column of row ``t`` depends on readings up to ``t - horizon`` only, so one model serves all
steps of the horizon, nothing is recursive, and training and serving build the same rows.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray, IntArray
from modelfleet.domain.columns import Columns
from modelfleet.domain.grid import Calendar, Grid
from modelfleet.domain.medians import median_of_rows
from modelfleet.domain.parameters.recipes import FeatureParameters
from modelfleet.domain.series import SeasonalMean, Series, carry_forward, seasonal_mean

__all__ = ["Covariates", "Design", "build_design", "feature_names", "look_back"]

CLOCK_HOURS = 2
"""The most that clocks are changed by."""


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
        columns: of n rows.
        usable: rows whose features are all known; shape (n,).
        carried: steps of short gaps over which the last value was held.
        seasonal: the running weekly pattern that the features were built on.
    """

    names: tuple[str, ...]
    columns: Columns
    usable: BoolArray
    carried: int
    seasonal: SeasonalMean

    @property
    def values(self) -> FloatArray:
        """The whole matrix, written out; shape (n, columns), each column contiguous in memory."""
        return self.columns.values


@functools.lru_cache(maxsize=64)
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


def look_back(spec: FeatureParameters, grid: Grid, *, horizon: int) -> int:
    """Steps before a forecast's first one that its features may rest on, one by one.

    What lies further back shapes them only through the running weekly pattern.
    """
    clocks = -(-grid.per_day * CLOCK_HOURS // 24)
    spans = max((*spec.levels, *spec.deviations), default=0)
    weeks = max((back * grid.per_week + clocks for back in spec.weeks), default=0)
    reach = max(*spec.lags, weeks, horizon + spans, horizon)
    return reach + spec.carry_steps + horizon


def build_design(
    series: Series,
    calendar: Calendar,
    spec: FeatureParameters,
    *,
    horizon: int,
    covariates: Covariates | None = None,
    buffer: FloatArray | None = None,
    seasonal: SeasonalMean | None = None,
) -> Design:
    """Build the features of every step of a series.

    To forecast, append ``horizon`` missing values to the series: their rows are the forecast's.

    Args:
        series: shape (n,); excluded steps do not shape the weekly pattern.
        calendar: of the same n steps.
        spec: which features, from the recipe.
        horizon: steps between the last known value and the forecast; no lag is shorter.
        covariates: required where ``spec.covariates`` names any.
        buffer: memory to build in, for many sensors one after the other; at least (columns, n)
            numbers. The design lasts until the next one is built there. ``None`` takes new memory.
        seasonal: the running weekly pattern of these steps, where it goes on from what came before
            them; ``None`` begins it with the series.

    A value that is missing for longer than ``spec.carry_steps`` is stood in for by the sensor's own
    weekly pattern as it was known at that time. A row that needs this for more than
    ``spec.max_missing_share`` of its lags is not usable.
    """
    if seasonal is None:
        seasonal = seasonal_mean(series.learnable_values, calendar, horizon=horizon)
    held = carry_forward(series.values, limit=spec.carry_steps)
    missing = ~np.isfinite(held)
    filled = np.where(missing, seasonal.known, held)

    names = feature_names(spec)
    weekly = _calendar_table(
        calendar.grid, spec.daily_harmonics, spec.weekly_harmonics, spec.weekend
    )
    columns = _memory(buffer, len(names) - len(weekly), len(calendar))
    lags = len(spec.lags) + len(spec.weeks)
    _lay_lags(filled, calendar, spec, columns[:lags])
    past = lags  # columns that depend on readings, so far
    if spec.weeks_median:
        columns[past] = median_of_rows(columns[len(spec.lags) : lags])
        past += 1
    if spec.seasonal_mean:
        columns[past] = seasonal.known
        past += 1
    past += _lay_trailing_means(filled, spec.levels, horizon, columns[past:])
    if spec.deviations:
        deviation = filled - seasonal.known
        past += _lay_trailing_means(deviation, spec.deviations, horizon, columns[past:])
    for row, name in zip(columns[past:], spec.covariates, strict=True):
        row[:] = _covariate(covariates, name, series, spec, horizon)
    return Design(
        names=names,
        columns=Columns(columns, weekly, calendar.slot, place=past),
        usable=_all_known(filled, columns, lags, look_back(spec, calendar.grid, horizon=horizon))
        & _rests_on_readings(missing, calendar, spec),
        carried=int(np.count_nonzero(~missing) - np.count_nonzero(np.isfinite(series.values))),
        seasonal=seasonal,
    )


def _memory(buffer: FloatArray | None, columns: int, length: int) -> FloatArray:
    """Room for a design, one contiguous row per column; the same layout wherever it lies."""
    if buffer is None:
        return np.empty((columns, length))
    return buffer.reshape(-1)[: columns * length].reshape(columns, length)


def _lay_lags(
    filled: FloatArray, calendar: Calendar, spec: FeatureParameters, columns: FloatArray
) -> None:
    """Fill the columns of the lags."""
    length = len(filled)
    weeks = dict(zip(spec.weeks, columns[len(spec.lags) :], strict=True))
    lags = list(zip(spec.lags, columns[: len(spec.lags)], strict=True))
    if calendar.is_steady:
        lags += [(back * calendar.grid.per_week, row) for back, row in weeks.items()]
        weeks = {}
    for lag, row in lags:
        row[:lag], row[lag:] = np.nan, filled[: max(length - lag, 0)]
    if weeks:
        filled = np.append(filled, np.nan)
    for back, row in weeks.items():  # -1, before the beginning, is what was put on at the end
        np.take(filled, calendar.weeks_back(back), out=row, mode="wrap")


def _all_known(filled: FloatArray, columns: FloatArray, lags: int, reach: int) -> BoolArray:
    """Rows whose features are all known; shape (n,).

    The first columns, so many, copy values of up to ``reach`` steps ago: so long after the last
    unknown value nobody has to look at them.
    """
    known = np.asarray(np.isfinite(columns[lags:]).all(axis=0), dtype=np.bool_)
    unknown = np.flatnonzero(~np.isfinite(filled))
    settled = reach + (int(unknown[-1]) + 1 if len(unknown) else 0)
    known[:settled] &= np.isfinite(columns[:lags, :settled]).all(axis=0)
    return known


def _rests_on_readings(
    missing: BoolArray, calendar: Calendar, spec: FeatureParameters
) -> BoolArray | bool:
    """Rows of which no more lags than allowed rest on a missing value; shape (n,), or all."""
    if not missing.any():  # a lag from before the beginning makes a row unusable in any case
        return True
    lost = np.append(missing, True).astype(np.int16)
    stood_in = np.zeros(len(missing), dtype=np.int16)
    for lag in spec.lags:
        stood_in[:lag] += 1
        stood_in[lag:] += lost[: max(len(missing) - lag, 0)]
    for back in spec.weeks:
        stood_in += lost[calendar.weeks_back(back)]  # -1, before the beginning, is lost
    most = spec.max_missing_share * max(len(spec.lags) + len(spec.weeks), 1)
    return np.asarray(stood_in <= most, dtype=np.bool_)


def _lay_trailing_means(
    values: FloatArray, spans: Sequence[int], horizon: int, columns: FloatArray
) -> int:
    """Means of the known ones among the ``span`` values that end ``horizon`` steps back.

    Unknown where fewer than half are known. Fills a column per span, and returns how many.
    """
    if not spans or not len(values):
        return len(spans)
    known = np.isfinite(values)
    holes = np.flatnonzero(~known)
    last = int(holes[-1]) if len(holes) else -1
    running = np.cumsum(known[: last + max(spans)])
    summed = values.copy()
    summed[holes] = 0.0
    totals = _span_sums(summed, sorted(spans))
    for row, span in zip(columns, spans, strict=False):
        row[:horizon] = np.nan
        mean, total = row[horizon:], totals[span]
        some = min(last + span, len(mean))  # so long after the last unknown value all are known
        np.divide(total[:some], _count(running[:some], span), out=mean[:some])
        np.divide(total[some : len(mean)], span, out=mean[some:])
    return len(spans)


def _count(running: IntArray, span: int) -> FloatArray:
    """How many of the ``span`` values that end at each position are known; NaN below half.

    Of whole numbers, unlike of readings, differences of one running sum are exact.
    """
    count = running.astype(np.float64)
    count[span:] -= running[:-span]
    count[2 * count < span] = np.nan
    return count


def _span_sums(values: AnyArray, spans: Sequence[int]) -> dict[int, AnyArray]:
    """Sums of the ``span`` values that end at each position; what lies before is zero.

    Put together from sums of shorter spans, so that a value has no influence, not even by rounding,
    beyond its own span. Differences of one long running sum would carry it on for ever.

    Args:
        values: shape (n,).
        spans: ascending.
    """
    totals: dict[int, AnyArray] = {}
    for span in spans:
        part = max((shorter for shorter in totals if span % shorter == 0), default=1)
        totals[span] = _add_spans(totals.get(part, values), span // part, part)
    return totals


def _add_spans(sums: AnyArray, times: int, step: int) -> AnyArray:
    """The sum at each position and those 1, 2 ... ``times`` - 1 steps before, by doubling."""
    total, covered, length = sums, 0, 1
    while covered < times:
        if times & length:
            total = _add_earlier(total, sums, covered * step) if covered else sums
            covered += length
        if covered < times:
            sums = _add_earlier(sums, sums, length * step)
        length *= 2
    return total


def _add_earlier(values: AnyArray, others: AnyArray, back: int) -> AnyArray:
    """Values, and what others were so many positions back."""
    total = np.empty_like(values)
    total[:back] = values[:back]
    np.add(values[back:], others[: max(len(others) - back, 0)], out=total[back:])
    return total


@functools.lru_cache(maxsize=8)
def _calendar_table(grid: Grid, daily: int, weekly: int, weekend: bool) -> FloatArray:  # noqa: FBT001
    """Calendar features per slot of the local week; shape (columns, per_week)."""
    slot = np.arange(grid.per_week)
    columns = []
    for period, count in ((grid.per_day, daily), (grid.per_week, weekly)):
        for k in range(1, count + 1):
            angle = 2 * np.pi * k * slot / period
            # What should be zero is zero: rounding noise would be scaled up to a feature.
            columns += [np.round(np.sin(angle), 12), np.round(np.cos(angle), 12)]
    if weekend:
        columns.append((slot >= 5 * grid.per_day).astype(np.float64))
    return np.stack(columns) if columns else np.empty((0, grid.per_week))


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
