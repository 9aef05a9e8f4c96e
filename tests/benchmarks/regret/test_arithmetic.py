"""The arithmetic of regret, on numbers small enough to do by hand."""

import numpy as np
import pytest

from tests.benchmarks.regret.arithmetic import (
    Losses,
    mean_loss,
    measure_regret,
    normalised_ratio,
    ratios,
)

LOSSES = Losses(
    model=np.array([[1.0, 2.0], [4.0, 1.0]]), baseline=np.array([[2.0, 1.0], [2.0, 1.0]])
)
NOBODY, ALL = np.zeros((2, 2), dtype=bool), np.ones((2, 2), dtype=bool)


def test_who_always_serves_the_better_one_has_no_regret():
    """With hindsight regret is 1 at every date, by every measure."""
    hindsight = LOSSES.model < LOSSES.baseline
    found = measure_regret(LOSSES, hindsight)
    assert found.by_date.tolist() == [1.0, 1.0]
    assert (found.mean, found.normalised) == (1.0, 1.0)
    assert (found.sensor_error, found.date_error) == (0.0, 0.0)


def test_regret_is_the_mean_ratio_to_the_better_one():
    """Each sensor's loss is divided by its better one; sensors and then dates are averaged."""
    assert ratios(LOSSES, NOBODY).tolist() == [[2.0, 1.0], [1.0, 1.0]]
    found = measure_regret(LOSSES, NOBODY)
    assert found.by_date.tolist() == [1.5, 1.0]
    assert found.mean == 1.25
    assert found.date_error == pytest.approx(0.25)
    assert measure_regret(LOSSES, ALL).by_date.tolist() == [1.5, 1.5]


def test_normalised_losses_are_summed_before_they_are_divided():
    """Served 1 + 1 + 1 + 1 in units of the baselines, at best 0.5 + 1 + 1 + 1."""
    assert normalised_ratio(LOSSES, NOBODY) == pytest.approx(4 / 3.5)


def test_dates_count_the_same_however_many_sensors_they_have():
    """A sensor that was not compared at a date is left out of that date alone."""
    losses = Losses(LOSSES.model, np.array([[2.0, np.nan], [2.0, 1.0]]))
    found = measure_regret(losses, NOBODY)
    assert found.by_date.tolist() == [2.0, 1.0]
    assert found.mean == 1.5
    assert measure_regret(losses, np.array([[True, True], [False, False]])).on_model == 1 / 3


def test_a_sensor_without_any_error_is_left_out():
    """Nothing can be divided by a loss of 0, and nothing is to be regretted there."""
    losses = Losses(np.array([[0.0, 1.0]]), np.array([[3.0, 2.0]]))
    assert measure_regret(losses, NOBODY[:1]).mean == 2.0


def test_weeks_weigh_by_their_hours():
    """A week with three hours counts three times one with one; an empty week not at all."""
    loss = np.array([[1.0, 5.0, np.nan], [np.nan, np.nan, np.nan]])
    hours = np.array([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert mean_loss(loss, hours)[0] == 2.0
    assert np.isnan(mean_loss(loss, hours)[1])


def test_the_error_over_sensors_is_that_of_a_mean():
    """Drawn fleets scatter like the mean of independent sensors, whose dates are drawn together."""
    excess = np.random.default_rng(3).uniform(0, 1, 400)
    losses = Losses(np.ones((2, 400)), np.tile(1 + excess, (2, 1)))
    found = measure_regret(losses, np.zeros((2, 400), dtype=bool))
    assert found.sensor_error == pytest.approx(excess.std() / 20, rel=0.1)
