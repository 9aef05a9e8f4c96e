"""Readings as people hand them in: what is refused, what is left out and told, what is mended."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pytest

from modelfleet.domain.errors import DataError, SchemaError
from tests.fleet.serving.releases import WEEK, Made, make_release
from tests.fleet.tasks.test_tasks import noise

N = 14 * WEEK
LIMITS = {"low": {"lower_limit": -50.0, "upper_limit": 50.0}}


@pytest.fixture(scope="module")
def made() -> Made:
    """Three sensors on models, one of them with physical limits."""
    return make_release(
        {"007": noise("007", N), "low": noise("low", N), "é": noise("e", N)},
        weeks=14,
        metadata=LIMITS,
    )


@pytest.fixture(scope="module")
def usual(made: Made) -> pl.DataFrame:
    """What sound readings give."""
    return made.forecaster.predict(made.readings())


def naive(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("timestamp").dt.replace_time_zone(None))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop("value"), "no column 'value'"),
        (lambda f: f.rename({"sensor_id": "sensor"}), "no column 'sensor_id', but 'sensor'"),
        (naive, "name no time zone"),
        (lambda f: naive(f).to_pandas(), "name no time zone"),
        (lambda f: f.with_columns(pl.col("timestamp").dt.strftime("%F %R")), "name no time zone"),
        (lambda f: f.with_columns(pl.col("timestamp").dt.epoch("s")), "timestamp is Int64"),
        (lambda f: f.with_columns(pl.col("timestamp").dt.date()), "timestamp is Date"),
        (lambda f: f.with_columns(sensor_id=pl.lit(7)), "ids are text"),
        (lambda f: f.with_columns(value=pl.lit(value=True)), "give numbers"),
        (lambda f: f.to_dicts(), "give a Polars or pandas frame"),
    ],
)  # fmt: skip
def test_what_makes_all_readings_doubtful_is_refused(
    made: Made, change: Callable[[pl.DataFrame], Any], words: str
) -> None:
    """Before anything is forecast, with the column, what stands there, and the remedy."""
    with pytest.raises(SchemaError, match=words):
        made.forecaster.predict(change(made.readings()))


def test_mixed_kinds_in_a_pandas_column_are_refused(made: Made) -> None:
    """Times with and without a zone, and ids of two kinds."""
    table = made.readings().head(4).to_pandas()
    times = table["timestamp"].astype(object)
    times[0] = pd.Timestamp("2018-01-01")
    with pytest.raises(DataError):
        made.forecaster.predict(table.assign(timestamp=times))
    with pytest.raises(SchemaError, match="mixes kinds"):
        made.forecaster.predict(table.assign(sensor_id=pd.Series([7, "7", "a", "b"], dtype=object)))


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.to_pandas(),
        lambda f: f.lazy(),
        lambda f: f.reverse(),
        lambda f: f.sample(fraction=1.0, shuffle=True, seed=1),
        lambda f: pl.concat([f, f.tail(500)]),
        lambda f: f.with_columns(pl.col("timestamp").dt.convert_time_zone("Asia/Tokyo")),
        lambda f: f.with_columns(pl.col("timestamp").dt.cast_time_unit("ms")),
        lambda f: f.with_columns(pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%SZ")),
        lambda f: f.with_columns(pl.col("timestamp").dt.strftime("%Y-%m-%d %H:%M:%S+00:00")),
        lambda f: f.with_columns(pl.col("value").cast(pl.String)),
        lambda f: f.select("value", "timestamp", "sensor_id", unit=pl.lit("m")),
        lambda f: f.with_columns(pl.col("sensor_id").str.normalize("NFD")),
        lambda f: f.with_columns(pl.col("sensor_id").cast(pl.Categorical)),
        lambda f: pl.concat([f, f.head(9).with_columns(value=pl.lit(None, dtype=pl.Float64))]),
        lambda f: pl.concat([f, f.head(9).with_columns(value=pl.lit(float("nan")))]),
        lambda f: pl.concat([f, f.head(3).with_columns(sensor_id=pl.lit(None, dtype=pl.String))]),
    ],
)
def test_what_has_one_meaning_is_understood(
    made: Made, usual: pl.DataFrame, change: Callable[[pl.DataFrame], Any]
) -> None:
    """Any order, zone, unit, frame or writing: the same forecasts to the bit."""
    assert made.forecaster.predict(change(made.readings())).equals(usual)


def replaced(frame: pl.DataFrame, sensor_id: str, value: Any, last: int = 3) -> pl.DataFrame:
    """The last readings of a sensor replaced."""
    theirs = pl.col("sensor_id") == sensor_id
    place = pl.int_range(pl.len()).over("sensor_id") >= pl.len().over("sensor_id") - last
    return frame.with_columns(value=pl.when(theirs & place).then(value).otherwise("value"))


def doubled(frame: pl.DataFrame) -> pl.DataFrame:
    """The last three readings of ``low`` once more, with another value."""
    again = frame.filter(pl.col("sensor_id") == "low").tail(3)
    return pl.concat([frame, again.with_columns(value=pl.col("value") + 1)])


def between(frame: pl.DataFrame) -> pl.DataFrame:
    """The last three readings of ``low`` a minute late."""
    theirs = pl.col("sensor_id") == "low"
    late = pl.int_range(pl.len()).over("sensor_id") >= pl.len().over("sensor_id") - 3
    moved = pl.col("timestamp").dt.offset_by("1m")
    return frame.with_columns(timestamp=pl.when(theirs & late).then(moved).otherwise("timestamp"))


def unreadable(frame: pl.DataFrame) -> pl.DataFrame:
    text = frame.with_columns(pl.col("value").cast(pl.String))
    return replaced(text, "low", pl.lit("1,5"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: replaced(f, "low", pl.lit(float("inf"))), "3 not_finite"),
        (lambda f: replaced(f, "low", pl.lit(-51.0)), "3 below_lower_limit"),
        (lambda f: replaced(f, "low", pl.lit(1e300)), "3 above_upper_limit"),
        (unreadable, "3 unreadable_value"),
        (between, "3 off_grid"),
        (doubled, "6 conflicting_values"),
    ],
)
def test_a_bad_reading_is_left_out_and_told(
    made: Made, usual: pl.DataFrame, change: Callable[[pl.DataFrame], pl.DataFrame], words: str
) -> None:
    """Its sensor is forecast as if it had not been read; nobody else notices."""
    forecasts = made.forecaster.predict(change(made.readings()))
    theirs = pl.col("sensor_id") == "low"
    assert forecasts.filter(theirs)["error"].unique().to_list() == [f"readings left out: {words}"]
    without = made.forecaster.predict(
        replaced(made.readings(), "low", None), at=usual["timestamp"].min()
    )
    assert forecasts.drop("error").equals(without.drop("error"))
    assert forecasts.filter(~theirs).equals(usual.filter(~theirs))


def test_enormous_numbers_stay_with_their_sensor(made: Made, usual: pl.DataFrame) -> None:
    """What overflows is no feature, so the backup serves."""
    forecasts = made.forecaster.predict(replaced(made.readings(), "007", pl.lit(1.7e308), last=400))
    theirs = forecasts.filter(pl.col("sensor_id") == "007")
    assert theirs["reason"].unique().to_list() == ["features_missing"]
    assert forecasts.filter(pl.col("sensor_id") != "007").equals(
        usual.filter(pl.col("sensor_id") != "007")
    )


def test_no_readings_at_all_leave_the_patterns(made: Made) -> None:
    """Of every sensor, for the day after the release's end."""
    forecasts = made.forecaster.predict(made.readings().head(0))
    assert forecasts["reason"].unique().to_list() == ["no_recent_readings"]
    assert forecasts["value"].null_count() == 0
