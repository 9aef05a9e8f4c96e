"""Forecasts of past origins: as they would have been made, and nothing later leaks into them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelfleet.domain.errors import DataError, SchemaError
from modelfleet.domain.features import Covariates
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.serving import (
    FORECAST_SCHEMA,
    backfill,
    backfill_needs_from,
    in_sample,
    stretches,
)
from tests.fleet.serving.releases import FIRST, WEEK, Made, make_release, readings_of
from tests.fleet.serving.test_predict import boosted
from tests.fleet.serving.test_same_features import fleet
from tests.fleet.tasks.test_tasks import noise

WEEKS, LATER = 14, 8
STOP = FIRST + WEEKS * WEEK
ZONE = "Europe/Rome"
RULES = {
    "rate_of_change": [{"name": "no_leap", "max_change": 2.5}],
    "cohort_sum": [{"name": "adds_up", "cohorts": ["c"], "low": 10.0}],
}
EXCLUDED = {"excluded": ((FIRST + 300, FIRST + 400), (STOP - 200, STOP - 20))}


def every(weeks: int) -> dict[str, np.ndarray]:
    """Sensors that a run of so many weeks knows."""
    return {name: values for name, values in fleet(weeks).items() if name != "young"}


@pytest.fixture(scope="module")
def longer() -> dict[str, np.ndarray]:
    """Until weeks after the release."""
    return every(WEEKS + LATER)


def release(longer: dict[str, np.ndarray], weeks: int, **more: Any) -> Made:
    """One that knows the first weeks, with everything that can serve."""
    return make_release(
        {name: values[: weeks * WEEK] for name, values in longer.items()},
        zone=ZONE, weeks=weeks, excluded=EXCLUDED, rules=RULES, unheard=("never",),
        serves={"whole": "baseline", "short gap": "retired", "never": "none"}, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(longer: dict[str, np.ndarray]) -> Made:
    """A release with limits of readings."""
    return release(longer, WEEKS, metadata={"day lost": {"lower_limit": 8.2}})


@pytest.fixture(scope="module")
def readings(longer: dict[str, np.ndarray]) -> pl.DataFrame:
    """All of them, until weeks after the release, with what people make wrong."""
    frame = readings_of(longer, Axis(60, ZONE, FIRST, STOP + LATER * WEEK))
    minute = timedelta(minutes=7)
    twice = frame.filter(pl.col("sensor_id") == "whole").gather_every(97)
    between = frame.filter(pl.col("sensor_id") == "sparse").gather_every(211)
    stranger = frame.filter(pl.col("sensor_id") == "whole").gather_every(50)
    return pl.concat(
        [
            frame,
            twice.with_columns(pl.col("value") + 1),
            between.with_columns(pl.col("timestamp") + minute),
            stranger.with_columns(sensor_id=pl.lit("stranger")),
        ]
    )


def at(step: int) -> datetime:
    """The time of a step, counted from the release's end."""
    return datetime.fromtimestamp((STOP + step) * 3600, tz=UTC)


def known_at(readings: pl.DataFrame, origin: datetime) -> pl.DataFrame:
    """What had been read by then."""
    return readings.filter(pl.col("timestamp") < origin)


def by_origin(found: Iterator[tuple[datetime, pl.DataFrame]]) -> dict[datetime, pl.DataFrame]:
    """All at once; in the order of time, each once, in the promised columns."""
    pairs = list(found)
    assert all(one < other for (one, _), (other, _) in pairwise(pairs))
    for origin, frame in pairs:
        assert frame.schema == FORECAST_SCHEMA
        assert frame.equals(frame.sort("sensor_id", "timestamp"))
        assert frame["timestamp"].min() == origin
    return dict(pairs)


def test_from_the_end_of_the_release_on_it_says_what_predict_says(
    made: Made, readings: pl.DataFrame
) -> None:
    """To the bit and to the word: intervals, reasons, left-out readings and unknown sensors."""
    forecaster = made.forecaster
    origins = [at(step) for step in (0, 1, 24, 25, 11 * 24, 37 * 24 + 3, 38 * 24, 7 * WEEK)]
    recent = readings.filter(pl.col("timestamp") >= forecaster.readings_from)
    for frame in (readings, recent):
        found = by_origin(backfill(forecaster, frame, origins=origins, excluded=EXCLUDED))
        assert list(found) == origins
        for origin, rows in found.items():
            known = known_at(recent, origin)
            assert rows.equals(forecaster.predict(known, at=origin, excluded=EXCLUDED))
    assert set(rows["source"]) == {"model", "baseline", "none"}
    assert {"unknown_sensor", "retired_by_owner", "no_data"} <= set(rows["reason"])
    words = " ".join(rows["error"].drop_nulls())
    for code in ("conflicting_values", "off_grid", "below_lower_limit"):
        assert code in words


def test_before_it_it_says_what_a_release_of_that_time_would_have_said(
    longer: dict[str, np.ndarray],
) -> None:
    """With its models: of what the later release has learned since, nothing remains."""
    early, late = release(longer, WEEKS - 3), release(longer, WEEKS)
    # Which baseline is a sensor's own is part of what was learned.
    names = early.table("baselines").select("sensor_id", "baseline")
    late = late.with_table("models", lambda _: early.table("models")).with_table(
        "baselines", lambda table: table.drop("baseline").join(names, on="sensor_id")
    )
    readings = readings_of(longer, Axis(60, ZONE, FIRST, STOP + LATER * WEEK))
    origin = at(-3 * WEEK)
    found = backfill(late.forecaster, readings, origins=[origin], excluded=EXCLUDED)
    rows = by_origin(found)[origin]
    expected = early.forecaster.predict(known_at(readings, origin), at=origin)
    on_model = pl.col("source") == "model"
    assert rows.filter(on_model).height >= 4 * 24
    told = ("sensor_id", "timestamp", "value", "source", "recipe", "reason", "error")
    assert rows.select(told).equals(expected.select(told))
    assert rows.filter(on_model).drop("release").equals(expected.filter(on_model).drop("release"))


@settings(max_examples=30, deadline=None)
@given(
    back=st.integers(-30 * 24, 30 * 24),
    changes=st.lists(
        st.tuples(
            st.sampled_from(
                ["excluded", "sparse", "whole", "short gap", "stranger", "new", "never"]
            ),
            st.integers(0, 40 * 24),
            st.sampled_from([0, 7]),
            st.sampled_from([None, 0.0, -9.0, 1e308, float("inf"), float("nan"), 11.5]),
        ),
        max_size=8,
    ),
    cut=st.booleans(),
    others=st.lists(st.integers(-50 * 24, 50 * 24), max_size=3),
)
def test_nothing_later_changes_a_forecast(
    made: Made,
    readings: pl.DataFrame,
    back: int,
    changes: list[tuple[str, int, int, float | None]],
    cut: bool,
    others: list[int],
) -> None:
    """Not a bit, not a word, whatever is read from the origin on, and whatever else is asked."""
    origin = at(-back)
    alone = backfill(made.forecaster, known_at(readings, origin), origins=[origin])
    expected = by_origin(alone)[origin]
    later = pl.DataFrame(
        [(who, at(-back + step) + timedelta(minutes=m), value) for who, step, m, value in changes],
        schema=readings.schema,
        orient="row",
    )
    changed = pl.concat([known_at(readings, origin) if cut else readings, later])
    origins = [origin, *(at(step) for step in others)]
    found = by_origin(backfill(made.forecaster, changed, origins=origins))
    assert found[origin].equals(expected)


def test_each_origin_is_forecast_as_if_it_were_the_only_one(
    made: Made, readings: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after the end, hours and months apart, however readings and windows are cut."""
    steps = [*range(-7, 3), -90 * 24, -50 * 24, -49 * 24 - 5, -20 * 24, 10 * 24, 51 * 24]
    origins = [at(step) for step in steps]
    forecaster = made.forecaster
    together = by_origin(backfill(forecaster, readings, origins=origins, excluded=EXCLUDED))
    assert sorted(origins) == list(together)
    monkeypatch.setattr(stretches, "TOGETHER", 1)
    monkeypatch.setattr(stretches, "ORIGINS", 3)
    scanned = backfill(forecaster, readings.lazy(), origins=origins, excluded=EXCLUDED)
    for origin, rows in by_origin(scanned).items():
        assert rows.equals(together[origin])
    for step in (-49 * 24 - 5, -7, -1, 2, 51 * 24):
        alone = backfill(forecaster, readings, origins=[at(step)], excluded=EXCLUDED)
        assert by_origin(alone)[at(step)].equals(together[at(step)])


def test_estimators_and_covariates_say_what_they_say_to_predict() -> None:
    """Bytes are read once for many origins; a model that fails, fails from each origin alike."""
    n = (WEEKS + 2) * WEEK
    series = {"a": noise("a", n), "bb": noise("bb", n)}
    axis = Axis(60, "UTC", FIRST, STOP + 2 * WEEK)
    weather = np.random.default_rng(3).normal(size=n)
    recipe = boosted().model_dump(mode="json", by_alias=True)["recipes"]["r"]
    recipe["features"] = {**recipe["features"], "covariates": ["heat"]}
    parameters = TrainingParameters.model_validate(
        {
            "allowed_packages": ["sklearn"],
            "recipes": {"r": recipe},
            "assign": {"default": "r"},
        }
    )
    made = make_release(
        {name: values[: WEEKS * WEEK] for name, values in series.items()},
        weeks=WEEKS, parameters=parameters,
        covariates=Covariates(FIRST, ("heat",), weather[:, None]),
    )  # fmt: skip
    cut = pl.when(pl.col("sensor_id") == "bb").then(pl.lit(b"x")).otherwise("model_bytes")
    made = made.with_table("models", lambda table: table.with_columns(model_bytes=cut))
    times = pl.datetime_range(at(-WEEKS * WEEK), at(2 * WEEK - 1), interval="1h", eager=True)
    companions = pl.DataFrame({"timestamp": times, "heat": weather})
    readings, forecaster = readings_of(series, axis), made.forecaster
    origins = [at(step) for step in (-24, 0, 24, 31, 200)]
    found = by_origin(backfill(forecaster, readings, origins=origins, covariates=companions))
    for origin in origins[1:]:
        expected = forecaster.predict(readings, at=origin, covariates=companions)
        assert found[origin].equals(expected)
    sources = (
        found[at(-24)].group_by("sensor_id", maintain_order=True).agg(pl.col("source").first())
    )
    assert sources["source"].to_list() == ["model", "baseline"]
    without = by_origin(backfill(forecaster, readings, origins=origins))
    assert set(without[at(-24)]["error"]) == {"covariates are missing: heat"}


def test_an_error_is_told_where_it_happened(made: Made, longer: dict[str, np.ndarray]) -> None:
    """A forecast that is no number spoils no other day's."""
    axis = Axis(60, ZONE, FIRST, STOP + LATER * WEEK)
    huge = pl.when((pl.col("sensor_id") == "sparse") & (pl.col("timestamp") == at(30)))
    huge = huge.then(1e300).otherwise("value")
    strong = pl.col("coefficients").list.eval(pl.element() * 1e10)
    wild = made.with_table("models", lambda table: table.with_columns(strong))
    readings = readings_of(longer, axis).with_columns(value=huge)
    origins = [at(step) for step in (0, 24, 48, 72)]
    found = by_origin(backfill(wild.forecaster, readings, origins=origins))
    failed = [
        rows.filter((pl.col("sensor_id") == "sparse") & (pl.col("reason") == "model_failed")).height
        for rows in found.values()
    ]
    assert failed[:2] == [0, 0]
    assert failed[2] > 0
    told = [rows.filter(pl.col("sensor_id") == "sparse")["error"][0] for rows in found.values()]
    assert told[:2] == [None, None]
    assert "no finite number" in told[2]


def test_some_sensors_can_be_asked_for(made: Made, readings: pl.DataFrame) -> None:
    """Known or not; what they get is theirs among all."""
    free = made.with_table("serves", lambda table: table.with_columns(cohort=pl.lit("c")))
    origins = [at(-400), at(30)]
    every_one = by_origin(backfill(free.forecaster, readings, origins=origins))
    asked = ["whole", "excluded", "nobody"]
    for origin, rows in by_origin(
        backfill(free.forecaster, readings, origins=origins, sensors=asked)
    ).items():
        assert set(rows["sensor_id"]) == set(asked)
        theirs = pl.col("sensor_id").is_in(asked)
        expected = every_one[origin].filter(theirs)
        known = rows.filter(pl.col("sensor_id") != "nobody")
        assert known.filter(pl.col("reason").ne_missing("adds_up")).height
        assert known["sensor_id"].equals(expected["sensor_id"])
        assert set(rows.filter(pl.col("sensor_id") == "nobody")["reason"]) == {"unknown_sensor"}
    with pytest.raises(DataError, match="give a list of ids"):
        backfill(made.forecaster, readings, origins=origins, sensors="whole")


def test_it_says_from_when_on_readings_are_needed(made: Made) -> None:
    """All of them where the state is made anew; else what predict asks for."""
    forecaster = made.forecaster
    assert backfill_needs_from(forecaster, [at(0), at(500)]) == forecaster.readings_from
    assert backfill_needs_from(forecaster, [at(0), at(-1)]) is None
    assert backfill_needs_from(forecaster, []) == forecaster.readings_from


def test_it_counts_models_that_have_seen_what_they_forecast(made: Made) -> None:
    """From the end of the release on nobody has; one step earlier all that a model serves."""
    forecaster = made.forecaster
    learned = made.table("models")["trained_to"].sort().to_list()
    assert in_sample(forecaster, at(0)) == 0
    serving = forecaster.content.on_model.sum()
    assert in_sample(forecaster, learned[0]) == serving
    assert in_sample(forecaster, learned[-1]) == learned.count(learned[-1])
    assert in_sample(forecaster, at(-WEEK), sensors=["excluded", "whole", "nobody"]) == 1
    with pytest.raises(DataError, match="without a time zone"):
        in_sample(forecaster, at(0).replace(tzinfo=None))


def test_nothing_read_yet_is_told_of_every_sensor(made: Made, readings: pl.DataFrame) -> None:
    """Before the first reading, and with no readings at all: rows without a value."""
    for frame, step in ((readings, -(WEEKS + 3) * WEEK), (readings.head(0), -1)):
        rows = by_origin(backfill(made.forecaster, frame, origins=[at(step)]))[at(step)]
        assert rows.height == 24 * len(made.table("sensors"))
        assert set(rows["source"]) == {"none"}
        assert rows["value"].null_count() == rows.height
    assert list(backfill(made.forecaster, readings, origins=[])) == []


def as_pandas(frame: pl.DataFrame) -> Any:
    return frame.to_pandas()


@pytest.mark.parametrize(
    "change",
    [
        as_pandas,
        lambda frame: frame.lazy(),
        lambda frame: frame.sample(fraction=1, shuffle=True, seed=1),
        lambda frame: frame.with_columns(pl.col("timestamp").dt.convert_time_zone("Asia/Tokyo")),
        lambda frame: frame.with_columns(pl.col("timestamp").dt.cast_time_unit("ns"), x=1),
        lambda frame: frame.with_columns(pl.col("value").cast(pl.String)),
    ],
    ids=["pandas", "lazy", "shuffled", "zone", "unit", "text"],
)
def test_readings_come_in_many_kinds(
    made: Made, longer: dict[str, np.ndarray], change: Callable[[pl.DataFrame], Any]
) -> None:
    """All say the same."""
    readings = readings_of(longer, Axis(60, ZONE, FIRST, STOP + LATER * WEEK))
    origins = [at(-30), at(30)]
    expected = by_origin(backfill(made.forecaster, readings, origins=origins))
    found = by_origin(backfill(made.forecaster, change(readings), origins=origins))
    assert all(rows.equals(expected[origin]) for origin, rows in found.items())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop("value"), "no column 'value'"),
        (lambda f: f.lazy().drop("value"), "no column 'value'"),
        (lambda f: f.with_columns(sensor_id=pl.lit(7)), "ids are text"),
        (lambda f: f.with_columns(pl.col("timestamp").dt.replace_time_zone(None)), "with a zone"),
        (lambda f: f.with_columns(pl.col("timestamp").dt.to_string("iso")), "to_datetime"),
    ],
)
def test_readings_that_cannot_be_told_apart_are_refused(
    made: Made, readings: pl.DataFrame, change: Callable[[pl.DataFrame], Any], words: str
) -> None:
    """At once, not with the first forecast."""
    with pytest.raises(SchemaError, match=words):
        backfill(made.forecaster, change(readings), origins=[at(0)])


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (at(0).replace(tzinfo=None), "an origin is 2018-04-09 00:00:00, without a time zone"),
        (at(0) + timedelta(minutes=3), "between two steps of 60 minutes"),
        (at(105 * WEEK), "more than 104 weeks after"),
    ],
)
def test_origins_that_cannot_be_are_refused(
    made: Made, readings: pl.DataFrame, origin: datetime, words: str
) -> None:
    """At once, with what is wrong."""
    with pytest.raises(DataError, match=words):
        backfill(made.forecaster, readings, origins=[at(-5), origin])
    with pytest.raises(DataError, match=words):
        backfill_needs_from(made.forecaster, [origin])
