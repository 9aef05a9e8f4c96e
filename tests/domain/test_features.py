"""What a model may know one horizon before each step."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.features import Covariates, build_design, feature_names
from modelfleet.domain.grid import Calendar, Grid
from modelfleet.domain.parameters.recipes import FeatureParameters
from modelfleet.domain.series import Series, seasonal_mean
from tests.strategies import WEEK, changes, make_calendar, make_series, same_bits, sensors

HORIZON = 24
EVERYTHING = FeatureParameters(
    lags=(24, 25, 48),
    weeks=(1, 2),
    weeks_median=True,
    seasonal_mean=True,
    levels=(24, 168),
    deviations=(24,),
    daily_harmonics=2,
    weekly_harmonics=1,
    weekend=True,
    covariates=("rain",),
)


def rain(length, *, first=0, seed=9):
    """An hourly companion of the fleet."""
    values = np.random.default_rng(seed).gamma(1.0, size=(length, 1))
    return Covariates(first, ("rain",), values)


def columns(spec, calendar, series, **options):
    """The design matrix by column name."""
    design = build_design(series, calendar, spec, horizon=HORIZON, **options)
    return design, dict(zip(design.names, design.values.T, strict=True))


def test_every_column_has_its_name():
    """A coefficient can be traced to what it weighs."""
    calendar = make_calendar(4 * WEEK)
    design, _ = columns(EVERYTHING, calendar, make_series(calendar), covariates=rain(4 * WEEK))
    assert design.names == feature_names(EVERYTHING)
    assert design.names == (
        *("lag_24", "lag_25", "lag_48", "week_1", "week_2", "weeks_median", "seasonal_mean"),
        *("level_24", "level_168", "deviation_24"),
        *("sin_day_1", "cos_day_1", "sin_day_2", "cos_day_2", "sin_week_1", "cos_week_1"),
        *("weekend", "covariate_rain"),
    )
    assert design.values.shape == (4 * WEEK, len(design.names))


def test_columns_hold_what_their_names_say():
    """Each feature of one row, recomputed by hand."""
    calendar = make_calendar(6 * WEEK, spring=700)
    series = make_series(calendar)
    weather = rain(6 * WEEK)
    design, column = columns(EVERYTHING, calendar, series, covariates=weather)
    here, values = 5 * WEEK + 7, series.values
    known = seasonal_mean(values, calendar, horizon=HORIZON).known
    back = [calendar.weeks_back(1)[here], calendar.weeks_back(2)[here]]
    local = calendar.slot[here]
    recent = slice(here - HORIZON - 23, here - HORIZON + 1)
    expected = {
        "lag_24": values[here - 24],
        "lag_25": values[here - 25],
        "lag_48": values[here - 48],
        "week_1": values[back[0]],
        "week_2": values[back[1]],
        "weeks_median": values[back].mean(),
        "seasonal_mean": known[here],
        "level_24": values[recent].mean(),
        "level_168": values[here - HORIZON - 167 : here - HORIZON + 1].mean(),
        "deviation_24": (values - known)[recent].mean(),
        "sin_day_1": np.sin(2 * np.pi * local / 24),
        "cos_day_1": np.cos(2 * np.pi * local / 24),
        "sin_day_2": np.sin(4 * np.pi * local / 24),
        "cos_day_2": np.cos(4 * np.pi * local / 24),
        "sin_week_1": np.sin(2 * np.pi * local / 168),
        "cos_week_1": np.cos(2 * np.pi * local / 168),
        "weekend": float(local >= 5 * 24),
        "covariate_rain": weather.values[here - HORIZON, 0],
    }
    assert back == [here - WEEK + 1, here - 2 * WEEK + 1]
    assert {name: found[here] for name, found in column.items()} == pytest.approx(expected)
    assert design.usable[here]


def test_a_row_is_usable_once_all_its_features_are_known():
    """The first rows of a sensor lack its past."""
    calendar = make_calendar(4 * WEEK)
    design, _ = columns(
        FeatureParameters(lags=(24,), weeks=(1, 2)), calendar, make_series(calendar)
    )
    assert design.usable.tolist() == [step >= 2 * WEEK for step in range(4 * WEEK)]


def test_a_level_needs_half_of_its_values():
    """A mean of too few values is no level."""
    calendar = make_calendar(3 * WEEK)
    spec = FeatureParameters(levels=(4,), carry_steps=0)
    series = make_series(calendar)
    values = np.full(len(calendar), np.nan)
    values[[100, 101, 103, 200]] = [1.0, 2.0, 6.0, 9.0]
    _, column = columns(spec, calendar, replace(series, values=values))
    level = column["level_4"]
    assert level[103 + HORIZON] == pytest.approx(3.0)
    assert level[104 + HORIZON] == pytest.approx(4.0)
    assert np.isnan(level[[105 + HORIZON, 200 + HORIZON, 10]]).all()


def test_a_short_gap_holds_the_last_value_and_is_counted():
    """Up to ``carry_steps`` steps are carried; the count says how many."""
    calendar = make_calendar(3 * WEEK)
    series = make_series(calendar)
    values = series.values.copy()
    values[400:402] = np.nan
    values[420:430] = np.nan
    spec = FeatureParameters(lags=(24,), carry_steps=3)
    design, column = columns(spec, calendar, replace(series, values=values))
    assert (column["lag_24"][[424, 425, 444, 446]] == values[[399, 399, 419, 419]]).all()
    assert design.carried == 2 + 3


def test_the_weekly_pattern_stands_in_for_a_long_gap():
    """It is the pattern as it was known then; rows that rest on it too much are not usable."""
    calendar = make_calendar(5 * WEEK)
    series = make_series(calendar)
    values = series.values.copy()
    gap = slice(3 * WEEK, 3 * WEEK + 30)
    values[gap] = np.nan
    spec = FeatureParameters(lags=(24, 48, 72), carry_steps=0, max_missing_share=0.5)
    sparse = replace(series, values=values)
    design, column = columns(spec, calendar, sparse)
    here = gap.start + 24
    assert column["lag_24"][here] == design.seasonal.known[here - 24]
    assert design.usable[here]  # one of its three lags is missing
    assert not design.usable[here + 24]  # two of three
    pair, _ = columns(spec.model_copy(update={"lags": (24, 72)}), calendar, sparse)
    assert pair.usable[here]  # one of two is just enough
    strict, _ = columns(spec.model_copy(update={"max_missing_share": 0.0}), calendar, sparse)
    assert not strict.usable[here]


def test_excluded_steps_do_not_shape_the_weekly_pattern():
    """A burst stays out of the mean that later forecasts lean on."""
    calendar = make_calendar(4 * WEEK)
    series = make_series(calendar)
    excluded = series.excluded.copy()
    excluded[100:110] = True
    values = series.values.copy()
    values[100:110] = 1e6
    spec = FeatureParameters(seasonal_mean=True)
    burst, _ = columns(spec, calendar, Series(0, values, excluded))
    quiet, _ = columns(spec, calendar, Series(0, series.values, excluded))
    assert same_bits(burst.values, quiet.values)


def test_covariates_are_carried_over_their_own_gaps():
    """Yesterday's weather stands in for a missing hour, up to its own limit."""
    calendar = make_calendar(2 * WEEK)
    weather = rain(2 * WEEK)
    weather.values[50:53] = np.nan
    spec = FeatureParameters(lags=(24,), covariates=("rain",), covariate_carry_steps=2)
    _, column = columns(spec, calendar, make_series(calendar), covariates=weather)
    found = column["covariate_rain"][50 + HORIZON : 54 + HORIZON]
    held, fresh = weather.values[49, 0], weather.values[53, 0]
    np.testing.assert_array_equal(found, [held, held, np.nan, fresh])


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (100, [1, 2, 3]),
        (99, [np.nan, 1, 2]),
        (102, [3, np.nan, np.nan]),
        (50, [np.nan] * 3),
        (200, [np.nan] * 3),
    ],
)
def test_covariates_are_aligned_on_the_grid(first, expected):
    """Companions and sensors need not begin or end together."""
    weather = Covariates(100, ("other", "rain"), np.array([[7.0, 1], [8.0, 2], [9.0, 3]]))
    np.testing.assert_array_equal(weather.column("rain", first=first, length=3), expected)


@pytest.mark.parametrize("covariates", [None, Covariates(0, ("wind",), np.zeros((3, 1)))])
def test_an_unknown_covariate_is_an_error(covariates):
    """A feature without data is not silently left out."""
    calendar = make_calendar(WEEK)
    with pytest.raises(ValueError, match="no covariate 'rain'"):
        columns(EVERYTHING, calendar, make_series(calendar), covariates=covariates)


@given(sensor=sensors(weeks=5), other=changes(5 * WEEK), start=st.integers(0, 5 * WEEK - 1))
def test_no_feature_looks_ahead(sensor, other, start):
    """Readings, events and weather from a step on change no row until a horizon later."""
    calendar, series = sensor
    later = np.arange(len(calendar)) >= start
    changed = Series(
        series.first,
        np.where(later, other, series.values),
        series.excluded ^ (later & (other > 0)),
    )
    weather = rain(5 * WEEK, first=series.first)
    storm = replace(weather, values=np.where(later[:, None], other[:, None], weather.values))
    before, _ = columns(EVERYTHING, calendar, series, covariates=weather)
    after, _ = columns(EVERYTHING, calendar, changed, covariates=storm)
    rows = slice(0, start + HORIZON)
    assert same_bits(before.values[rows], after.values[rows])
    assert same_bits(before.usable[rows], after.usable[rows])


@given(sensor=sensors(weeks=5), end=st.integers(2 * WEEK, 5 * WEEK - HORIZON))
def test_serving_builds_the_rows_of_training(sensor, end):
    """A day of missing values appended to what is known gives the rows that training sees later."""
    calendar, series = sensor
    stop = end + HORIZON
    known = Series(
        series.first,
        np.concatenate([series.values[:end], np.full(HORIZON, np.nan)]),
        np.concatenate([series.excluded[:end], np.zeros(HORIZON, dtype=bool)]),
    )
    weather = rain(5 * WEEK, first=series.first)
    training, _ = columns(EVERYTHING, calendar, series, covariates=weather)
    part = calendar.window(series.first, stop)
    serving, _ = columns(EVERYTHING, part, known, covariates=weather)
    assert same_bits(serving.values[end:], training.values[end:stop])
    assert same_bits(serving.usable[end:], training.usable[end:stop])


def test_an_early_outlier_does_not_blur_later_levels():
    """A level is the mean of its own span, however large a value before it was."""
    calendar = make_calendar(4 * WEEK)
    series = make_series(calendar)
    values = series.values.copy()
    values[10] = 1e17
    spec = FeatureParameters(levels=(24,))
    _, clean = columns(spec, calendar, series)
    _, spiked = columns(spec, calendar, replace(series, values=values))
    np.testing.assert_allclose(spiked["level_24"][200:], clean["level_24"][200:], rtol=1e-6)


def test_harmonics_beyond_the_grid_are_not_noise():
    """On a daily grid the local day has no shape: a column is constant, or it means something."""
    daily = Grid(1440)
    calendar = Calendar(daily, 0, np.arange(28) % 7, np.zeros(28, dtype=np.int64))
    series = Series(0, np.arange(28.0), np.zeros(28, dtype=bool))
    spec = FeatureParameters(lags=(1,), daily_harmonics=2, weekly_harmonics=1)
    design = build_design(series, calendar, spec, horizon=1)
    spread = np.ptp(design.values[1:], axis=0)
    assert ((spread == 0) | (spread > 1e-6)).all()


def test_a_sensor_without_a_step_has_an_empty_design():
    """Nothing read, nothing built, no error."""
    spec = FeatureParameters(seasonal_mean=True)
    empty = Series(0, np.empty(0), np.empty(0, dtype=bool))
    design, _ = columns(spec, make_calendar(0), empty)
    assert design.values.shape == (0, 1)


def test_a_design_is_the_same_wherever_it_is_built():
    """In memory of its own, or where another sensor's design lay before."""
    calendar = make_calendar(5 * WEEK, spring=400)
    buffer = np.full((40, 6 * WEEK), 7.0)
    weather = rain(5 * WEEK)
    own, _ = columns(EVERYTHING, calendar, make_series(calendar), covariates=weather)
    shared, _ = columns(
        EVERYTHING, calendar, make_series(calendar), covariates=weather, buffer=buffer
    )
    assert np.shares_memory(shared.columns.laid, buffer)
    assert same_bits(own.values, shared.values)
    assert same_bits(own.usable, shared.usable)


@given(sensor=sensors(weeks=5))
def test_clocks_that_change_after_the_end_change_nothing(sensor):
    """Weeks back are read in one piece where no clock changes, hour by hour where one does."""
    calendar, series = sensor
    steady = make_calendar(5 * WEEK, first=calendar.first)
    changing = make_calendar(5 * WEEK, first=calendar.first, spring=5 * WEEK - 1)
    assert steady.is_steady
    assert not changing.is_steady
    weather = rain(5 * WEEK, first=series.first)
    one, _ = columns(EVERYTHING, steady, series, covariates=weather)
    other, _ = columns(EVERYTHING, changing, series, covariates=weather)
    assert same_bits(one.values[:-1], other.values[:-1])
    assert same_bits(one.usable[:-1], other.usable[:-1])


@given(sensors(weeks=4), st.lists(st.integers(2, 200), min_size=1, max_size=3, unique=True))
def test_a_level_is_the_mean_of_its_known_values(sensor, spans):
    """Whatever spans are asked for, however they divide each other, and wherever gaps lie."""
    calendar, series = sensor
    spec = replace_spec(levels=tuple(spans))
    design, found = columns(spec, calendar, series)
    filled = found["lag_24"]  # what the levels are made of, one horizon back
    for span in spans:
        known = np.isfinite(filled)
        for row in range(HORIZON, len(filled), 97):
            part = filled[max(row - span + 1, HORIZON) : row + 1]
            count = known[max(row - span + 1, HORIZON) : row + 1].sum()
            mean = np.nanmean(part) if 2 * count >= span else np.nan
            np.testing.assert_allclose(found[f"level_{span}"][row], mean, rtol=1e-9, atol=1e-9)
    assert len(design.values) == len(calendar)


def replace_spec(**changed):
    """A small recipe with some features changed."""
    return FeatureParameters(
        **{
            "lags": (24,),
            "weeks": (),
            "weeks_median": False,
            "seasonal_mean": False,
            "levels": (),
            "deviations": (),
            "daily_harmonics": 0,
            "weekly_harmonics": 0,
            "weekend": False,
            "covariates": (),
            **changed,
        }
    )
