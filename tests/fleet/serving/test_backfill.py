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
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.serving import FORECAST_SCHEMA, Forecaster, stretches
from modelfleet.fleet.serving.backfill import backfill, backfill_needs_from, in_sample
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
            st.sampled_from(["excluded", "sparse", "whole", "short gap", "stranger", "new", "never"]),
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
    cut: bool,  # noqa: FBT001  drawn
    others: list[int],
) -> None:
    """Not a bit, not a word: whatever is read from the origin on, and from whatever else one asks."""
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
    steps = [*range(-40, 3), -90 * 24, -50 * 24, -49 * 24 - 5, -20 * 24, 10 * 24, 51 * 24]
    origins = [at(step) for step in steps]
    forecaster = made.forecaster
    together = by_origin(backfill(forecaster, readings, origins=origins, excluded=EXCLUDED))
    assert sorted(origins) == list(together)
    monkeypatch.setattr(stretches, "TOGETHER", 1)
    monkeypatch.setattr("modelfleet.fleet.serving.backfill.ORIGINS", 3)
    scanned = backfill(forecaster, readings.lazy(), origins=origins, excluded=EXCLUDED)
    for origin, rows in by_origin(scanned).items():
        assert rows.equals(together[origin])
    for step in (-49 * 24 - 5, -39, -1, 2, 51 * 24):
        alone = backfill(forecaster, readings, origins=[at(step)], excluded=EXCLUDED)
        assert by_origin(alone)[at(step)].equals(together[at(step)])
