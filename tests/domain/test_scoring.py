"""Weekly losses and the figures that are reported beside them."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.scoring import (
    by_week,
    measure_errors,
    seasonal_scale,
    weekly_loss,
)
from tests.strategies import same_bits

NAN = np.nan


def test_the_last_weeks_stand_one_below_the_other():
    """Weeks are counted from the end; what lies before them is left out."""
    assert by_week(np.arange(7.0), weeks=2, per_week=3).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_short_series_has_unknown_weeks_before_it():
    """A young sensor still gets its weeks, unknown where it was not there yet."""
    expected = [[NAN, NAN, 0.0], [1.0, 2.0, 3.0]]
    np.testing.assert_array_equal(by_week(np.arange(4.0), weeks=2, per_week=3), expected)


def test_the_loss_of_a_week_is_its_mean_absolute_error_over_valid_hours():
    """Hours that are not valid neither count nor weigh, whatever stands in them."""
    actual = np.array([[1.0, 2.0, 3.0], [NAN, NAN, NAN]])
    forecast = np.array([[4.0, 1.0, 1e9], [1.0, 1.0, 1.0]])
    valid = np.array([[True, True, False], [False, False, False]])
    found = weekly_loss(actual, forecast, valid)
    np.testing.assert_array_equal(found.loss, [2.0, NAN])
    assert found.steps.tolist() == [2, 0]


def test_the_scale_is_what_a_seasonal_naive_forecast_errs():
    """Differences one season apart, absolute and squared, over the pairs that are known."""
    values = np.array([1.0, 5.0, NAN, 4.0, 1.0, 7.0])
    mean, root = seasonal_scale(values, season=3)
    assert (mean, root) == (3.5, pytest.approx(np.sqrt(12.5)))


@pytest.mark.parametrize("values", [np.arange(3.0), np.array([1.0, NAN, NAN, NAN, 2.0])])
def test_without_a_pair_there_is_no_scale(values):
    """Nothing to compare gives NaN, not a division by zero."""
    assert np.isnan(seasonal_scale(values, season=3)).all()


def test_errors_over_all_valid_steps():
    """Bias is forecast minus actual; MASE and RMSSE are errors in units of their scale."""
    actual, forecast = np.array([[1.0, 2.0], [3.0, NAN]]), np.array([[2.0, 5.0], [1.0, 9.0]])
    found = measure_errors(actual, forecast, np.isfinite(actual), scale=(4.0, 2.0))
    assert found.mae == pytest.approx(2.0)
    assert found.mean_error == pytest.approx(2 / 3)
    assert found.mase == pytest.approx(0.5)
    assert found.rmsse == pytest.approx(np.sqrt(14 / 3) / 2)


@pytest.mark.parametrize("scale", [(0.0, 0.0), (NAN, NAN)])
def test_without_a_scale_only_scaled_errors_are_unknown(scale):
    """A constant history has no scale, yet its errors have a size."""
    valid = np.ones((1, 2), dtype=bool)
    found = measure_errors(np.zeros((1, 2)), np.ones((1, 2)), valid, scale=scale)
    assert found.mae == 1.0
    assert np.isnan([found.mase, found.rmsse]).all()


def test_no_valid_step_no_figure():
    """Figures of nothing are unknown."""
    found = measure_errors(
        np.zeros((1, 2)), np.ones((1, 2)), np.zeros((1, 2), dtype=bool), scale=(1.0, 1.0)
    )
    assert np.isnan([found.mae, found.mean_error, found.mase, found.rmsse]).all()


@given(seed=st.integers(0, 2**16), missing=st.sampled_from([0.0, 0.3, 0.95]))
def test_sensors_side_by_side_are_scored_as_each_alone(seed, missing):
    """To the bit; and each figure is what its plain formula says of the valid steps."""
    rng = np.random.default_rng(seed)
    actual, forecast = rng.normal(size=(2, 4, 3, 50))
    actual[rng.random(actual.shape) < missing] = NAN
    valid, unit = np.isfinite(actual), rng.random(4)
    together = measure_errors(actual, forecast, valid, scale=(unit, 2 * unit))
    weekly = weekly_loss(actual, forecast, valid)
    for row in range(4):
        some = actual[row], forecast[row], valid[row]
        alone = measure_errors(*some, scale=(float(unit[row]), float(2 * unit[row])))
        assert same_bits(np.array(astuple(alone)), np.array(astuple(together))[:, row])
        assert same_bits(weekly.loss[row], weekly_loss(*some).loss)
        error = (forecast[row] - actual[row])[valid[row]]
        if len(error):
            mae, rmse = np.abs(error).mean(), np.sqrt((error**2).mean())
            expected = [mae, error.mean(), mae / unit[row], rmse / (2 * unit[row])]
            assert astuple(alone) == pytest.approx(expected, 1e-12, 1e-12)


@given(series=st.integers(0, 30), weeks=st.integers(1, 4))
def test_weeks_of_several_series_are_those_of_each(series, weeks):
    """The last axis is cut; what lies before the beginning is unknown."""
    values = np.arange(2.0 * series).reshape(2, series)
    found = by_week(values, weeks=weeks, per_week=7)
    assert found.shape == (2, weeks, 7)
    for row in range(2):
        assert same_bits(found[row], by_week(values[row], weeks=weeks, per_week=7))
