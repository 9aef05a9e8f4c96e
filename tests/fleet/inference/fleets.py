"""A small fleet of which two releases serve a cohort each, made live for real."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.inference import InferenceParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.axis import find_axis
from modelfleet.fleet.extract import Extract
from modelfleet.fleet.inference import (
    InferencePlan,
    Inputs,
    Kept,
    account_for,
    forecast_fleet,
    known_sensors,
    plan_inference,
    read_recent,
)
from modelfleet.fleet.provenance import attachments
from modelfleet.fleet.release_content import ReleaseDraft
from modelfleet.fleet.spans import spans_of
from modelfleet.stores.governance import Governance, open_live
from modelfleet.stores.governance.assets import append_automatic
from tests.fleet.engine.tasks import FrameSource
from tests.fleet.serving.releases import BASELINE, WEEK, Made, make_release
from tests.fleet.tasks.test_tasks import FEATURES, noise
from tests.governed import decision

__all__ = ["COHORTS", "FLEET", "WEEKS", "Fleet", "append", "draft_of", "make_fleet", "rows_of"]

WEEKS = 14
N = WEEKS * WEEK
COHORTS = {
    "a": "c", "based": "c", "never": "c", "old": "c",
    "blob": "d", "far": "d",
}  # fmt: skip
"""Sensors: on a linear model, on a baseline, never heard, retired; on bytes, and linear again."""

FLEET = FleetParameters(
    name="t", frequency="1h", time_zone="UTC", horizon=24, shards=1, quorum=0.25
)
PARAMETERS = InferenceParameters(step="1d", max_backup_share=1.0, max_fallback_share=1.0)
BOOSTED = {"class": "sklearn.ensemble.HistGradientBoostingRegressor", "arguments": {"max_iter": 3}}
LINEAR = {"class": "sklearn.linear_model.Ridge", "arguments": {"alpha": 5.0}}


class Frame:
    """Stored readings that are a frame."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self.rows = rows

    def between(self, since: datetime | None, until: datetime) -> Extract:
        asked = pl.col("timestamp") < until
        if since is not None:
            asked &= pl.col("timestamp") >= since
        return Extract(self.rows.lazy().filter(asked), 1, 0, 1)


@dataclass(frozen=True)
class Table:
    """Predictions that are there."""

    there: Mapping[datetime, Kept] = field(default_factory=dict)

    def kept(self, origins: Sequence[datetime]) -> Mapping[datetime, Kept]:
        return {origin: self.there[origin] for origin in origins if origin in self.there}


@dataclass(frozen=True)
class Fleet:
    """What a run of inference finds.

    Attributes:
        governance: channel and releases on disk.
        made: the release that serves cohort c, and served d before.
        readings: of all sensors.
        sensors: metadata.
    """

    governance: Governance
    made: Made
    readings: pl.DataFrame
    sensors: pl.DataFrame

    @property
    def origin(self) -> datetime:
        """The step after the last reading of the release."""
        return self.made.axis.time(self.made.axis.stop)

    def plan(self, *, table: Table | None = None, **asked: Any) -> InferencePlan:
        """What is to be done."""
        return plan_inference(
            PARAMETERS.model_copy(update=asked),
            axis=find_axis(FrameSource({0: self.readings}), FLEET)
            if self.readings.height
            else self.made.axis,
            live=open_live(self.governance),
            table=table or Table(),
            known=known_sensors(self.sensors, spans_of(self.readings.lazy())),
            readings_version=7,
        )

    def forecast(self, plan: InferencePlan | None = None) -> pl.DataFrame:
        """All predictions of a run, after they were counted."""
        plan = plan or self.plan()
        since = plan.since(timedelta(weeks=BASELINE.reach))
        recent = read_recent(Frame(self.readings), since=since, until=plan.until)
        inputs = Inputs(
            readings=recent.rows,
            covariates=pl.DataFrame({"timestamp": []}, schema={"timestamp": TIME}),
            excluded={},
            sensors=self.sensors,
            fleet=FLEET,
            baseline=BASELINE,
            packages=["sklearn"],
        )
        rows = pl.concat(forecast_fleet(plan, inputs))
        account_for(rows.lazy(), plan)
        return rows

    def altered(self, **changes: Any) -> "Fleet":
        """Another one, with the same releases."""
        return replace(self, **changes)


TIME = pl.Datetime("us", "UTC")


def make_fleet(governance: Governance) -> Fleet:
    """Two releases, live: the first for both cohorts, then the second for cohort d."""
    parameters = TrainingParameters.model_validate(
        {
            "allowed_packages": ["sklearn"],
            "recipes": {
                name: {"features": FEATURES, "estimator": spec}
                for name, spec in (("r", LINEAR), ("b", {**BOOSTED, "standardise": False}))
            },
            "assign": {"default": "r"},
        }
    )
    metadata = {name: {"cohort": cohort} for name, cohort in COHORTS.items()}
    made = make_release(
        {name: noise(name, N) for name in COHORTS if name != "never"},
        weeks=WEEKS,
        parameters=parameters,
        recipes={"blob": "b"},
        serves={"based": "baseline", "old": "retired", "never": "none"},
        unheard=("never",),
        metadata=metadata,
        rules={"rate_of_change": [{"name": "no_leap", "max_change": 20.0}]},
    )
    append(governance, made, "c", "d")
    append(governance, newer(made), "d")
    sensors = made.table("sensors").select("sensor_id", "cohort", "kind", "unit", *LIMITS)
    return Fleet(governance, made, made.readings(), sensors)


LIMITS = ("lower_limit", "upper_limit", "rule_value")


def newer(made: Made) -> Made:
    """A release whose linear model of cohort d is another one."""
    far = pl.when(pl.col("sensor_id") == "far").then(pl.col("intercept") + 0.5)
    return made.with_table(
        "models", lambda table: table.with_columns(intercept=far.otherwise("intercept"))
    )


def draft_of(made: Made) -> ReleaseDraft:
    """A release in memory as one that can be published."""
    manifest = Manifest.of(made.contents, code="c" * 64, versions={}, readings="r" * 64)
    return ReleaseDraft(made.contents, manifest, attachments({"made": manifest.rid}, {}))


def append(governance: Governance, made: Made, *cohorts: str) -> str:
    """Publish a release and make it live for some cohorts; its name."""
    draft = draft_of(made)
    governance.releases.publish(draft)
    digest = governance.releases.provenance_digest(draft.rid)
    append_automatic(governance, decision(draft.rid, *cohorts, provenance=digest))
    return draft.rid


def rows_of(rows: pl.DataFrame, *sensors: str) -> pl.DataFrame:
    """Rows of some sensors."""
    return rows.filter(pl.col("sensor_id").is_in(sensors))
