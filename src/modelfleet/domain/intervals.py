"""Split conformal intervals around day-ahead forecasts, by local hour and type of day.

The half width of a cell (hour x workday or weekend) is an order statistic of the absolute
residuals that the backtest left in it: for n residuals and a coverage of 1 - α the
⌈(n + 1)(1 - α)⌉-th smallest, so that a further exchangeable residual lies within with at least
that probability (Lei et al., 2018, doi:10.1080/01621459.2017.1307116). With fewer residuals than
that needs, 9 for 90 %, a cell has no interval.

Weeks are not exchangeable: demand drifts, and with it the errors. A factor on all half widths
follows the coverage, from past weeks only: see :mod:`~modelfleet.domain.interval_factor`.
"""

import math
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import AnyArray, FloatArray, IntArray
from modelfleet.domain.gates import Status
from modelfleet.domain.grid import Calendar
from modelfleet.domain.interval_factor import follow_coverage
from modelfleet.domain.parameters.intervals import IntervalParameters

__all__ = [
    "CELLS",
    "NOT_COVERING",
    "NO_INTERVAL",
    "CellPlan",
    "IntervalTable",
    "Tracking",
    "fit_intervals",
    "interval_cells",
    "judge_coverage",
    "judge_intervals",
    "least_residuals",
    "plan_cells",
    "track_intervals",
]

HOURS = 24
CELLS = 2 * HOURS
"""Local hours of workdays, then those of Saturdays and Sundays."""

TINY = 1e-300

NOT_COVERING = "interval_not_covering"
"""Code of an interval that is flagged: it covers too little or too much."""

NO_INTERVAL = "no_interval"
"""Code of a sensor with too few residuals for any interval to be judged."""


@dataclass(frozen=True, eq=False)
class CellPlan:
    """Where the residuals of each cell stand in some weeks; shared by sensors of one calendar.

    Attributes:
        place: positions in the flattened weeks, by week and cell; one past the end where a cell
            has fewer in a week; shape (weeks, CELLS, most residuals of a cell in a week).
        reading: position of each step's cell in a table of weeks by cells; shape (weeks, per_week).
    """

    place: IntArray
    reading: IntArray


@dataclass(frozen=True, eq=False)
class IntervalTable:
    """What serving needs to put intervals around the forecasts of n sensors.

    Attributes:
        half_width: per cell, before the factor, in the unit of the readings; NaN where there is
            no interval; shape (n, CELLS).
        factor: on all half widths of a sensor; shape (n,).
    """

    half_width: FloatArray
    factor: FloatArray

    def around(self, forecast: FloatArray, cells: IntArray) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bound of each forecast, NaN without an interval.

        Args:
            forecast: in the unit of the readings; shape (n, steps).
            cells: of the same steps, from :func:`interval_cells`; shape (steps,).
        """
        reach = self.factor[:, None] * self.half_width[:, cells]
        return forecast - reach, forecast + reach


@dataclass(frozen=True, eq=False)
class Tracking:
    """An honest replay for n sensors: the interval of a week is made of the weeks before it.

    Attributes:
        table: made of all weeks, with the factors that the week to come gets.
        factor: that each week had; shape (n, weeks).
        coverage: share of each week's residuals within the tracked interval, NaN where none had
            an interval; shape (n, weeks).
        untracked: the same with a factor of 1; shape (n, weeks).
        steps: residuals of each week that had an interval; shape (n, weeks).
    """

    table: IntervalTable
    factor: FloatArray
    coverage: FloatArray
    untracked: FloatArray
    steps: IntArray

    def mean_coverage(self, *, tracked: bool = True) -> FloatArray:
        """Coverage over all residuals that had an interval, NaN where none had; shape (n,)."""
        coverage = self.coverage if tracked else self.untracked
        covered = np.where(self.steps > 0, coverage * self.steps, 0.0)
        return _share(covered.sum(axis=1), self.steps.sum(axis=1))


def least_residuals(coverage: float) -> int:
    """Residuals that a cell must have for an interval of this coverage.

    >>> least_residuals(0.9), least_residuals(0.5), least_residuals(0.99)
    (9, 1, 99)
    """
    return math.ceil(round(coverage / (1 - coverage), 9))


def interval_cells(calendar: Calendar) -> IntArray:
    """The cell of each step of a calendar: 0 to 23 on workdays, 24 to 47 on weekends; shape (n,).

    >>> from modelfleet.domain.grid import Calendar, Grid
    >>> slots = np.array([0, 25, 5 * 24 + 3])  # Monday 00:00, Tuesday 01:00, Saturday 03:00
    >>> interval_cells(Calendar(Grid(60), 0, slots, np.zeros(3, dtype=np.int64))).tolist()
    [0, 1, 27]
    """
    day, step = np.divmod(calendar.slot, calendar.grid.per_day)
    hour = step * calendar.grid.step_minutes // 60
    return np.asarray(hour + HOURS * (day >= 5), dtype=np.int64)


def plan_cells(cells: IntArray) -> CellPlan:
    """Gather the places of each cell, once for all sensors that share the calendar.

    Args:
        cells: from :func:`interval_cells`, by week; shape (weeks, per_week).
    """
    weeks, _ = cells.shape
    reading = cells + CELLS * np.arange(weeks)[:, None]
    flat = reading.reshape(-1)
    order = np.argsort(flat, kind="stable")
    count = np.bincount(flat, minlength=weeks * CELLS)
    rank = np.arange(len(flat)) - np.repeat(np.cumsum(count) - count, count)
    most = int(count.max(initial=0))
    place = np.full((weeks * CELLS, most), len(flat), dtype=np.int64)
    place[flat[order], rank] = order
    return CellPlan(place.reshape(weeks, CELLS, most), reading)


def fit_intervals(residuals: FloatArray, plan: CellPlan, *, coverage: float) -> FloatArray:
    """Half width of each cell from all weeks, NaN where there are too few; shape (n, CELLS).

    Args:
        residuals: actual minus forecast, NaN where unknown; shape (n, weeks, per_week).
        plan: of the same weeks.
        coverage: nominal, such as 0.9.
    """
    return _half_widths(_size(residuals), plan, coverage=coverage)[:, -1]


def track_intervals(
    residuals: FloatArray, plan: CellPlan, parameters: IntervalParameters
) -> Tracking:
    """Replay the weeks: interval from the weeks before, coverage, next factor.

    A week of which only some hours can be judged counts by their share of the week.
    Sensors do not mix; twenty at a time take a quarter of the time of one by one.

    Args:
        residuals: actual minus forecast, NaN where unknown, oldest week first; shape (n, weeks,
            per_week).
        plan: of the same weeks.
        parameters: nominal coverage, and how the factor follows it.
    """
    size = _size(residuals)
    half_widths = _half_widths(size, plan, coverage=parameters.coverage)
    needed = _needed_factor(size, _flat(half_widths)[:, plan.reading])
    steps = np.isfinite(needed).sum(axis=2)
    factor, covered = follow_coverage(needed, steps, parameters)
    return Tracking(
        table=IntervalTable(half_widths[:, -1], factor[:, -1]),
        factor=factor[:, :-1],
        coverage=_share(covered, steps),
        untracked=_share((needed <= 1.0).sum(axis=2), steps),
        steps=steps,
    )


def judge_intervals(tracking: Tracking, parameters: IntervalParameters) -> AnyArray:
    """Whether the tracked coverage of a replay is sound: see :func:`judge_coverage`; shape (n,)."""
    return judge_coverage(tracking.mean_coverage(), parameters)


def judge_coverage(coverage: FloatArray, parameters: IntervalParameters) -> AnyArray:
    """Whether the tracked coverage is sound; it flags the interval, never the model.

    Args:
        coverage: over all residuals that had an interval, NaN where none had; shape (n,).
        parameters: from where to where coverage is sound.

    Returns:
        a :class:`~modelfleet.domain.gates.Status` per sensor, ``FAIL`` with the reason
        :data:`NOT_COVERING` and ``NOT_EVALUABLE`` with :data:`NO_INTERVAL`; shape (n,).
    """
    sound = (coverage >= parameters.sound_from) & (coverage <= parameters.sound_to)
    told = np.where(sound, Status.PASS, Status.FAIL)
    return np.where(np.isfinite(coverage), told, Status.NOT_EVALUABLE).astype(np.int8)


def _flat(table: FloatArray) -> FloatArray:
    return table.reshape(len(table), math.prod(table.shape[1:]))


def _size(residuals: FloatArray) -> FloatArray:
    return np.where(np.isfinite(residuals), np.abs(residuals), np.nan)


def _half_widths(size: FloatArray, plan: CellPlan, *, coverage: float) -> FloatArray:
    """Half widths as they were known before each week, and at last after all.

    The wanted order statistic is the k-th largest with k = n + 1 - ⌈(n + 1)(1 - α)⌉ =
    ⌊(n + 1) α⌋; where k is 0, n is too small. So only the largest few of each cell are kept, and
    each week is sorted in among them.

    Returns:
        shape (n, weeks + 1, CELLS).
    """
    sensors, (weeks, cells, new) = len(size), plan.place.shape
    values = np.full((sensors, plan.reading.size + 1), -np.inf)
    values[:, :-1] = _flat(size)
    np.copyto(values, -np.inf, where=np.isnan(values))
    seen = np.cumsum((values[:, plan.place] >= 0).sum(axis=3), axis=1)
    wanted = np.floor(np.round((seen + 1) * (1 - coverage), 9)).astype(np.int64)
    width = int(wanted.max(initial=0)) + new
    largest = np.full((sensors, cells, width), -np.inf)
    ends = np.arange(1, sensors * cells + 1).reshape(sensors, 1, cells) * width
    chosen = ends - np.maximum(wanted, 1)
    half_widths = np.full((sensors, weeks + 1, cells), np.nan)
    for week in range(weeks):
        # In place of the smallest, which nobody wants any more.
        largest[:, :, :new] = values[:, plan.place[week]]
        largest.sort(axis=2)
        half_widths[:, week + 1] = largest.reshape(-1)[chosen[:, week]]
    half_widths[:, 1:][wanted == 0] = np.nan
    return half_widths


def _needed_factor(size: FloatArray, reach: FloatArray) -> FloatArray:
    """The least factor that covers each residual, NaN where one of both is unknown."""
    with np.errstate(over="ignore"):
        # A half width of zero covers a residual of zero, and no other.
        return np.minimum(size / np.maximum(reach, TINY), np.finfo(np.float64).max)


def _share(part: AnyArray, whole: IntArray) -> FloatArray:
    share = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
