"""Intervals around forecasts: honest, none from too little, and following what they cover."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from modelfleet.domain.gates import Status
from modelfleet.domain.grid import Calendar, Grid
from modelfleet.domain.intervals import (
    CELLS,
    IntervalTable,
    fit_intervals,
    interval_cells,
    judge_intervals,
    least_residuals,
    plan_cells,
    track_intervals,
)
from modelfleet.domain.parameters.intervals import IntervalParameters
from tests.domain.parameters.configuration import shipped

NAN = np.nan
SHIPPED = IntervalParameters(**shipped()["intervals"])
UNTRACKED = {"min_log_factor": 0.0, "max_log_factor": 0.0}
COVERAGES = st.sampled_from([0.5, 0.8, 0.9, 0.95])
SIZES = st.floats(0, 1e6) | st.sampled_from([0.0, 1.0, 2.0])


def hourly(weeks):
    """Cells of whole local weeks of an hourly grid, from Monday 00:00 on."""
    slot = np.arange(weeks * 168) % 168
    return interval_cells(Calendar(Grid(60), 0, slot, np.zeros_like(slot))).reshape(weeks, 168)


def one_cell(values):
    """Residuals that all lie in cell 0, one a week, and the plan of these weeks."""
    weeks = len(values)
    plan = plan_cells(np.zeros((weeks, 1), dtype=np.int64))
    return np.asarray(values, dtype=float).reshape(1, weeks, 1), plan


def half_width(values, coverage=0.9):
    """Half width from residuals of one cell."""
    residuals, plan = one_cell(values)
    return fit_intervals(residuals, plan, coverage=coverage)[0, 0]


def expected_half_width(values, coverage):
    """The formula, word by word, for one cell."""
    known = sorted(abs(value) for value in values if math.isfinite(value))
    rank = math.ceil(round((len(known) + 1) * coverage, 9))
    return known[rank - 1] if rank <= len(known) else NAN


# --- cells --------------------------------------------------------------------------------------


def test_each_local_hour_of_workdays_and_of_weekends_is_a_cell():
    """An hourly week has five residuals in each workday cell and two in each weekend cell."""
    count = np.bincount(hourly(1).reshape(-1), minlength=CELLS)
    assert count.tolist() == [5] * 24 + [2] * 24


@pytest.mark.parametrize(("minutes", "used"), [(15, 48), (60, 48), (240, 12), (1440, 2)])
def test_every_grid_has_cells(minutes, used):
    """Finer steps share the cell of their hour; coarser ones use fewer cells."""
    grid = Grid(minutes)
    slot = np.arange(grid.per_week)
    cells = interval_cells(Calendar(grid, 0, slot, np.zeros_like(slot)))
    assert len(np.unique(cells)) == used
    assert cells.max() < CELLS


# --- the half width -----------------------------------------------------------------------------


@pytest.mark.parametrize(("coverage", "least"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19)])
def test_an_interval_needs_as_many_residuals_as_its_coverage_asks_for(coverage, least):
    """One residual fewer gives none, and at the least the largest residual is the half width."""
    values = np.arange(1.0, least + 1)
    assert least_residuals(coverage) == least
    assert half_width(values, coverage) == least
    assert np.isnan(half_width(values[1:], coverage))


def test_missing_residuals_do_not_count():
    """Unknown and infinite residuals make no interval and widen none."""
    values = np.arange(1.0, 10.0)
    assert np.isnan(half_width([*values[1:], NAN, np.inf, -np.inf]))
    assert half_width([*values, NAN, np.inf]) == 9


def test_the_sign_of_a_residual_does_not_matter():
    """Intervals are symmetric."""
    values = np.arange(1.0, 30.0)
    assert half_width(values) == half_width(-values)


@given(st.lists(SIZES | st.just(NAN), min_size=1, max_size=40), COVERAGES)
def test_the_half_width_is_the_order_statistic(values, coverage):
    """Whatever lies in a cell, ties and holes included."""
    np.testing.assert_array_equal(
        half_width(values, coverage), expected_half_width(values, coverage)
    )


@given(st.lists(SIZES, min_size=2, max_size=40), COVERAGES)
def test_exchangeable_residuals_are_covered_as_promised(values, coverage):
    """Of n + 1 values in any order, each left out in turn, at least the share lies within."""
    others = [values[:k] + values[k + 1 :] for k in range(len(values))]
    if len(values) <= least_residuals(coverage):
        assert np.isnan([half_width(each, coverage) for each in others]).all()
        return
    inside = [v <= half_width(each, coverage) for v, each in zip(values, others, strict=True)]
    assert sum(inside) >= math.ceil(round(len(values) * coverage, 9))


def test_sensors_and_cells_do_not_mix():
    """A table of many sensors is that of each alone, cell by cell."""
    cells, random = hourly(12), np.random.default_rng(1)
    residuals = random.standard_normal((3, 12, 168)) * np.array([1, 10, 100])[:, None, None]
    residuals[random.random(residuals.shape) < 0.3] = NAN
    found = fit_intervals(residuals, plan_cells(cells), coverage=0.9)
    for sensor, own in enumerate(residuals):
        alone = [expected_half_width(own[cells == cell], 0.9) for cell in range(CELLS)]
        np.testing.assert_array_equal(found[sensor], alone)


def test_a_table_puts_an_interval_around_each_forecast():
    """Twice the factor is twice the width; a cell without residuals has no interval."""
    half_widths = np.full((1, CELLS), NAN)
    half_widths[0, 3] = 2.0
    table = IntervalTable(half_widths, np.array([1.5]))
    low, high = table.around(np.array([[10.0, 10.0]]), np.array([3, 4]))
    np.testing.assert_array_equal(low, [[7.0, NAN]])
    np.testing.assert_array_equal(high, [[13.0, NAN]])


# --- tracking -----------------------------------------------------------------------------------


def replay(residuals, weeks, **changes):
    """Track hourly residuals."""
    parameters = SHIPPED.model_copy(update=changes)
    return track_intervals(residuals, plan_cells(hourly(weeks)), parameters)


def test_weeks_before_there_are_enough_have_no_interval():
    """The first interval of workdays needs two weeks, that of weekends five."""
    found = replay(np.random.default_rng(1).standard_normal((1, 7, 168)), 7)
    assert found.steps.tolist() == [[0, 0, 120, 120, 120, 168, 168]]
    assert np.isnan(found.coverage[0, :2]).all()
    assert (found.factor[0, :3] == 1).all()


@given(arrays(float, (2, 6, 168), elements=st.floats(-10, 10, width=16)), st.integers(2, 5))
def test_the_interval_of_a_week_does_not_know_the_week(residuals, week):
    """What happens from a week on changes neither its half widths nor its factor."""
    changed = residuals.copy()
    changed[:, week:] = 7 * changed[:, week:] + 3
    before, after = replay(residuals, 6), replay(changed, 6)
    np.testing.assert_array_equal(before.factor[:, : week + 1], after.factor[:, : week + 1])
    np.testing.assert_array_equal(before.coverage[:, :week], after.coverage[:, :week])
    early = track_intervals(residuals[:, :week], plan_cells(hourly(week)), SHIPPED)
    np.testing.assert_array_equal(early.table.factor, before.factor[:, week])


@pytest.mark.parametrize(("scale", "bound"), [(1000.0, 1.5), (0.0, -0.5)])
def test_the_factor_keeps_its_bounds(scale, bound):
    """Whatever happens, an interval neither collapses nor grows without end."""
    residuals = np.random.default_rng(3).standard_normal((1, 40, 168))
    residuals[:, 12:] *= np.where(scale, scale ** np.arange(28.0), 0)[:, None]
    assert replay(residuals, 40).table.factor[0] == pytest.approx(math.exp(bound), rel=1e-4)


def test_between_bounds_of_nothing_nothing_is_tracked():
    """Tracked and untracked are then the same."""
    residuals = np.random.default_rng(4).standard_normal((2, 9, 168))
    found = replay(residuals, 9, **UNTRACKED)
    assert (found.factor == 1).all()
    np.testing.assert_array_equal(found.coverage, found.untracked)


def test_tracking_mends_what_a_drift_breaks():
    """Errors that grow by a tenth a week leave the untracked interval behind."""
    residuals = np.random.default_rng(5).standard_normal((50, 24, 168))
    residuals *= 1.1 ** np.arange(24.0)[:, None]
    found = replay(residuals, 24)
    assert found.mean_coverage(tracked=False).mean() < 0.8
    assert 0.86 < found.coverage[:, 8:].mean() < 0.92


def test_a_forecast_without_error_is_covered():
    """Half widths of zero cover residuals of zero, and no other."""
    residuals = np.zeros((1, 8, 168))
    residuals[0, 7, :42] = 1.0
    found = replay(residuals, 8)
    assert (found.coverage[0, 2:7] == 1).all()
    assert found.coverage[0, 7] == 0.75
    assert (found.table.half_width == 0).sum() == CELLS


def test_what_is_unknown_is_not_judged():
    """Hours without a residual count neither as covered nor as missed."""
    residuals = np.random.default_rng(6).standard_normal((2, 8, 168))
    residuals[1] = NAN
    residuals[0, 7, 100:] = NAN
    found = replay(residuals, 8)
    assert found.steps[:, 7].tolist() == [100, 0]
    assert np.isnan(found.coverage[1]).all()
    assert np.isnan(found.mean_coverage()[1])
    assert np.isnan(found.table.half_width[1]).all()
    assert found.table.factor[1] == 1


@pytest.mark.parametrize(
    ("scale", "status"),
    [(1.0, Status.PASS), (100.0, Status.FAIL), (0.0, Status.FAIL), (NAN, Status.NOT_EVALUABLE)],
)
def test_coverage_out_of_bounds_flags_the_interval(scale, status):
    """Too narrow and too wide are told, and no interval is no pass."""
    residuals = np.random.default_rng(7).standard_normal((1, 12, 168))
    residuals[:, 3:] *= scale
    if math.isnan(scale):
        residuals[:] = NAN
    found = replay(residuals, 12, **UNTRACKED)
    assert judge_intervals(found, SHIPPED).tolist() == [status]


def test_no_sensors_no_intervals():
    """An empty task is no special case."""
    found = replay(np.empty((0, 12, 168)), 12)
    assert found.table.half_width.shape == (0, CELLS)
    assert found.coverage.shape == (0, 12)
