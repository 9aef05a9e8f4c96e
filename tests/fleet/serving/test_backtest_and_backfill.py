"""What is forecast of a past week is what the backtest judged of that week: no skew, no leakage."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pytest

from modelfleet.domain.backtest import forecast_weeks
from modelfleet.domain.baselines import SensorFacts
from modelfleet.domain.forecasters import FittedModel, LinearModel
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.fleet.blocks import blocks
from modelfleet.fleet.judged import Judged, judged_series
from modelfleet.fleet.model_bytes import model_to_bytes
from modelfleet.fleet.roster import Member, Periods, Roster
from modelfleet.fleet.sensor_rules import rules_by_sensor
from modelfleet.fleet.serving import backfill
from modelfleet.fleet.tasks import TrainingTask
from tests.benchmarks.recipe import default_recipe
from tests.fleet.serving.releases import BACKTEST, BASELINE, FIRST, WEEK, Made, make_release
from tests.fleet.serving.test_predict import boosted
from tests.fleet.serving.test_same_features import fleet, holed
from tests.fleet.tasks.test_tasks import INTERVALS, noise, training

JUDGED = BACKTEST.weeks
BASELINES = ("weekly_naive", "hour_of_week_median", "business_rule")
ASSIGN = {f"{name} {kind}": name for name in BASELINES for kind in ("whole", "holed", "excluded")}
BY_NAME = BASELINE.model_copy(
    update={"assign": BASELINE.assign.model_copy(update={"sensors": ASSIGN})}
)
RULES = {
    "limits": [{"name": "possible", "low": 7.5, "high": 12.5}],
    "rate_of_change": [{"name": "no_leap", "max_change": 2.0}],
}


@dataclass
class Judges:
    """The backtest of a run, sensor by sensor.

    Attributes:
        made: the release of that run.
        task: its training.
        judged: series by sensor.
    """

    made: Made
    task: TrainingTask
    judged: Mapping[str, Judged]

    @classmethod
    def of(cls, made: Made, parameters: TrainingParameters, rules: Mapping[str, Any]) -> "Judges":
        """Set the training of a release up again, as the run did."""
        sensors = made.table("sensors")
        bound = rules_by_sensor(sensors, RuleParameters.model_validate(dict(rules)))
        facts = dict(sensors.select("sensor_id", "rule_value").iter_rows())
        members = {
            name: Member(
                name,
                "r",
                tuple(made.excluded.get(name, ())),
                SensorFacts(rule_value=facts[name]),
                **({"rules": bound[name]} if name in bound else {}),
            )
            for name in sorted(made.series)
        }
        task = TrainingTask(
            roster=Roster({0: tuple(members.values())}),
            baselines=dict(made.table("baselines").select("sensor_id", "baseline").iter_rows()),
            baseline_weeks=BY_NAME.weeks, axis=made.axis, horizon=24, parameters=parameters,
            backtest=BACKTEST, intervals=INTERVALS,
        )  # fmt: skip
        judged = {
            name: judged_series(block, members[name], made.axis, weeks=JUDGED)
            for name, block in blocks(made.readings(), made.axis)
        }
        return cls(made, task, judged)

    def members(self) -> Iterator[tuple[Member, Judged]]:
        """Everybody with its series."""
        for member in self.task.roster.all():
            yield member, self.judged[member.sensor_id]

    def fits(self, member: Member, judged: Judged) -> list[FittedModel | None]:
        """What was fitted at each weekly origin."""
        design = self.task.design("r", judged)
        return list(
            self.task.forecaster("r", member).refit(
                design.columns,
                judged.series.values,
                judged.series.learnable & design.usable,
                self.task.plan(judged).training,
                min_rows=self.task.min_rows,
            )
        )

    def backtest(self, member: Member, judged: Judged, fits: list[Any]) -> dict[str, np.ndarray]:
        """Step by step: what the model said, what the baseline said, and what would be served."""
        design, plan = self.task.design("r", judged), self.task.plan(judged)
        model = judged.by_week(forecast_weeks(fits, design, plan.scoring))
        backup = self.task.backup(member, judged)
        replay = self.task.replay(member, judged, model, backup).forecast
        return {"model": model, "backup": backup, "served": replay}

    def replaced(self, sensor_id: str) -> Mapping[str, int]:
        """Rows that each rule took from a sensor's model."""
        ((member, judged),) = [each for each in self.members() if each[0].sensor_id == sensor_id]
        found = self.backtest(member, judged, self.fits(member, judged))
        return self.task.replay(member, judged, found["model"], found["backup"]).replaced

    def release(self, fits: Mapping[str, FittedModel | None]) -> Made:
        """The release of the whole run with the models of an earlier week in it."""

        def swap(models: pl.DataFrame) -> pl.DataFrame:
            rows = [{**row, **_columns(fits[row["sensor_id"]])} for row in models.to_dicts()]
            return pl.DataFrame(rows, schema=models.schema)

        return self.made.with_table("models", swap)


def _columns(model: FittedModel | None) -> dict[str, Any]:
    if isinstance(model, LinearModel):
        return {"coefficients": model.coefficients.tolist(), "intercept": model.intercept}
    if model is None:
        return {"coefficients": None, "model_bytes": None}
    return {"model_bytes": model_to_bytes(model, packages=("sklearn",))}


def sensors(weeks: int) -> dict[str, np.ndarray]:
    """Models with every kind of trouble, and each baseline with the trouble it can have."""
    n = weeks * WEEK
    trouble = holed("h", n, (3 * WEEK + 50, 3 * WEEK + 20), (9 * WEEK, 4 * WEEK - 60), (30, 27))
    kinds = {"whole": noise("w", n), "holed": trouble, "excluded": noise("x", n)}
    backups = {who: kinds[who.split()[1]] for who in ASSIGN}
    return {**fleet(weeks), **backups}


def periods(weeks: int) -> dict[str, Periods]:
    """Events long ago, across the clock change and in the judged weeks."""
    stop = FIRST + weeks * WEEK
    some = ((FIRST + 900, FIRST + 950), (stop - 700, stop - 340), (stop - 90, stop - 10))
    return {name: some for name in ("excluded", *ASSIGN) if "excluded" in name}


def run(
    zone: str,
    weeks: int,
    parameters: TrainingParameters,
    *,
    rules: Mapping[str, Any] | None = None,
    only: Collection[str] | None = None,
) -> Judges:
    """A run over everybody, or over some."""
    every = sensors(weeks)
    series = {name: every[name] for name in only or every}
    made = make_release(
        series, zone=zone, weeks=weeks, parameters=parameters, excluded=periods(weeks),
        serves=dict.fromkeys(ASSIGN, "baseline"), baseline=BY_NAME, rules=rules,
        metadata={who: {"rule_value": 7.5} for who in ASSIGN},
    )  # fmt: skip
    return Judges.of(made, parameters, rules or {})


def values_of(rows: pl.DataFrame, source: str | None = None) -> np.ndarray:
    value = pl.col("value") if source is None else pl.when(pl.col("source") == source).then("value")
    return rows.select(value.alias("v"))["v"].fill_null(float("nan")).to_numpy()


def check(judges: Judges) -> None:
    """Every week by the models that were fitted before it, day by day, step by step."""
    axis, readings = judges.made.axis, judges.made.readings()
    fits = {member.sensor_id: judges.fits(member, judged) for member, judged in judges.members()}
    expected = {
        member.sensor_id: judges.backtest(member, judged, fits[member.sensor_id])
        for member, judged in judges.members()
    }
    spoken = {"model": 0, "baseline": 0, "none": 0}
    for week in range(JUDGED):
        forecaster = judges.release({name: found[week] for name, found in fits.items()}).forecaster
        begin = axis.stop - (JUDGED - week) * WEEK
        origins = [axis.time(begin + 24 * day) for day in range(7)]
        told = list(backfill(forecaster, readings, origins=origins, excluded=judges.made.excluded))
        assert [origin for origin, _ in told] == origins
        for day, (_, frame) in enumerate(told):
            part = slice(24 * day, 24 * day + 24)
            for (name,), rows in frame.group_by("sensor_id"):
                said = {what: found[week][part] for what, found in expected[str(name)].items()}
                compare(rows, said, on_model=name not in ASSIGN, what=f"{name}, week {week}, {day}")
                for source, count in rows["source"].value_counts().iter_rows():
                    spoken[source] += count
    assert sum(spoken.values()) == 24 * 7 * JUDGED * len(expected)
    assert spoken["model"] > 24 * 7 * JUDGED * 2
    assert spoken["none"] > 0
    assert spoken["baseline"] > 24 * 7 * JUDGED * len(ASSIGN) * 0.8


def compare(rows: pl.DataFrame, said: dict[str, np.ndarray], *, on_model: bool, what: str) -> None:
    """What the model forecast, and the baseline where there is none, or rules stand against it."""
    model = said["served"] if on_model else np.full(24, np.nan)
    expected = np.where(np.isfinite(model), model, said["backup"])
    np.testing.assert_array_equal(values_of(rows), expected, what)
    if on_model:
        own = np.where(said["served"] == said["model"], said["model"], np.nan)
        np.testing.assert_array_equal(values_of(rows, "model"), own, what)


def default() -> TrainingParameters:
    """What is fitted where nobody says anything else."""
    recipe = default_recipe().model_dump(mode="json", by_alias=True)
    return TrainingParameters.model_validate(
        {"allowed_packages": ["sklearn"], "recipes": {"r": recipe}, "assign": {"default": "r"}}
    )


@pytest.mark.parametrize(
    ("zone", "weeks", "parameters"),
    [
        ("UTC", 20, default()),
        ("Europe/Rome", 14, training(levels=[24, 168], daily_harmonics=2, weekend=True)),
        ("America/New_York", 45, default()),
        ("Australia/Lord_Howe", 15, training()),
    ],
    ids=["UTC", "spring", "autumn", "half an hour"],
)
def test_a_past_week_is_forecast_as_the_backtest_judged_it(
    zone: str, weeks: int, parameters: TrainingParameters
) -> None:
    """Four weeks by the fits before them, through gaps, exclusions and changes of the clocks.

    Not within some tolerance: to the bit.
    """
    check(run(zone, weeks, parameters))


def test_so_are_estimators_that_are_kept_as_bytes() -> None:
    """Each fold's trees, read from the release."""
    few = ("short gap", "weeks lost", "excluded", "young", "whole", *ASSIGN)
    check(run("Europe/Rome", 14, boosted(), only=few))


def test_so_are_forecasts_that_rules_replaced() -> None:
    """Limits, and jumps from the last reading and from what is served before."""
    judges = run("Europe/Rome", 14, training(), rules=RULES)
    check(judges)
    struck = set()
    for row in judges.made.table("models").iter_rows(named=True):
        struck |= set(judges.replaced(row["sensor_id"]))
    assert struck == {"possible", "no_leap"}
