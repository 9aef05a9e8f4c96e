"""Releases in memory, made by the real tasks of a few series of noise."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.baselines import SensorFacts
from modelfleet.domain.features import Covariates
from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.fleet import BacktestParameters, FleetParameters
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.ledger import LEDGER_SCHEMA
from modelfleet.fleet.release_content import draft_release, shaping_parameters
from modelfleet.fleet.roster import Member, Periods, Roster
from modelfleet.fleet.sensor_rules import rules_by_sensor
from modelfleet.fleet.serving import Forecaster
from modelfleet.fleet.tasks import BaselineTask, TrainingTask
from tests.fleet.engine.tasks import FrameSource
from tests.fleet.tasks.test_tasks import INTERVALS, training

WEEK = 168
START = datetime(2018, 1, 1, tzinfo=UTC)
FIRST = int(START.timestamp()) // 3600
BACKTEST = BacktestParameters(weeks=4, choice_weeks=2, min_training_weeks=4)
BASELINE = BaselineParameters.model_validate(
    {
        "weeks": 4,
        "candidates": ["hour_of_week_median", "weekly_naive"],
        "assign": {"default": "best"},
    }
)


@dataclass
class Made:
    """A release in memory, and what it was made of.

    Attributes:
        series: values by sensor, from a first step to the end.
        axis: of the run.
    """

    rid: str
    contents: dict[str, bytes]
    series: Mapping[str, np.ndarray]
    axis: Axis
    excluded: Mapping[str, Periods] = field(default_factory=dict)

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables."""
        return pl.read_parquet(io.BytesIO(self.contents[f"{name}.parquet"]))

    def with_table(self, name: str, change: Any) -> "Made":
        """The same release with a table that was tampered with."""
        out = io.BytesIO()
        change(self.table(name)).write_parquet(out)
        return replace(self, contents={**self.contents, f"{name}.parquet": out.getvalue()})

    def readings(self, *, since: datetime | None = None) -> pl.DataFrame:
        """All readings, or those from a time on."""
        frame = readings_of(self.series, self.axis)
        return frame if since is None else frame.filter(pl.col("timestamp") >= since)

    @property
    def forecaster(self) -> Forecaster:
        """Forecasts by it."""
        return Forecaster.of(self)


def readings_of(series: Mapping[str, np.ndarray], axis: Axis) -> pl.DataFrame:
    """Series that end with the axis as readings; holes have no row."""
    frames = []
    for name, values in series.items():
        steps = np.arange(axis.stop - len(values), axis.stop)
        frames.append(
            pl.DataFrame(
                {
                    "sensor_id": [name] * len(values),
                    "timestamp": pl.from_epoch(pl.Series(steps * 3600), "s")
                    .dt.replace_time_zone("UTC")
                    .cast(pl.Datetime("us", "UTC")),
                    "value": values,
                }
            )
        )
    return pl.concat(frames).filter(pl.col("value").is_not_nan()).sort("sensor_id", "timestamp")


def make_release(
    series: Mapping[str, np.ndarray],
    *,
    zone: str = "UTC",
    weeks: int = 24,
    parameters: TrainingParameters | None = None,
    recipes: Mapping[str, str] | None = None,
    excluded: Mapping[str, Periods] | None = None,
    rules: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Mapping[str, Any]] | None = None,
    serves: Mapping[str, str] | None = None,
    baseline: BaselineParameters = BASELINE,
    covariates: Covariates | None = None,
    unheard: tuple[str, ...] = (),
) -> Made:
    """Fit, and say what serves each sensor.

    Args:
        series: values by sensor, NaN in holes; each ends with the run.
        zone: of the local calendar.
        weeks: of the run.
        parameters: the recipes; the default has one, called ``r``.
        recipes: recipe by sensor.
        excluded: periods by sensor that are left out.
        rules: business rules, as in configuration.
        metadata: further columns by sensor.
        serves: ``baseline``, ``none`` or ``retired`` by sensor; a model serves all others.
        covariates: companions.
        unheard: sensors without any reading.
    """
    axis = Axis(60, zone, FIRST, FIRST + weeks * WEEK)
    fleet = FleetParameters(
        name="t", frequency="1h", time_zone=zone, horizon=24, shards=1, quorum=0.25
    )
    parameters, excluded = parameters or training(), dict(excluded or {})
    rule_parameters = RuleParameters.model_validate(dict(rules or {}))
    sensors = _sensors([*series, *unheard], metadata or {})
    bound = rules_by_sensor(sensors, rule_parameters)
    facts = dict(sensors.select("sensor_id", "rule_value").iter_rows())

    def roster(assigned: Mapping[str, str], default: str, ids: list[str]) -> Roster:
        return Roster(
            {
                0: tuple(
                    Member(
                        i,
                        assigned.get(i, default),
                        tuple(excluded.get(i, ())),
                        SensorFacts(rule_value=facts[i]),
                        **({"rules": bound[i]} if i in bound else {}),
                    )
                    for i in sorted(ids)
                )
            }
        )

    readings = readings_of(series, axis)
    backups = BaselineTask(
        roster(baseline.assign.sensors, baseline.assign.default, [*series, *unheard]),
        axis, 24, baseline, BACKTEST, INTERVALS,
    )  # fmt: skip
    baselines = backups.run(readings)
    task = TrainingTask(
        roster=roster(recipes or {}, "r", list(series)),
        baselines=dict(baselines.select("sensor_id", "baseline").iter_rows()),
        baseline_weeks=baseline.weeks, axis=axis, horizon=24, parameters=parameters,
        backtest=BACKTEST, intervals=INTERVALS, covariates=covariates,
    )  # fmt: skip
    candidates = task.run(readings)
    draft = draft_release(
        sensors=sensors,
        ledger=_ledger(sensors, candidates, baselines, serves or {}),
        candidates=candidates,
        baselines=baselines,
        scorecard=pl.DataFrame({"sensor_id": list(series)}),
        verdicts=pl.DataFrame({"sensor_id": list(series)}),
        parameters=shaping_parameters(fleet, baseline, parameters, rule_parameters),
        readings=FrameSource({0: readings}),
        run={},
        files={},
    )
    return Made(draft.rid, dict(draft.contents), series, axis, excluded)


def _sensors(ids: list[str], metadata: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    rows = [
        {
            "sensor_id": i, "cohort": "c", "kind": "k", "unit": "u", "lower_limit": None,
            "upper_limit": None, "rule_value": None, **metadata.get(i, {}),
        }
        for i in sorted(ids)
    ]  # fmt: skip
    numbers = dict.fromkeys(("lower_limit", "upper_limit", "rule_value"), pl.Float64)
    return pl.DataFrame(rows, schema_overrides=numbers)


def _ledger(
    sensors: pl.DataFrame,
    candidates: pl.DataFrame,
    baselines: pl.DataFrame,
    serves: Mapping[str, str],
) -> pl.DataFrame:
    models = dict(candidates.select("sensor_id", "version").iter_rows())
    backups = dict(baselines.select("sensor_id", "version").iter_rows())
    rows = []
    for sensor_id, cohort in sensors.select("sensor_id", "cohort").iter_rows():
        on = serves.get(sensor_id, "model" if models.get(sensor_id) else "baseline")
        outcomes = {"model": "accepted", "retired": "retired", "none": "quarantined"}
        rows.append(
            {
                "sensor_id": sensor_id,
                "cohort": cohort,
                "outcome": outcomes.get(on, "backup"),
                "serves": "none" if on == "retired" else on,
                "version": (models if on == "model" else backups).get(sensor_id),
                "reasons": {
                    "model": [], "retired": ["retired_by_owner"], "none": ["no_data"],
                }.get(on, ["not_better_than_baseline"]),
            }
        )  # fmt: skip
    return pl.DataFrame(rows, schema=LEDGER_SCHEMA)
