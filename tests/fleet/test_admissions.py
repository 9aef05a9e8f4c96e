"""From readings to admissions: a sensor with exactly one fault, and a sound one beside it."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.errors import SchemaError
from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.admissions import decide_admissions
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.descriptions import describe_profiles
from modelfleet.fleet.retirement import find_retired
from modelfleet.fleet.tables import from_pandas, to_pandas
from modelfleet.fleet.tasks import ProfileTask
from tests.project import ROOT

DAY, WEEK = 24, 168
LENGTH = 40 * WEEK
START = datetime(2024, 1, 1, tzinfo=UTC)
AXIS = Axis(
    60, "Europe/Rome", int(START.timestamp()) // 3600, int(START.timestamp()) // 3600 + LENGTH
)
VALIDATION = yaml.safe_load((ROOT / "conf/base/parameters_validation.yml").read_text())[
    "validation"
]


def sound(level: float = 20.0, seed: int = 0) -> FloatArray:
    """Forty weeks of a daily wave with noise; the middle half is about 4 wide."""
    noise = np.random.default_rng(seed).normal(scale=0.5, size=LENGTH)
    return level + 3 * np.sin(2 * np.pi * np.arange(LENGTH) / DAY) + noise


def changed(start: int, stop: int | None, value: Any, level: float = 20.0) -> FloatArray:
    """A sound sensor with one stretch that is not."""
    values = sound(level)
    values[start:stop] = value
    return values


def readings_of(series: Mapping[str, FloatArray]) -> pl.DataFrame:
    """Readings of some sensors; missing steps have no row."""
    times = pl.datetime_range(START, AXIS.end, "1h", eager=True).cast(pl.Datetime("us", "UTC"))
    frames = [
        pl.DataFrame({"timestamp": times, "value": values}).with_columns(sensor_id=pl.lit(name))
        for name, values in sorted(series.items())
    ]
    table = pl.concat(frames).select("sensor_id", "timestamp", "value")
    return table.filter(pl.col("value").is_not_nan())


def rejected_of(**rows: tuple[str, int]) -> pl.DataFrame:
    """So many rejected rows of a sensor, from first to last hour, and why."""
    found = [
        (name, f"{START + (AXIS.end - START) * i / count:%Y-%m-%dT%H:%M}", reason)
        for name, (reason, count) in rows.items()
        for i in range(count)
    ]
    schema = {"sensor_id": pl.String, "timestamp": pl.String, "reason": pl.String}
    return pl.DataFrame(found, schema=schema, orient="row")


def validation(**section: Any) -> ValidationParameters:
    """The committed configuration, but for what is changed."""
    return ValidationParameters.model_validate({**VALIDATION, **section})


def fleet_of(ids: list[str], **metadata: list[Any]) -> pl.DataFrame:
    """Sensors of one cohort and kind, unless told."""
    base = {"sensor_id": ids, "cohort": ["north"] * len(ids), "kind": ["flow"] * len(ids)}
    return pl.DataFrame({**base, **metadata}, strict=False)


def profile(
    series: Mapping[str, FloatArray],
    rejected: pl.DataFrame | None = None,
    sensors: pl.DataFrame | None = None,
    **section: Any,
) -> pl.DataFrame:
    """Profiles of the sensors, after the way through the catalog."""
    chosen = validation(**section)
    ids = tuple(sorted(series))
    known = {name: values for name, values in series.items() if len(values)}
    measured = ProfileTask({0: ids}, AXIS, chosen.profile).run(readings_of(known))
    table = describe_profiles(
        fleet_of(list(ids)) if sensors is None else sensors,
        measured.drop("weekly_coverage"),
        rejected_of() if rejected is None else rejected,
        axis=AXIS,
        validation=chosen,
    )
    return from_pandas(to_pandas(table))


def admit(
    series: Mapping[str, FloatArray], *more: Any, unmet: Any = None, **section: Any
) -> dict[str, dict[str, Any]]:
    """Admissions by sensor."""
    profiles = profile(series, *more, **section)
    table = decide_admissions(profiles, unmet or {}, validation(**section))
    return {row["sensor_id"]: row for row in table.iter_rows(named=True)}


def silent_but_for(*hours: int) -> FloatArray:
    """Readings at a few hours only."""
    values = np.full(LENGTH, np.nan)
    values[list(hours)] = 20.0
    return values


FAULTS = {
    "no_data": np.empty(0),
    "dead": changed(-200, None, np.nan),
    "too_young": changed(0, LENGTH - 29 * WEEK, np.nan),
    "stuck_at_end": changed(-30, None, 20.0),
    "stuck": changed(-8 * WEEK, -7 * WEEK, 20.0),
    "low_coverage": np.where(np.arange(LENGTH) % 3 > 0, np.nan, sound()),
    "long_gap": changed(-7 * WEEK, -7 * WEEK + 700, np.nan),
    "unit_switch": np.where(np.arange(LENGTH) > LENGTH - 10 * WEEK + 7, sound() * 1000, sound()),
    "level_shift": np.where(np.arange(LENGTH) > LENGTH - 3 * WEEK + 7, sound(80), sound()),
    "level_jumps": np.where(np.arange(LENGTH) // DAY % 40 == 3, sound(80), sound()),
}
ROWS = {
    "clock_drift": ("off_grid", 600),
    "too_many_rows": ("conflicting_values", 99 * LENGTH),
    "too_many_rejected": ("unreadable_value", LENGTH // 2),
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_sensor_with_one_fault_has_one_reason(code: str) -> None:
    """And the sound sensor beside it is admitted."""
    found = admit({"faulty": FAULTS[code], "sound": sound()})
    assert found["faulty"]["reasons"] == [code]
    assert found["faulty"]["explanation"][0].startswith(f"{code}: ")
    assert found["sound"] == {
        "sensor_id": "sound", "admitted": True, "reasons": [], "explanation": [],
    }  # fmt: skip


@pytest.mark.parametrize("code", ROWS)
def test_rejected_rows_tell_what_a_sensor_sends(code: str) -> None:
    """Of two sensors with the same readings, the one that also sent those rows is set aside."""
    sent = rejected_of(faulty=ROWS[code])
    found = admit({"faulty": sound(), "sound": sound()}, sent)
    assert found["faulty"]["reasons"] == [code]
    assert found["sound"]["admitted"]


def test_a_sensor_of_which_every_row_was_rejected_is_told_why() -> None:
    """Sixty rows an hour that miss the grid: not only "no data"."""
    every = {"minutely": np.empty(0), "sound": sound()}
    found = admit(every, rejected_of(minutely=("off_grid", 3 * LENGTH)))
    assert found["minutely"]["reasons"] == ["no_data", "too_many_rows"]


def test_a_single_row_is_no_history() -> None:
    """One value long ago is a dead sensor; one in time has no variance and no coverage."""
    found = admit({"late": silent_but_for(LENGTH - 1), "long_ago": silent_but_for(5)})
    assert found["long_ago"]["reasons"] == ["dead"]
    assert found["late"]["reasons"] == ["too_young", "no_variance"]


def test_two_exchanged_sensors_are_named_to_each_other() -> None:
    """Though the new level of each would be usual for many; the third only changed its own."""
    swapped = np.arange(LENGTH) >= LENGTH - 4 * WEEK
    found = admit(
        {
            "a": np.where(swapped, sound(32, 1), sound(20, 2)),
            "b": np.where(swapped, sound(20, 2), sound(32, 1)),
            "c": np.where(swapped, sound(50, 3), sound(40, 3)),
            "d": sound(20, 4),
        }
    )
    assert [name for name, row in found.items() if not row["admitted"]] == ["a", "b"]
    assert found["a"]["reasons"] == ["looks_swapped"]
    assert found["a"]["explanation"][0].endswith("limit 0.25 (with b)")
    assert found["b"]["explanation"][0].endswith("limit 0.25 (with a)")


def test_sensors_of_different_kinds_are_not_exchanged() -> None:
    """Nor are those of different cohorts."""
    swapped = np.arange(LENGTH) >= LENGTH - 4 * WEEK
    series = {
        "a": np.where(swapped, sound(32, 1), sound(20, 2)),
        "b": np.where(swapped, sound(20, 2), sound(32, 1)),
    }
    for metadata in ({"kind": ["flow", "level"]}, {"cohort": ["north", "south"]}):
        found = admit(series, None, fleet_of(["a", "b"], **metadata))
        assert all(row["admitted"] for row in found.values())


def test_an_old_change_heals() -> None:
    """What lies before the recent weeks is learned from as it is."""
    old = np.arange(LENGTH) < LENGTH - 21 * WEEK
    found = admit(
        {
            "switched": np.where(old, sound() / 1000, sound()),
            "shifted": np.where(old, sound(80), sound()),
        }
    )
    assert all(row["admitted"] for row in found.values())


def test_expectations_and_failed_profiles_have_their_own_reasons() -> None:
    """A profile that failed has no figures, so it is not blamed for any."""
    profiles = profile({"a": sound(), "b": sound()})
    failed = (pl.col("sensor_id") == "b") & pl.lit(value=True)
    broken = profiles.with_columns(
        outcome=pl.when(failed).then(pl.lit("failed")).otherwise("outcome"),
        readings=pl.when(failed).then(0).otherwise("readings"),
    )
    table = decide_admissions(broken, {"a": ["flat_line"]}, validation())
    assert table["reasons"].to_list() == [["flat_line"], ["profile_failed"]]
    assert table["explanation"].to_list() == [["flat_line"], ["profile_failed"]]


# --- exceptions ---------------------------------------------------------------------------------

RESTING = changed(-8 * WEEK, -7 * WEEK, 20.0)
"""Stands still for a week: 5 % of the recent values."""


def allow(share: float, reason: str, **whom: list[str]) -> dict[str, Any]:
    """An exception for the share of stuck values."""
    return {**whom, "limits": {"max_stuck_share": share}, "reason": reason}


def test_an_exception_admits_and_says_why() -> None:
    """The sensor beside it, of another kind, is judged by the general limit."""
    sensors = fleet_of(["pump", "tank"], kind=["pump", "tank"])
    exceptions = [allow(0.5, "pumps stand still; for days", kinds=["pump"])]
    found = admit({"pump": RESTING, "tank": RESTING}, None, sensors, exceptions=exceptions)
    assert found["pump"]["admitted"]
    assert found["pump"]["reasons"] == []
    assert found["pump"]["explanation"] == [
        "stuck: 0.05, limit 0.5 (allowed: pumps stand still; for days)"
    ]
    assert found["tank"]["explanation"] == ["stuck: 0.05, limit 0.02"]


def test_a_stricter_exception_quarantines_and_says_why() -> None:
    """The reason of the limit stands beside the figure."""
    exceptions = [allow(0.0, "billing needs every hour", sensors=["a"])]
    found = admit({"a": changed(-900, -870, 20.0), "b": sound()}, exceptions=exceptions)
    assert found["a"]["reasons"] == ["stuck"]
    assert found["a"]["explanation"][0].endswith("limit 0 (exception: billing needs every hour)")
    assert found["b"]["explanation"] == []


@pytest.mark.parametrize(
    ("order", "allowed"),
    [
        (["kind", "cohort", "sensor"], True),
        (["sensor", "cohort", "kind"], True),
        (["kind", "cohort"], False),
        (["cohort", "kind"], False),
        (["cohort", "cohort_again"], True),
        (["cohort_again", "cohort"], False),
    ],
)
def test_the_narrower_exception_wins_then_the_later(order: list[str], *, allowed: bool) -> None:
    """Sensor over cohort over kind over general, in whatever order they stand."""
    known = {
        "kind": allow(0.5, "k", kinds=["flow"]),
        "cohort": allow(0.01, "c", cohorts=["north"]),
        "cohort_again": allow(0.5, "c2", cohorts=["north"]),
        "sensor": allow(0.5, "s", sensors=["a"]),
    }
    found = admit({"a": RESTING}, exceptions=[known[name] for name in order])
    assert found["a"]["admitted"] is allowed


def test_exceptions_leave_the_other_limits_alone() -> None:
    """Each limit is looked up by itself."""
    exceptions = [
        allow(0.5, "k", kinds=["flow"]),
        {"sensors": ["a"], "limits": {"max_gap_hours": 1}, "reason": "s"},
    ]
    found = admit({"a": RESTING}, exceptions=exceptions)
    assert found["a"]["explanation"] == ["stuck: 0.05, limit 0.5 (allowed: k)"]


def test_an_exception_for_nobody_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """A misspelt name would otherwise be an exception that silently does nothing."""
    exceptions = [allow(0.5, "x", kinds=["flow"]), allow(0.5, "y", sensors=["a", "A", "ä"])]
    admit({"a": RESTING}, exceptions=exceptions)
    assert "validation.exceptions[1].sensors: the fleet has no 'A', 'ä'" in caplog.text
    assert "exceptions[0]" not in caplog.text


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        (
            {"sensors": ["a"], "limits": {"max_stuck": 1}, "reason": "x"},
            "max_stuck\n.*not permitted",
        ),
        ({"sensors": ["a"], "limits": {"max_stuck_share": 2}, "reason": "x"}, "less than or equal"),
        ({"sensors": ["a"], "limits": {}, "reason": "x"}, "at least one limit"),
        ({"limits": {"max_stuck_share": 1}, "reason": "x"}, "sensors, cohorts or kinds"),
        ({"sensors": [], "limits": {"max_stuck_share": 1}, "reason": "x"}, "one of the three"),
        (
            {"sensors": ["a"], "kinds": ["b"], "limits": {"max_stuck_share": 1}, "reason": "x"},
            "one of the three",
        ),
        ({"sensors": ["a"], "limits": {"max_stuck_share": 1}, "reason": ""}, "at least 1 char"),
        ({"sensors": ["a"], "limits": {"max_stuck_share": 1}}, "reason"),
        ({"sensors": [7], "limits": {"max_stuck_share": 1}, "reason": "x"}, "valid string"),
    ],
)
def test_an_exception_that_cannot_be_meant_is_refused(
    exception: dict[str, Any], message: str
) -> None:
    """Before any work, with its path."""
    with pytest.raises(ValueError, match=message):
        validation(exceptions=[exception])


# --- retirement ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "retired"),
    [
        ("2024-05-31", True), ("2024-05-31 13:00", True), ("2024-05-31T13:00:00Z", True),
        ("true", True), (" TRUE ", True), ("yes", True), ("1", True), ("1.0", True),
        ("2099-01-01", False), ("", False), (None, False), ("false", False), ("no", False),
        ("0", False),
    ],
)  # fmt: skip
def test_how_retirement_is_written(written: str | None, *, retired: bool) -> None:
    """A date that has come or true; a date to come, false and empty are in service."""
    sensors = fleet_of(["a"], gone=[written])
    assert find_retired(sensors, "gone", AXIS)["retired"].to_list() == [retired]
    assert find_retired(sensors, None, AXIS)["retired"].to_list() == [False]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([True, None]),
        pl.Series([1.0, None]),
        pl.Series([datetime(2024, 5, 31).date(), None]),  # noqa: DTZ001 - a day has no zone
        pl.Series([datetime(2024, 5, 31, tzinfo=UTC), None]),
    ],
)
def test_retirement_may_come_typed(column: pl.Series) -> None:
    """As a table of a database would have it."""
    sensors = fleet_of(["a", "b"]).with_columns(column.alias("gone"))
    assert find_retired(sensors, "gone", AXIS)["retired"].to_list() == [True, False]


def test_a_date_begins_on_local_clocks() -> None:
    """Rome is two hours ahead in May; where midnight is skipped, the day begins an hour later."""
    sensors = fleet_of(["a"], gone=["2024-05-31"])
    (begun,) = find_retired(sensors, "gone", AXIS)["retired_from"]
    assert begun == datetime(2024, 5, 30, 22, tzinfo=UTC)
    cairo = Axis(60, "Africa/Cairo", AXIS.first, AXIS.stop)
    skipped = fleet_of(["a"], gone=["2024-04-26"])
    (begun,) = find_retired(skipped, "gone", cairo)["retired_from"]
    assert begun == datetime(2024, 4, 25, 22, tzinfo=UTC)


@pytest.mark.parametrize("written", ["soon", "2024-13-01", "31.05.2024", "2024-05-311"])
def test_what_is_neither_date_nor_flag_is_refused(written: str) -> None:
    """With the sensor, what stands there, and what may."""
    with pytest.raises(SchemaError, match=r"'gone'.*of sensor 'a' is neither a date"):
        find_retired(fleet_of(["a", "b"], gone=[written, ""]), "gone", AXIS)


def test_a_column_that_is_not_there_is_refused() -> None:
    """A misspelt setting would otherwise retire nobody."""
    with pytest.raises(SchemaError, match=r"'gone' is missing; .*validation\.retired_column"):
        find_retired(fleet_of(["a"]), "gone", AXIS)


def test_retired_sensors_are_judged_no_further(caplog: pytest.LogCaptureFixture) -> None:
    """One that still sends is reported; one that fell silent, or stopped that day, is in order."""
    stopped = LENGTH - 2 * DAY
    day = START + timedelta(hours=stopped)
    names = ["flag_quiet", "flag_sends", "date_quiet", "date_sends", "long_ago", "works"]
    gone = ["true", "true", f"{day:%Y-%m-%d}", "2024-05-31", "2024-05-31", ""]
    quiet, ended = changed(-400, None, np.nan), changed(stopped + 5, None, np.nan)
    with caplog.at_level(logging.WARNING):
        found = admit(
            dict(zip(names, [quiet, sound(), ended, sound(), quiet, sound()], strict=True)),
            None,
            fleet_of(names, gone=gone),
            unmet={"flag_quiet": ["flat_line"]},
            retired_column="gone",
        )
    both = ["retired_by_owner", "retired_but_sending"]
    assert {name: row["reasons"] for name, row in found.items()} == {
        "flag_quiet": both[:1], "flag_sends": both, "date_quiet": both[:1], "date_sends": both,
        "long_ago": both[:1], "works": [],
    }  # fmt: skip
    assert [name for name, row in found.items() if row["admitted"]] == ["works"]
    assert "retired sensors that still send: 'date_sends', 'flag_sends'" in caplog.text
    assert found["long_ago"]["explanation"] == ["retired_by_owner: since 2024-05-30 22:00 UTC"]
