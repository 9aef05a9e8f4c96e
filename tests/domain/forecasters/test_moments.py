"""Sums of squares and products are those of the plain formula."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from modelfleet.domain.columns import Columns
from modelfleet.domain.features import Covariates, build_design
from modelfleet.domain.forecasters.moments import measure_moments
from modelfleet.domain.forecasters.weekly import multiply_weekly
from modelfleet.domain.parameters.recipes import FeatureParameters
from modelfleet.domain.series import Series
from modelfleet.domain.windows import Window
from tests.strategies import WEEK, changes, same_bits, sensors

SPEC = FeatureParameters(
    lags=(24, 25),
    weeks=(1,),
    seasonal_mean=True,
    levels=(24,),
    daily_harmonics=2,
    weekly_harmonics=1,
    weekend=True,
    covariates=("rain",),
)
WEEKS = 6


def rows_of(series, calendar):
    """Features with a companion, target, and which rows may be learned."""
    rain = np.random.default_rng(series.first).gamma(1.0, size=(len(calendar), 1))
    companions = Covariates(series.first, ("rain",), rain)
    design = build_design(series, calendar, SPEC, horizon=24, covariates=companions)
    return design.columns, series.values, series.learnable & design.usable


def check(moments, matrix, target, learnable, windows):
    """Compare with means and sums over the rows of each window."""
    every = np.column_stack([matrix, target])
    for number, window in enumerate(windows):
        rows = every[window.steps][learnable[window.steps]]
        assert moments.count[number] == len(rows)
        if len(rows):
            apart = rows - rows.mean(axis=0)
            scatter = apart.T @ apart
            size = np.sqrt(np.diag(scatter))
            noise = 1e-9 * np.outer(size, size) + 1e-9
            np.testing.assert_allclose(
                moments.mean[number], rows.mean(axis=0), rtol=1e-10, atol=1e-10
            )
            assert (np.abs(moments.scatter[number] - scatter) <= noise).all()


@st.composite
def window_lists(draw: st.DrawFn) -> list[Window]:
    """Any windows: of weeks, of hours, empty, one within the other."""
    edge = st.one_of(st.integers(0, WEEKS * WEEK), st.integers(0, WEEKS).map(lambda k: k * WEEK))
    edges = draw(st.lists(st.tuples(edge, edge), max_size=5))
    return [Window(min(pair), max(pair)) for pair in edges]


@given(sensor=sensors(weeks=WEEKS), windows=window_lists())
def test_they_are_those_of_the_plain_formula(sensor, windows):
    """Through gaps, events, changes of the clocks and levels up to 1e4."""
    calendar, series = sensor
    columns, target, learnable = rows_of(series, calendar)
    found = measure_moments(columns, target, learnable, windows)
    check(found, columns.values, target, learnable, windows)
    written_out = measure_moments(Columns.of(columns.values), target, learnable, windows)
    check(written_out, columns.values, target, learnable, windows)


@settings(max_examples=20)
@given(sensor=sensors(weeks=WEEKS), jump=st.sampled_from([1e6, 1e8]), windows=window_lists())
def test_a_level_far_off_costs_no_precision(sensor, jump, windows):
    """A sensor that is switched over lies far from where it lay; each side keeps its digits."""
    calendar, series = sensor
    columns, target, learnable = rows_of(series, calendar)
    laid, later = columns.laid.copy(), np.arange(len(calendar)) >= 3 * WEEK
    laid[:, later] += jump
    moved = replace(columns, laid=laid)
    apart = [w for w in windows if w.stop <= 3 * WEEK or w.start >= 3 * WEEK]
    windows = [*apart, Window(0, 3 * WEEK), Window(3 * WEEK, WEEKS * WEEK)]
    found = measure_moments(moved, target, learnable, windows)
    plain = measure_moments(columns, target, learnable, windows)
    size = np.sqrt(np.maximum(np.diagonal(plain.scatter, axis1=1, axis2=2), 1e-3))
    noise = 1e-5 * size[:, :, None] * size[:, None, :]  # a jump of 1e8 takes eight digits itself
    assert (np.abs(found.scatter - plain.scatter) <= noise).all()


@settings(max_examples=20)
@given(sensor=sensors(weeks=WEEKS), slots=st.sets(st.integers(0, WEEK - 1), max_size=3))
def test_a_column_of_the_calendar_that_stands_still_has_no_scatter(sensor, slots):
    """A sensor that is read on Mondays at eight sees one number of each, not rounding noise."""
    calendar, series = sensor
    columns, target, learnable = rows_of(series, calendar)
    some = learnable & np.isin(calendar.slot, list(slots))
    windows = [Window(0, 4 * WEEK), Window(0, WEEKS * WEEK)]
    found = measure_moments(columns, target, some, windows)
    check(found, columns.values, target, some, windows)
    if len(slots) == 1:
        place = slice(columns.place, columns.place + len(columns.weekly))
        assert (found.scatter[:, place, place] == 0).all()


@given(sensor=sensors(weeks=WEEKS), other=changes(WEEKS * WEEK), start=st.integers(0, WEEKS))
def test_what_comes_after_a_window_leaves_no_trace_in_it(sensor, other, start):
    """To the bit, whatever is read later, or is not."""
    calendar, series = sensor
    later = np.arange(len(calendar)) >= start * WEEK
    changed = Series(
        series.first,
        np.where(later, other, series.values),
        series.excluded ^ (later & (other > 0)),
    )
    windows = [Window(0, k * WEEK) for k in range(WEEKS + 1)]
    before = measure_moments(*rows_of(series, calendar), windows)
    after = measure_moments(*rows_of(changed, calendar), windows)
    known = np.flatnonzero(before.count[: start + 1])
    assert (before.count[: start + 1] == after.count[: start + 1]).all()
    for name in ("mean", "scatter"):
        assert same_bits(getattr(before, name)[known], getattr(after, name)[known])


@given(sensor=sensors(weeks=WEEKS), inner=st.lists(st.integers(0, WEEKS * WEEK), max_size=6))
def test_a_week_is_multiplied_once_for_all_that_show_it(sensor, inner):
    """Products with columns that repeat every week are those with the columns written out."""
    calendar, series = sensor
    rng = np.random.default_rng(len(inner))
    rows = np.vstack([rng.normal(size=(2, len(calendar))), series.learnable])
    week, edges = rng.normal(size=(3, WEEK)), np.array([0, *sorted(inner), len(calendar)])
    found = multiply_weekly(rows, week, calendar.slot, edges)
    shown = week[:, calendar.slot]
    for block, (start, stop) in enumerate(pairwise(edges)):
        part, each = rows[:, start:stop], shown[:, start:stop]
        expected = np.vstack([part @ each.T, (each * part[-1]) @ each.T])
        np.testing.assert_allclose(found[block], expected, rtol=1e-9, atol=1e-9)
