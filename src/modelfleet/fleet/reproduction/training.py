"""The tasks of a run once more, for some of its sensors."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl

from modelfleet.domain.baselines import SensorFacts
from modelfleet.domain.errors import ReleaseError, listing
from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.fleet import BacktestParameters, FleetParameters
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.fleet.lineage.schema import BASELINE
from modelfleet.fleet.reproduction.origin import Origin
from modelfleet.fleet.roster import Member, Periods, Roster, assign
from modelfleet.fleet.sensor_rules import NO_RULES, rules_by_sensor
from modelfleet.fleet.tasks import BaselineTask, TrainingTask

__all__ = ["baseline_task", "train_again", "training_task"]


def train_again(
    origin: Origin, rows: pl.DataFrame, readings: pl.DataFrame, *, kind: str
) -> pl.DataFrame:
    """Train models, or fit baselines, of one shard again.

    Args:
        origin: the release that they were made for.
        rows: their lineage.
        readings: of their shard, as they were; sorted by sensor and time.
        kind: ``model`` or ``baseline``.

    Returns:
        one row per sensor, as the run's own task makes them.

    Raises:
        ReleaseError: this code does not read the release's configuration.
    """
    from threadpoolctl import threadpool_limits

    task = baseline_task(origin, rows) if kind == BASELINE else training_task(origin, rows)
    mine = readings.filter(pl.col("sensor_id").is_in(rows["sensor_id"].implode()))
    with threadpool_limits(limits=1):  # as in the workers: sums are added in the same order
        return task.run(mine)


def training_task(origin: Origin, rows: pl.DataFrame) -> TrainingTask:
    """The training of some models; recipes that lost against theirs are left out."""
    fleet = origin.section("fleet", FleetParameters, name="released")
    bounds = rules_by_sensor(origin.sensors, origin.section("rule", RuleParameters))
    recipes = dict(origin.models.select("sensor_id", "recipe").iter_rows())
    _check(origin, rows, recipes)
    members = (
        Member(
            row["sensor_id"],
            recipes[row["sensor_id"]],
            _periods(origin, row),
            SensorFacts(rule_value=origin.rule_values.get(row["sensor_id"])),
            bounds.get(row["sensor_id"], NO_RULES),
        )
        for row in _sorted(rows)
    )
    return TrainingTask(
        Roster({0: tuple(members)}),
        baselines=dict(origin.baselines.select("sensor_id", "baseline").iter_rows()),
        baseline_weeks=origin.section("baseline", BaselineParameters).weeks,
        axis=origin.axis,
        horizon=fleet.horizon,
        parameters=origin.section("training", TrainingParameters),
        backtest=origin.section("backtest", BacktestParameters),
        intervals=origin.section("interval", IntervalParameters),
        covariates=origin.covariates,
    )


def baseline_task(origin: Origin, rows: pl.DataFrame) -> BaselineTask:
    """The fit of some baselines, their choice included."""
    fleet = origin.section("fleet", FleetParameters, name="released")
    parameters = origin.section("baseline", BaselineParameters)
    assigned = assign(origin.sensors, parameters.assign)
    _check(origin, rows, assigned)
    members = (
        Member(
            row["sensor_id"],
            assigned[row["sensor_id"]],
            _periods(origin, row),
            SensorFacts(rule_value=origin.rule_values.get(row["sensor_id"])),
        )
        for row in _sorted(rows)
    )
    return BaselineTask(
        Roster({0: tuple(members)}),
        origin.axis,
        fleet.horizon,
        parameters,
        origin.section("backtest", BacktestParameters),
        origin.section("interval", IntervalParameters),
        fleet.history_weeks,
    )


def _check(origin: Origin, rows: pl.DataFrame, known: Collection[str]) -> None:
    if strange := sorted(set(rows["sensor_id"]) - set(known)):
        raise ReleaseError(
            f"release {origin.rid[:12]} does not hold what lineage says it held first, of "
            f"{listing(strange)}; prove it with `modelfleet audit`"
        )


def _sorted(rows: pl.DataFrame) -> Iterable[dict[str, Any]]:
    return rows.sort("sensor_id").iter_rows(named=True)


def _periods(origin: Origin, row: Mapping[str, Any]) -> Periods:
    """Left-out periods as stretches of the grid."""
    return tuple((origin.axis.index(a), origin.axis.index(b)) for a, b in row["excluded"])
