"""Twelve things that go wrong: each costs its own sensor, says why, and changes nobody else."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from modelfleet.fleet.inference import PREDICTION_SCHEMA
from tests.fleet.inference.fleets import COHORTS, Fleet, append, make_fleet, newer, rows_of
from tests.fleet.serving.releases import WEEK
from tests.governed import governance

ID, TIME = pl.col("sensor_id"), pl.col("timestamp")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Nothing is wrong with it."""
    return make_fleet(governance(str(tmp_path_factory.mktemp("fleet"))))


@pytest.fixture(scope="module")
def sound(fleet: Fleet) -> pl.DataFrame:
    """Its predictions."""
    return fleet.forecast()


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        strike: makes it happen, in a copy of the fleet.
        sensors: whom it concerns.
        told: source and reason of their first steps.
        steps: how many steps it concerns.
        another_release: whether others are forecast by a release of another name.
    """

    strike: Callable[[Fleet, Path], Fleet]
    sensors: tuple[str, ...]
    told: tuple[str, str | None]
    steps: int = 24
    another_release: bool = False


def without_readings(asked: Callable[[Fleet], pl.Expr]) -> Callable[[Fleet, Path], Fleet]:
    """Readings are lost."""
    return lambda fleet, _: fleet.altered(readings=fleet.readings.filter(~asked(fleet)))


def with_readings(change: Callable[[Fleet], pl.DataFrame]) -> Callable[[Fleet, Path], Fleet]:
    """There are other readings."""
    return lambda fleet, _: fleet.altered(readings=change(fleet))


def released(table: str, column: str, sensor: str, value: Callable[[Any], Any], cohort: str) -> Any:
    """A release with something wrong in it is made live."""

    def strike(fleet: Fleet, folder: Path) -> Fleet:
        place = governance(str(folder))
        append(place, fleet.made, "c", "d")
        append(place, newer(fleet.made), "d")
        base = fleet.made if cohort == "c" else newer(fleet.made)
        old = base.table(table).filter(sensor == ID)[column].to_list()[0]
        bad = pl.lit(value(old), dtype=base.table(table).schema[column])
        wrong = pl.when(sensor == ID).then(bad).otherwise(column).alias(column)
        append(place, base.with_table(table, lambda rows: rows.with_columns(wrong)), cohort)
        return fleet.altered(governance=place)

    return strike


def retired(fleet: Fleet, folder: Path) -> Fleet:
    """The newest release has taken a sensor out of service."""
    place = governance(str(folder))
    append(place, fleet.made, "c", "d")
    append(place, newer(fleet.made), "d")
    told = {"outcome": "retired", "serves": "none", "version": None}

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        mine = ID == "a"
        return rows.with_columns(
            *(pl.when(mine).then(pl.lit(v)).otherwise(k).alias(k) for k, v in told.items()),
            reasons=pl.when(mine).then(pl.lit(["retired_by_owner"])).otherwise("reasons"),
        )

    gone = fleet.made.with_table("serves", change)
    append(place, gone.with_table("models", lambda rows: rows.filter(ID != "a")), "c")
    return fleet.altered(governance=place)


def edited(fleet: Fleet, folder: Path) -> Fleet:
    """One byte of a release changes after it went live."""
    place = governance(str(folder))
    append(place, fleet.made, "c", "d")
    rid = append(place, newer(fleet.made), "d")
    file = folder / "releases" / rid / "models.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    return fleet.altered(governance=place)


def stranger(fleet: Fleet, *, hours: int = 0) -> pl.DataFrame:
    """Readings of a sensor that nobody registered."""
    copied = fleet.readings.filter(ID == "a").with_columns(sensor_id=pl.lit("stranger"))
    return pl.concat([fleet.readings, copied.with_columns(TIME.dt.offset_by(f"{hours}h"))])


def newcomer(fleet: Fleet, _: Path) -> Fleet:
    """A sensor is registered after the release was made, and sends."""
    row = fleet.sensors.filter(ID == "a").with_columns(sensor_id=pl.lit("stranger"))
    return fleet.altered(sensors=pl.concat([fleet.sensors, row]), readings=stranger(fleet))


def ahead(fleet: Fleet) -> pl.DataFrame:
    """A sensor's clock is a year ahead for some readings."""
    late = fleet.readings.filter(ID == "a").tail(5)
    return pl.concat([fleet.readings, late.with_columns(TIME.dt.offset_by("365d"))])


def leap(fleet: Fleet) -> pl.DataFrame:
    """The last reading of a sensor is far from what its model forecasts."""
    last = (ID == "a") & (fleet.made.axis.end == TIME)
    return fleet.readings.with_columns(value=pl.when(last).then(500.0).otherwise("value"))


def weeks(fleet: Fleet, count: int) -> pl.Expr:
    """The last weeks of sensor a."""
    return (ID == "a") & (fleet.made.axis.time(fleet.made.axis.stop - count * WEEK) <= TIME)


HEARD = tuple(name for name in COHORTS if name not in {"never", "old"})

FAULTS = {
    "missing hours": Fault(
        without_readings(lambda f: weeks(f, 3)), ("a",), ("baseline", "features_missing")
    ),
    "stale sensor": Fault(
        without_readings(lambda f: weeks(f, 14)), ("a",), ("baseline", "no_recent_readings")
    ),
    "NaN coefficients": Fault(
        released("models", "coefficients", "a", lambda c: [float("nan")] * len(c), "c"),
        ("a",), ("baseline", "model_failed"), another_release=True,
    ),
    "corrupt blob": Fault(
        released("models", "model_bytes", "blob", lambda b: b[: len(b) // 2], "d"),
        ("blob",), ("baseline", "model_failed"), another_release=True,
    ),
    "edited release": Fault(edited, ("blob", "far"), ("model", None)),
    "unknown sensor": Fault(
        with_readings(stranger), ("stranger",), ("none", "unknown_sensor")
    ),
    "empty readings": Fault(
        without_readings(lambda _: pl.lit(value=True)), HEARD, ("baseline", "no_recent_readings")
    ),
    "rule broken": Fault(with_readings(leap), ("a",), ("baseline", "no_leap"), steps=1),
    "clock ahead": Fault(with_readings(ahead), ("a",), ("model", None)),
    "new sensor": Fault(newcomer, ("stranger",), ("none", "unknown_sensor")),
    "retired sensor": Fault(
        retired, ("a",), ("none", "retired_by_owner"), another_release=True
    ),
}  # fmt: skip
"""The twelfth, a full disk, is in ``tests/stores/test_predictions.py``."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_costs_its_sensor_and_nobody_else(
    name: str, fleet: Fleet, sound: pl.DataFrame, tmp_path: Path
) -> None:
    """The right source and reason; the rows of all others are equal to the bit."""
    fault = FAULTS[name]
    struck = fault.strike(fleet, tmp_path).forecast()
    mine = rows_of(struck, *fault.sensors)
    assert set(mine["sensor_id"]) == set(fault.sensors)
    first = mine.group_by("sensor_id").head(fault.steps)
    assert set(first.select("source", "reason").iter_rows()) == {fault.told}
    dropped = ["release"] if fault.another_release else []
    others = [rows.filter(~ID.is_in(fault.sensors)).drop(dropped) for rows in (struck, sound)]
    assert others[0].equals(others[1])


def test_a_wrong_clock_changes_not_even_its_own_sensor(fleet: Fleet, sound: pl.DataFrame) -> None:
    """Readings after the origin are not looked at, and a quorum says where the origin is."""
    assert fleet.altered(readings=ahead(fleet)).forecast().equals(sound)


def test_an_edited_release_leaves_its_cohort_to_the_last_that_is_proved(
    fleet: Fleet, sound: pl.DataFrame, tmp_path: Path
) -> None:
    """The rows name it, and the plan tells what is wrong."""
    struck = edited(fleet, tmp_path)
    plan, rows = struck.plan(), struck.forecast()
    by = {name: rows_of(rows, name)["release"].unique().to_list() for name in ("a", "far")}
    assert by["far"] == by["a"] == rows_of(sound, "a")["release"].unique().to_list()
    assert any("cannot be trusted" in problem for problem in plan.problems)
    assert any("the last that is proved, serves" in problem for problem in plan.problems)


def test_without_any_proved_release_baselines_speak_of_the_readings_alone(
    fleet: Fleet, tmp_path: Path
) -> None:
    """No release, no version, no training: a value, and the reason why."""
    alone = fleet.altered(governance=governance(str(tmp_path)))
    rows = alone.forecast()
    assert rows.schema == PREDICTION_SCHEMA
    assert set(rows["sensor_id"]) == set(COHORTS)
    assert rows["reason"].unique().to_list() == ["no_verified_release"]
    empty = ("release", "model_version", "trained_from", "trained_to", "lower", "upper")
    assert all(rows[name].null_count() == rows.height for name in empty)
    heard = rows.filter(ID != "never")
    assert heard["source"].unique().to_list() == ["baseline"]
    assert heard["recipe"].unique().to_list() == ["hour_of_week_median"]
    assert rows_of(rows, "never")["source"].unique().to_list() == ["none"]
    day = fleet.readings.filter(ID == "a").with_columns(slot=TIME.dt.strftime("%u %H"))
    recent = day.filter(fleet.made.axis.time(fleet.made.axis.stop - 4 * WEEK) <= TIME)
    median = dict(recent.group_by("slot").agg(pl.col("value").median()).iter_rows())
    for time, value in rows_of(rows, "a").select("timestamp", "value").iter_rows():
        assert value == pytest.approx(median[f"{time:%u %H}"])


def test_a_release_that_cannot_forecast_costs_its_own_cohorts_their_models(
    fleet: Fleet, sound: pl.DataFrame, tmp_path: Path
) -> None:
    """One that was made before releases could: proved, and of no use."""
    place = governance(str(tmp_path))
    append(place, fleet.made, "c", "d")
    old = {k: v for k, v in fleet.made.contents.items() if k != "sensors.parquet"}
    append(place, type(fleet.made)("", old, {}, fleet.made.axis), "d")
    rows = fleet.altered(governance=place).forecast()
    told = rows_of(rows, "far", "blob")
    assert set(told.select("source", "reason").iter_rows()) == {("baseline", "release_failed")}
    assert told["error"].str.contains("made before releases could forecast").all()
    assert rows_of(rows, "a", "based").equals(rows_of(sound, "a", "based"))
