"""Shards, axis, blocks, roster, tables and progress."""

import logging
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from modelfleet.domain.errors import DataError
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.recipes import Assignment
from modelfleet.fleet import progress
from modelfleet.fleet.axis import Axis, find_axis
from modelfleet.fleet.blocks import blocks
from modelfleet.fleet.code import package_digest
from modelfleet.fleet.isolation import isolated, reason_of
from modelfleet.fleet.roster import assign, ids_by_shard, make_roster
from modelfleet.fleet.shards import shard_of, shards_of, with_shard
from modelfleet.fleet.tables import from_pandas, to_pandas
from tests.fleet.engine.tasks import FrameSource

START = datetime(2018, 1, 1, tzinfo=UTC)
FLEET = FleetParameters(
    name="test", frequency="1h", time_zone="UTC", horizon=24, shards=64, quorum=0.25
)


def readings(sensor_id: str, hours: list[int], values: list[float | None]) -> pl.DataFrame:
    """Readings of one sensor, some hours after the start."""
    return pl.DataFrame(
        {
            "sensor_id": [sensor_id] * len(hours),
            "timestamp": [START + timedelta(hours=hour) for hour in hours],
            "value": values,
        },
        schema={
            "sensor_id": pl.String, "timestamp": pl.Datetime("us", "UTC"), "value": pl.Float64,
        },
    )  # fmt: skip


def test_a_sensor_stays_in_its_shard_for_ever() -> None:
    """Fixed values: a changed hash would move every stored reading."""
    assert [shard_of(name, 64) for name in ("P_n1", "007", "7")] == [
        shard_of("P_n1", 64), shard_of("007", 64), shard_of("7", 64),
    ]  # fmt: skip
    assert shard_of("P_n1", 64) == with_shard(pl.DataFrame({"sensor_id": ["P_n1"]}), 64)["shard"][0]
    assert shards_of(["b", "a", "b"], 8)["sensor_id"].to_list() == ["a", "b"]


def test_any_text_is_a_sensor_id() -> None:
    """An id is hashed, never parsed and never part of a path."""
    for name in ("../x", "/etc/passwd", "a\0b", "ä", ""):
        assert 0 <= shard_of(name, 64) < 64


def test_one_fast_clock_does_not_move_the_end_of_the_fleet() -> None:
    """The end is what a quorum has reached."""
    frames = [readings(name, [0, 10], [1.0, 1.0]) for name in "abcde"]
    frames.append(readings("fast", [0, 9000], [1.0, 1.0]))
    axis = find_axis(FrameSource(dict(enumerate(frames))), FLEET)
    assert axis.end == START + timedelta(hours=10)
    assert axis.time(axis.first) == START


def test_a_fleet_without_a_value_has_no_axis() -> None:
    """The error says what to do."""
    with pytest.raises(DataError, match="run the ingestion pipeline"):
        find_axis(FrameSource({0: readings("a", [0], [None])}), FLEET)


def test_axis_and_its_json_are_the_same() -> None:
    """The axis travels through the catalog as JSON."""
    axis = Axis(60, "Europe/Rome", 420_000, 421_000)
    assert Axis(**axis.as_dict()) == axis
    assert axis.index(axis.time(420_123)) == 420_123
    assert axis.index(axis.time(420_123) + timedelta(minutes=1), up=True) == 420_124
    assert axis.period.endswith("UTC")


def test_local_calendar_follows_both_clock_changes() -> None:
    """Slots are wall-clock hours: in spring one is skipped, in autumn one is shown twice."""
    first = int(datetime(2021, 3, 27, 23, tzinfo=UTC).timestamp()) // 3600
    axis = Axis(60, "Europe/Rome", first, first + 24 * 7 * 40)
    spring = axis.calendar(first, 4)
    sunday = 6 * 24
    assert spring.slot.tolist() == [sunday, sunday + 1, sunday + 3, sunday + 4]
    autumn_first = int(datetime(2021, 10, 30, 23, tzinfo=UTC).timestamp()) // 3600
    autumn = axis.calendar(autumn_first, 4)
    assert autumn.slot.tolist() == [sunday + 1, sunday + 2, sunday + 2, sunday + 3]
    assert autumn.shift.tolist() == [2, 2, 1, 1]


def test_blocks_begin_with_the_first_value_and_end_with_the_axis() -> None:
    """Missing steps are NaN; what lies beyond the end is left out; null is no value."""
    first = int(START.timestamp()) // 3600
    axis = Axis(60, "UTC", first, first + 6)
    frame = pl.concat(
        [
            readings("a", [1, 3, 4, 9], [1.0, 3.0, None, 9.0]),
            readings("b", [5], [5.0]),
            readings("c", [0], [None]),
        ]
    )
    found = dict(blocks(frame, axis))
    assert found.keys() == {"a", "b"}
    assert found["a"].first == first + 1
    np.testing.assert_array_equal(found["a"].values, [1.0, np.nan, 3.0, np.nan, np.nan])
    np.testing.assert_array_equal(found["b"].values, [5.0])
    assert dict(blocks(frame.clear(), axis)) == {}


def test_an_estimators_own_package_counts_by_version_or_by_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A team that changes its estimator trains again; one that changes nothing does not."""
    assert package_digest("sklearn.linear_model.Ridge") == ""
    assert package_digest("polars.DataFrame") == pl.__version__
    monkeypatch.syspath_prepend(str(tmp_path))
    digests = []
    for source in ("X = 1", "X = 2", "X = 1"):
        (tmp_path / "teamwork.py").write_text(source)
        package_digest.cache_clear()
        digests.append(package_digest("teamwork.Model"))
    assert digests[0] == digests[2] != digests[1]


def test_an_exception_becomes_the_outcome(caplog: pytest.LogCaptureFixture) -> None:
    """Its reason is kept, shortened, and logged with the sensor's name."""

    def fail() -> dict[str, object]:
        raise ValueError("x" * 9999)

    row = isolated(fail, sensor_id="P_n1")
    assert row["outcome"] == "failed"
    assert len(row["reason"]) == 500
    assert "P_n1" in caplog.text


def test_a_reason_is_one_line() -> None:
    """It stands in ledgers and messages; what libraries add below does not help there."""
    assert reason_of(ValueError("no values\nDebug source: ...")) == "ValueError: no values"
    assert reason_of(KeyError()) == "KeyError: "


def test_leaving_the_process_is_a_failure_and_memory_is_none() -> None:
    """An estimator that exits does not end the run; a lack of memory is the engine's to answer."""

    def leave() -> dict[str, object]:
        sys.exit("enough")

    def exhaust() -> dict[str, object]:
        raise MemoryError

    assert isolated(leave, sensor_id="a")["reason"] == "SystemExit: enough"
    with pytest.raises(MemoryError):
        isolated(exhaust, sensor_id="a")


def test_roster_takes_the_assigned_sensors_only() -> None:
    """Assignment goes by sensor, then cohort, then default."""
    sensors = pl.DataFrame(
        {
            "sensor_id": ["a", "b", "c"],
            "cohort": ["x", "x", "y"],
            "shard": [1, 1, 2],
            "rule_value": [None, 2.0, None],
        }
    )
    chosen = Assignment(default="d", cohorts={"x": "by_cohort"}, sensors={"b": "by_sensor"})
    assigned = assign(sensors, chosen)
    assert assigned == {"a": "by_cohort", "b": "by_sensor", "c": "d"}
    roster = make_roster(sensors, {"a": "r", "b": "r"}, {"b": ((3, 5),)})
    assert roster.sizes() == {1: 2}
    assert [m.excluded for m in roster.all()] == [(), ((3, 5),)]
    assert roster.part(1).fingerprint() == roster.fingerprint()
    assert ids_by_shard(sensors) == {1: ("a", "b"), 2: ("c",)}


def test_reason_lists_survive_the_way_through_pandas() -> None:
    """Lists of codes are one text in flat tables; an empty list stays empty, null stays null."""
    lists = [["dead", "stuck"], [], ["a; b"], None]
    frame = pl.DataFrame({"reasons": lists}, schema={"reasons": pl.List(pl.String)})
    flat = to_pandas(frame)
    assert isinstance(flat, pd.DataFrame)
    assert flat["reasons"].to_list()[:3] == ["dead; stuck", "", "a, b"]
    back = from_pandas(flat, lists=("reasons",))["reasons"].to_list()
    assert back == [["dead", "stuck"], [], ["a, b"], None]


def test_progress_is_a_line_now_and_then_off_a_terminal(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Log files get plain lines, not a bar."""
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with caplog.at_level(logging.INFO), progress.show_progress("training", 10) as shown:
        shown.advance(4)
        shown.advance(6)
    assert "training: 4 of 10 sensors" in caplog.text
    assert "training: 10 of 10 sensors" in caplog.text


def test_progress_is_a_bar_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bar is drawn on stderr and leaves stdout alone."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress.show_progress("training", 10) as shown:
        shown.advance(10)
    assert capsys.readouterr().out == ""
