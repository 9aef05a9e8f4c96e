"""Who forecasts whom, from which step on, and what is done already."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl
import pytest

from modelfleet.domain.approvals import Problem
from modelfleet.domain.errors import ConfigurationError
from modelfleet.fleet.inference import Kept
from modelfleet.fleet.inference.known import known_sensors
from modelfleet.fleet.inference.live import Service, share_out
from modelfleet.fleet.serving import Forecaster
from modelfleet.fleet.spans import SPANS_SCHEMA
from tests.fleet.inference.fleets import COHORTS, Fleet, Table, make_fleet
from tests.governed import governance

ONE, TWO = "1" * 64, "2" * 64


@dataclass(frozen=True)
class Release:
    """Sensors by cohort."""

    rid: str
    cohorts: dict[str, str]

    @property
    def forecaster(self) -> Forecaster:
        raise NotImplementedError

    def table(self, name: str) -> pl.DataFrame:
        assert name == "serves"
        pairs = {"sensor_id": list(self.cohorts), "cohort": list(self.cohorts.values())}
        return pl.DataFrame(pairs)


@dataclass(frozen=True)
class Live:
    """What serves."""

    serves: dict[str, str]
    releases: dict[str, Release]
    problems: tuple[Problem, ...] = field(default=())


def shared(known: dict[str, str | None], live: Live) -> dict[str | None, tuple[str, ...]]:
    """Sensors by release."""
    kinds = {"sensor_id": pl.String, "cohort": pl.String}
    pairs = {"sensor_id": list(known), "cohort": list(known.values())}
    found = share_out(live, pl.DataFrame(pairs, schema=kinds))
    assert all(isinstance(service, Service) for service in found)
    return {service.rid: service.sensors for service in found}


FIRST = Release(ONE, {"a": "north", "b": "south"})
SECOND = Release(TWO, {"a": "north", "b": "south"})
BOTH = Live({"north": ONE, "south": TWO}, {ONE: FIRST, TWO: SECOND})


def test_each_release_forecasts_the_cohorts_that_it_serves() -> None:
    """Two releases know both sensors; each gets its own."""
    assert shared({"a": "north", "b": "south"}, BOTH) == {ONE: ("a",), TWO: ("b",)}


def test_a_sensor_that_left_the_metadata_is_still_forecast() -> None:
    """The release knows it."""
    assert shared({"a": "north"}, BOTH) == {ONE: ("a",), TWO: ("b",)}


def test_a_new_sensor_goes_to_the_release_of_its_cohort() -> None:
    """Which says that it does not know it; so does that of most cohorts for a new cohort."""
    known: dict[str, str | None] = {"a": "north", "b": "south", "c": "south", "d": "west"}
    assert shared(known, BOTH) == {ONE: ("a", "d"), TWO: ("b", "c")}
    assert shared({**known, "e": None}, BOTH)[ONE] == ("a", "d", "e")


def test_a_sensor_that_changed_its_cohort_is_forecast_once() -> None:
    """By the release of its cohort of today, where several have it."""
    moved = Release(TWO, {"a": "south", "b": "south"})
    live = Live({"north": ONE, "south": TWO}, {ONE: FIRST, TWO: moved})
    assert shared({"a": "south", "b": "south"}, live) == {TWO: ("a", "b")}
    assert shared({"a": "north", "b": "south"}, live) == {ONE: ("a",), TWO: ("b",)}


def test_whose_release_is_lost_is_nobodys() -> None:
    """A cohort that cannot be proved any more is not a new one; an empty channel proves nobody."""
    lost = Problem("altered", "entry 2", "replaced", "south")
    live = Live({"north": ONE}, {ONE: FIRST}, (lost,))
    assert shared({"a": "north", "b": "south", "c": "west"}, live) == {
        ONE: ("a", "c"),
        None: ("b",),
    }
    broken = Live({"north": ONE}, {ONE: FIRST}, (Problem("broken_chain", "entry 2", "gone"),))
    assert shared({"a": "north", "b": "south"}, broken) == {ONE: ("a",), None: ("b",)}
    assert shared({"a": "north", "b": None}, Live({}, {})) == {None: ("a", "b")}


def test_whoever_sends_is_known() -> None:
    """Registered or not."""
    sensors = pl.DataFrame({"sensor_id": ["b"], "cohort": ["north"], "kind": ["flow"]})
    spans = pl.DataFrame({"sensor_id": ["a", "b"]}).with_columns(
        first=pl.lit(None), last=pl.lit(None)
    )
    found = known_sensors(sensors, spans.cast(SPANS_SCHEMA))
    assert list(found.iter_rows()) == [("a", None), ("b", "north")]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Two releases serve a cohort each."""
    return make_fleet(governance(str(tmp_path_factory.mktemp("fleet"))))


def test_a_run_reads_what_features_look_at_and_no_more(fleet: Fleet) -> None:
    """From where the releases begin, to the origin; all of history for an origin of the past."""
    plan, axis = fleet.plan(), fleet.made.axis
    assert plan.new == (fleet.origin,)
    assert plan.sensors == len(COHORTS)
    assert plan.until == fleet.origin
    assert plan.since(timedelta(weeks=1)) == axis.time(axis.stop - 5 * 168)
    past = fleet.plan(origins=(f"{fleet.origin - timedelta(days=3):%Y-%m-%d}",))
    assert past.since(timedelta(weeks=1)) is None


def test_what_was_forecast_before_is_left_out_and_told(
    fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    """With what made it, and what there would be now."""
    table = Table({fleet.origin: Kept((ONE,), 3)})
    with caplog.at_level(logging.INFO, "modelfleet"):
        plan = fleet.plan(table=table)
    assert plan.new == ()
    assert plan.until is plan.since(timedelta(weeks=1)) is None
    assert "by 111111111111 from readings version 3: nothing is added" in caplog.text
    assert "though another release is live and there are later readings" in caplog.text


@pytest.mark.parametrize(
    ("text", "words"),
    [("2018-04-01T00:30", "between two steps of 60 minutes"), ("2017-12-31", "lies before")],
)
def test_origins_that_cannot_be_forecast_are_refused(fleet: Fleet, text: str, words: str) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigurationError, match=words):
        fleet.plan(origins=(text,))


def test_past_origins_know_only_what_was_read_by_then(fleet: Fleet) -> None:
    """Later readings change nothing; a run of many origins tells each as a run of its own."""
    origin = fleet.origin - timedelta(days=2)
    text = f"{origin:%Y-%m-%dT%H:%M}"
    both = fleet.forecast(fleet.plan(origins=(text, f"{fleet.origin:%Y-%m-%dT%H:%M}")))
    known = fleet.readings.filter(pl.col("timestamp") < origin)
    alone = fleet.altered(readings=known).forecast(fleet.plan(origins=(text,)))
    assert both.filter(pl.col("origin") == origin).equals(alone)
    assert both.filter(pl.col("origin") == fleet.origin).equals(fleet.forecast())
