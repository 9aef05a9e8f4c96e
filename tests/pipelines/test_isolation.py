"""One sensor's trouble is that sensor's alone."""

from collections.abc import Callable

import polars as pl

from tests.project import Project

EVIDENCE = ("loss", "baseline_loss", "hours", "coefficients", "intercept", "version")


def tables(project: Project, *, without: set[str]) -> dict[str, pl.DataFrame]:
    """Everything that is computed sensor by sensor, for the sensors that are not in trouble."""
    others = ~pl.col("sensor_id").is_in(without)
    profiles = pl.from_pandas(project.load("profiles"))
    baselines = project.load("baselines").scan().collect().sort("sensor_id")
    found = {"profiles": profiles, "baselines": baselines, "candidates": project.candidates()}
    return {name: table.filter(others) for name, table in found.items()}


def assert_others_untouched(few: Project, troubled: Project, *, without: set[str]) -> None:
    """Profiles, baselines, candidates and weekly losses are the same to the bit."""
    expected, got = tables(few, without=without), tables(troubled, without=without)
    assert expected["candidates"].height > 0
    for name, table in expected.items():
        assert got[name].equals(table), name


def break_values(frame: pl.DataFrame) -> pl.DataFrame:
    """Infinities, absurd times, contradictions and a far future in the rows of one sensor."""
    broken = pl.col("sensor_id") == "P_n288"
    rank = pl.int_range(pl.len()).over("sensor_id")
    wild = frame.with_columns(
        value=pl.when(broken & (rank % 3 == 0)).then(float("inf")).otherwise("value"),
        timestamp=pl.when(broken & (rank % 7 == 1))
        .then(pl.col("timestamp") + pl.duration(days=900))
        .when(broken & (rank % 7 == 2))
        .then(pl.col("timestamp") - pl.duration(days=9000))
        .otherwise("timestamp"),
    )
    contradiction = frame.filter(broken).with_columns(value=pl.col("value") + 1.0)
    return pl.concat([wild, contradiction])


def drop(sensor_id: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Forget all readings of a sensor."""
    return lambda frame: frame.filter(pl.col("sensor_id") != sensor_id)


def test_a_broken_sensor_is_named_and_leaves_the_others_alone(few: Project, fresh: Project) -> None:
    """A file with one broken sensor: its rows are rejected, the others are as without it."""
    fresh.change_readings(break_values)
    fresh.run()
    assert_others_untouched(few, fresh, without={"P_n288"})
    row = fresh.ledger().row(by_predicate=pl.col("sensor_id") == "P_n288", named=True)
    assert row["outcome"] == "quarantined"
    assert "too_many_rejected" in row["reasons"]


def test_a_recipe_that_raises_fails_its_sensor_only(few: Project, fresh: Project) -> None:
    """The exception is the sensor's outcome, with its words as the reason; its baseline serves."""
    raising = {
        "features": {"lags": [24]},
        "estimator": {"class": "tests.estimators.Raising", "standardise": False},
    }
    fresh.configure(
        {
            "training": {
                "allowed_packages": ["sklearn", "tests"],
                "recipes": {"raising": raising},
                "assign": {"sensors": {"P_n679": "raising"}},
            },
            "engine": {"backend": "sequential"},
        }
    )
    fresh.run()
    assert_others_untouched(few, fresh, without={"P_n679"})
    row = fresh.ledger().row(by_predicate=pl.col("sensor_id") == "P_n679", named=True)
    assert (row["outcome"], row["serves"]) == ("failed", "baseline")
    assert "this estimator always raises" in row["reasons"]


def test_a_cohort_without_data_is_quarantined(few: Project, fresh: Project) -> None:
    """Registered sensors that never spoke stay in the ledger, with the reason."""
    fresh.change_readings(drop("L_T1"))
    fresh.run()
    assert_others_untouched(few, fresh, without={"L_T1"})
    row = fresh.ledger().row(by_predicate=pl.col("sensor_id") == "L_T1", named=True)
    assert (row["cohort"], row["outcome"], row["serves"]) == ("level/C", "quarantined", "none")
    assert row["reasons"].startswith("no_data")


def test_a_sensor_without_metadata_is_known_all_the_same(fresh: Project) -> None:
    """A sensor that only readings tell of is in the fleet, as unregistered."""
    file = fresh.raw / "sensors.csv"
    pl.read_csv(file).filter(pl.col("sensor_id") != "D_n10").write_csv(file)
    fresh.run()
    row = fresh.ledger().row(by_predicate=pl.col("sensor_id") == "D_n10", named=True)
    assert (row["cohort"], row["outcome"]) == ("unregistered", "accepted")


def test_a_fleet_without_any_admitted_sensor_still_gets_its_ledger(fresh: Project) -> None:
    """With nobody to train, every sensor is quarantined and served by its baseline."""
    fresh.configure({"validation": {"admission": {"min_history_weeks": 99}}})
    fresh.run()
    ledger = fresh.ledger()
    assert set(ledger["outcome"]) == {"quarantined"}
    assert fresh.load("run_summary")["median_skill"] is None
