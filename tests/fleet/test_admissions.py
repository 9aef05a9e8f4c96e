"""From readings to admissions: a sensor with exactly one fault, and a sound one beside it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.admissions import decide_admissions
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.descriptions import describe_profiles
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
    known = pl.DataFrame({**base, "renamed_from": None, **metadata}, strict=False)
    return known.with_columns(pl.col("renamed_from").cast(pl.String))


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


FAULTS = {
    "stuck": changed(-8 * WEEK, -7 * WEEK, 20.0),
    "level_jumps": np.where(np.arange(LENGTH) // DAY % 40 == 3, sound(80), sound()),
}
"""What tests/bad_inputs does not try with the whole way from raw rows."""


@pytest.mark.parametrize("code", FAULTS)
def test_a_sensor_with_one_fault_has_one_reason(code: str) -> None:
    """And the sound sensor beside it is admitted."""
    found = admit({"faulty": FAULTS[code], "sound": sound()})
    assert found["faulty"]["reasons"] == [code]
    assert found["faulty"]["explanation"][0].startswith(f"{code}: ")
    assert found["sound"] == {
        "sensor_id": "sound", "admitted": True, "reasons": [], "explanation": [],
    }  # fmt: skip


def test_rejected_rows_tell_what_a_sensor_sends() -> None:
    """Of two sensors with the same readings, the one that also sent those rows is set aside."""
    sent = rejected_of(faulty=("unreadable_value", LENGTH // 2))
    found = admit({"faulty": sound(), "sound": sound()}, sent)
    assert found["faulty"]["reasons"] == ["too_many_rejected"]
    assert found["sound"]["admitted"]


def test_a_sensor_of_which_every_row_was_rejected_is_told_why() -> None:
    """Sixty rows an hour that miss the grid: not only "no data"."""
    every = {"minutely": np.empty(0), "sound": sound()}
    found = admit(every, rejected_of(minutely=("off_grid", 3 * LENGTH)))
    assert found["minutely"]["reasons"] == ["no_data", "too_many_rows"]


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
