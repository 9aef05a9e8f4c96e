"""The stages after ingestion, for a fleet that stands at some date."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from modelfleet.domain.windows import Backtest
from modelfleet.fleet.admissions import decide_admissions
from modelfleet.fleet.descriptions import describe_profiles
from modelfleet.fleet.ingest import covariate_arrays
from modelfleet.fleet.judged import Judged
from modelfleet.fleet.roster import assign, ids_by_shard, make_roster
from modelfleet.fleet.tables import to_pandas
from modelfleet.fleet.tasks import BaselineTask, ProfileTask, TrainingTask
from modelfleet.pipelines.validation.expectations import check_expectations, unmet_by_sensor
from tests.benchmarks.regret.fleet import Fleet

__all__ = ["FrozenTask", "admit", "choose_baselines", "training_task"]


@dataclass(frozen=True)
class FrozenTask(TrainingTask):
    """Forecasts all judged weeks by one model, fitted before the first of them."""

    def plan(self, judged: Judged) -> Backtest:
        """See :class:`~modelfleet.fleet.tasks.TrainingTask`."""
        plan = super().plan(judged)
        first = plan.training[0]
        return replace(plan, training=(first,) * len(plan.training), final=first)


def admit(fleet: Fleet) -> pl.DataFrame:
    """The admitted sensors: the validation stage, with its expectations on profiles."""
    validation = fleet.settings["validation"]
    task = ProfileTask(ids_by_shard(fleet.sensors), fleet.axis, validation.profile)
    profiles = describe_profiles(
        fleet.sensors,
        fleet.run(task).drop("weekly_coverage"),
        fleet.rejected,
        axis=fleet.axis,
        validation=validation,
    )
    expectations = [each for each in validation.expectations if each.table == "profiles"]
    unmet = unmet_by_sensor(check_expectations({"profiles": to_pandas(profiles)}, expectations))
    admissions = decide_admissions(profiles, unmet, validation)
    return fleet.sensors.join(admissions.filter("admitted"), on="sensor_id", how="semi")


def choose_baselines(fleet: Fleet, admitted: pl.DataFrame) -> dict[str, str]:
    """The baseline stage: the baseline of each sensor, by name."""
    parameters = fleet.settings["baseline"]
    task = BaselineTask(
        make_roster(admitted, assign(admitted, parameters.assign), {}),
        fleet.axis,
        fleet.settings["fleet"].horizon,
        parameters,
        fleet.settings["backtest"],
        fleet.settings["intervals"],
    )
    return dict(fleet.run(task).select("sensor_id", "baseline").iter_rows())


def training_task(
    fleet: Fleet,
    admitted: pl.DataFrame,
    baselines: Mapping[str, str],
    *,
    weeks: int,
    kind: type[TrainingTask] = TrainingTask,
) -> TrainingTask:
    """The training stage, with the last weeks before the date judged."""
    parameters = fleet.settings["training"]
    return kind(
        make_roster(admitted, assign(admitted, parameters.assign), {}),
        baselines=baselines,
        baseline_weeks=fleet.settings["baseline"].weeks,
        axis=fleet.axis,
        horizon=fleet.settings["fleet"].horizon,
        parameters=parameters,
        backtest=fleet.settings["backtest"].model_copy(update={"weeks": weeks}),
        intervals=fleet.settings["intervals"],
        covariates=covariate_arrays(fleet.covariates, fleet.axis),
    )
