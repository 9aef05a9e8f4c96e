"""Baselines that are asked for several sensors at a time say what they say alone."""

import numpy as np
import pytest

from modelfleet.domain.baselines import SensorFacts
from modelfleet.domain.grid import Calendar
from modelfleet.domain.series import Series
from modelfleet.fleet.blocks import blocks
from modelfleet.fleet.judged import judged_series
from modelfleet.fleet.roster import Member, Roster
from modelfleet.fleet.tasks import TrainingTask, backups
from tests.fleet.tasks.test_tasks import AXIS, BACKTEST, INTERVALS, WEEK, noise, shard, training

MEDIAN, NAIVE, RULE = "hour_of_week_median", "weekly_naive", "business_rule"


def make_task(**baselines: str) -> TrainingTask:
    """Sensors by baseline; each is excluded for a week among the judged ones."""
    period = ((AXIS.stop - 2 * WEEK, AXIS.stop - WEEK),)
    facts = SensorFacts(rule_value=4.5)
    members = tuple(Member(name, "r", excluded=period, facts=facts) for name in baselines)
    roster = Roster({0: members})
    return TrainingTask(roster, baselines, 4, AXIS, 24, training(), BACKTEST, INTERVALS)


def series(*names: str) -> dict[str, np.ndarray]:
    """Noise with a hole of a day; one that is called young began two weeks ago."""
    found = {name: noise(name) for name in names}
    for name, values in found.items():
        values[-200:-176] = np.nan
        if name == "young":
            values[: -2 * WEEK + 5] = np.nan
    return found


def test_they_say_the_same_to_the_bit() -> None:
    """Whatever baseline, whoever is beside it, and however young a sensor is."""
    names = {f"s{number:02}": (MEDIAN, NAIVE, RULE)[number % 3] for number in range(14)}
    task = make_task(**names, young=MEDIAN, silent=NAIVE)
    found = dict(blocks(shard(**series(*names, "young")), AXIS))
    told = backups.ask_baselines(task, found)
    assert set(told) == {*names, "young"}
    for member in task.roster.all():
        if member.sensor_id in found:
            judged = judged_series(found[member.sensor_id], member, AXIS, weeks=BACKTEST.weeks)
            alone = backups.ask_baseline(task, member, judged)
            np.testing.assert_array_equal(told[member.sensor_id], alone, member.sensor_id)
            known = judged_series(found["s00"], member, AXIS, weeks=BACKTEST.weeks, told=alone)
            assert task.backup(member, known) is alone


def test_sensors_whose_baselines_cannot_be_asked_together_are_asked_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So an error is that of its sensor; the rows are the same."""
    task = make_task(a=MEDIAN, b=MEDIAN, c=NAIVE)
    readings = shard(**series("a", "b", "c"))
    expected = task.run(readings)
    median = backups.make_baseline(MEDIAN, weeks=4)

    class Alone:
        def forecast(
            self, series: Series, calendar: Calendar, facts: SensorFacts, *, horizon: int
        ) -> np.ndarray:
            if series.values.ndim > 1:
                raise ValueError("one at a time")
            return median.forecast(series, calendar, facts, horizon=horizon)

    make = backups.make_baseline
    monkeypatch.setattr(
        backups,
        "make_baseline",
        lambda name, weeks: Alone() if name == MEDIAN else make(name, weeks=weeks),
    )
    found = dict(blocks(readings, AXIS))
    assert set(backups.ask_baselines(task, found)) == {"c"}
    assert task.run(readings).equals(expected)
    assert expected["outcome"].to_list() == ["trained"] * 3
