"""Recent readings give what the whole history would give, to the bit."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelfleet.domain.features import build_design, look_back
from modelfleet.domain.forecasters import LinearModel
from modelfleet.domain.grid import Grid
from modelfleet.domain.parameters.recipes import FeatureParameters, RecipeParameters
from modelfleet.domain.series import SeasonalMean, Series, seasonal_mean
from modelfleet.domain.weekly_sums import WeeklySums
from modelfleet.domain.windows import exclusion_mask
from modelfleet.fleet.axis import Axis
from tests.fleet.serving.releases import FIRST, WEEK, Made, make_release, readings_of
from tests.fleet.tasks.test_tasks import noise

SPEC = FeatureParameters(
    lags=(24, 48, 144), weeks=(1, 2, 3, 4), weeks_median=True, seasonal_mean=True,
    levels=(24, 168), deviations=(24, 168), daily_harmonics=2, weekly_harmonics=1, weekend=True,
)  # fmt: skip


def holed(name: str, length: int, *holes: tuple[int, int]) -> np.ndarray:
    """Noise without some stretches, counted from the end."""
    values = noise(name, length)
    for begin, end in holes:
        values[length - begin : length - end] = np.nan
    return values


def fleet(weeks: int) -> dict[str, np.ndarray]:
    """Series with every kind of trouble."""
    n = weeks * WEEK
    return {
        "whole": noise("whole", n),
        "short gap": holed("short gap", n, (30, 28)),
        "day lost": holed("day lost", n, (48, 24)),
        "last hours lost": holed("last hours lost", n, (9, 0)),
        "weeks lost": holed("weeks lost", n, (4 * WEEK, 3 * WEEK), (2 * WEEK, 2 * WEEK - 40)),
        "excluded": noise("excluded", n),
        "young": noise("young", (weeks - 1) * WEEK)[-9 * WEEK + 5 :],
        "sparse": np.where(np.random.default_rng(1).random(n) < 0.2, np.nan, noise("sparse", n)),
    }


def from_whole_history(made: Made, sensor_id: str, series: np.ndarray, axis: Axis) -> np.ndarray:
    """What training's code forecasts one horizon after a series that ends with the axis."""
    row = made.table("models").row(by_predicate=pl.col("sensor_id") == sensor_id, named=True)
    known = series[np.argmax(np.isfinite(series)) :]
    values = np.append(known, np.full(24, np.nan))
    first = axis.stop - len(known)
    mask = exclusion_mask(len(values), first=first, periods=made.excluded.get(sensor_id, ()))
    design = build_design(
        Series(first, values, mask),
        axis.calendar(first, len(values)),
        RecipeParameters.model_validate_json(row["specification"]).features,
        horizon=24,
    )
    model = LinearModel(np.array(row["coefficients"]), row["intercept"])
    return np.where(design.usable, model.predict(design.columns), np.nan)[-24:]


def told(forecasts: pl.DataFrame, sensor_id: str) -> np.ndarray:
    """What a sensor's model forecasts; NaN where something else is served."""
    rows = forecasts.filter(pl.col("sensor_id") == sensor_id)
    value = pl.when(pl.col("source") == "model").then("value")
    return rows.select(value.alias("value"))["value"].fill_null(float("nan")).to_numpy()


def check(made: Made, series: Mapping[str, np.ndarray], axis: Axis, *, reason: str | None) -> None:
    """Forecast from recent readings, and compare with the whole history."""
    forecaster = made.forecaster
    recent = readings_of(series, axis).filter(pl.col("timestamp") >= forecaster.readings_from)
    forecasts = forecaster.predict(recent, at=axis.time(axis.stop))
    assert forecasts.height == 24 * len(series)
    spoken = 0
    for sensor_id, values in series.items():
        expected = from_whole_history(made, sensor_id, values, axis)
        np.testing.assert_array_equal(told(forecasts, sensor_id), expected, sensor_id)
        spoken += np.isfinite(expected).sum()
    assert spoken > 5 * 24
    assert set(forecasts["reason"].drop_nulls()) <= {reason}


@pytest.mark.parametrize(
    ("zone", "weeks"),
    [("UTC", 24), ("Europe/Rome", 14), ("Europe/Rome", 45), ("Australia/Lord_Howe", 15)],
)
def test_recent_readings_are_as_good_as_the_whole_history(zone: str, weeks: int) -> None:
    """Through gaps, exclusions and both changes of the clocks, right after the run."""
    stop = FIRST + weeks * WEEK
    periods = (
        (FIRST + 900, FIRST + 950),
        (stop - 4 * WEEK - 300, stop - 4 * WEEK),
        (stop - 90, stop),
    )
    made = make_release(fleet(weeks), zone=zone, weeks=weeks, excluded={"excluded": periods})
    check(made, made.series, made.axis, reason="features_missing")


@pytest.mark.parametrize("hours", [1, 37, 9 * 24, 5 * WEEK + 11])
def test_later_origins_are_too(hours: int) -> None:
    """Readings since ``readings_from`` bring the release's sums up to date."""
    weeks, n = 14, 14 * WEEK
    longer = {name: values for name, values in fleet(weeks + 6).items() if name != "young"}
    stop = FIRST + n
    made = make_release(
        {name: values[:n] for name, values in longer.items()},
        zone="Europe/Rome", weeks=weeks, excluded={"excluded": ((stop - 200, stop - 20),)},
    )  # fmt: skip
    axis = Axis(60, "Europe/Rome", FIRST, stop + hours)
    series = {name: values[: n + hours] for name, values in longer.items()}
    check(made, series, axis, reason="features_missing")


@pytest.mark.parametrize("hour", range(0, 30, 7))
def test_the_night_in_which_the_clocks_change(hour: int) -> None:
    """Every forecast of the days around it is that of the whole history."""
    weeks = 11  # until 19 March
    origin = datetime(2018, 3, 24, tzinfo=UTC) + timedelta(hours=hour)
    axis = Axis(60, "Europe/Rome", FIRST, int(origin.timestamp()) // 3600)
    longer = {
        name: noise(name, axis.stop - FIRST)
        for name in ("a", "bb", "ccc", "dddd", "eeeee", "f" * 6)
    }
    made = make_release(
        {name: values[: weeks * WEEK] for name, values in longer.items()},
        zone="Europe/Rome", weeks=weeks,
    )  # fmt: skip
    check(made, longer, axis, reason=None)


def test_weeks_that_are_not_handed_in_count_as_not_read() -> None:
    """With less than asked for, forecasts are those of a history without the missing weeks."""
    weeks, later = 14, 14 * WEEK + 6 * WEEK
    values = noise("a", later)
    made = make_release({"a": values[: weeks * WEEK]}, weeks=weeks)
    axis = Axis(60, "UTC", FIRST, FIRST + later)
    forecaster = made.forecaster
    recent = readings_of({"a": values}, axis).filter(
        pl.col("timestamp") >= axis.time(axis.stop) - forecaster.history
    )
    gap = values.copy()
    gap[forecaster.content.begin - FIRST : -5 * WEEK] = np.nan
    np.testing.assert_array_equal(
        told(forecaster.predict(recent), "a"), from_whole_history(made, "a", gap, axis)
    )


def test_excluded_periods_may_be_added_when_forecasting() -> None:
    """A burst that was found since the run: no pattern is learned from it."""
    n = 14 * WEEK
    values = noise("a", n + WEEK)
    period = ((FIRST + n + 10, FIRST + n + 60),)
    made = make_release({"a": values[:n]}, weeks=14)
    axis = Axis(60, "UTC", FIRST, FIRST + n + WEEK)
    recent = readings_of({"a": values}, axis)
    plain = made.forecaster.predict(recent)
    without = made.forecaster.predict(recent, excluded={"a": period})
    made.excluded = {"a": period}
    np.testing.assert_array_equal(told(without, "a"), from_whole_history(made, "a", values, axis))
    assert not without.equals(plain)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    holes=st.floats(0, 0.9),
    zone=st.sampled_from(["UTC", "Europe/Rome"]),
    back=st.integers(0, 3000),
)
def test_a_design_may_begin_anywhere_before_its_look_back(
    seed: int, holes: float, zone: str, back: int
) -> None:
    """Cut a series, keep sums of what was cut off, and the last rows are the same to the bit."""
    random = np.random.default_rng(seed)
    n = 6000 + 24
    values = random.normal(size=n)
    values[random.random(n) < holes] = np.nan
    values[-24:] = np.nan
    excluded = np.repeat(random.random(n // 24) < 0.1, 24)
    axis = Axis(60, zone, FIRST, FIRST + n)
    calendar = axis.calendar(FIRST, n)
    whole = build_design(Series(FIRST, values, excluded), calendar, SPEC, horizon=24)

    cut = n - 24 - look_back(SPEC, Grid(60), horizon=24) - back
    known = np.where(excluded, np.nan, values)
    sums = WeeklySums.nothing(WEEK).add(known[: cut // 2], calendar.slot[: cut // 2])
    sums = sums.add(known[cut // 2 : cut], calendar.slot[cut // 2 : cut])
    part = Series(FIRST + cut, values[cut:], excluded[cut:])
    window = axis.calendar(FIRST + cut, n - cut)
    seasonal: SeasonalMean = seasonal_mean(part.learnable_values, window, horizon=24, before=sums)
    design = build_design(part, window, SPEC, horizon=24, seasonal=seasonal)
    np.testing.assert_array_equal(design.values[-24:], whole.values[-24:])
    np.testing.assert_array_equal(design.usable[-24:], whole.usable[-24:])
    np.testing.assert_array_equal(seasonal.final, whole.seasonal.final)
