"""What serves the fleet now: what a run's candidates challenge, and what it may carry over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self

import polars as pl

from modelfleet.fleet.lineage.schema import LINEAGE_SCHEMA

__all__ = ["Champions", "LiveTables", "models_in_service"]

SERVED_BY_MODEL = ("model", "champion")


def no_lineage() -> pl.DataFrame:
    """Of nothing that is live."""
    return pl.DataFrame(schema=LINEAGE_SCHEMA)


class LiveTables(Protocol):
    """A release whose bytes were checked."""

    @property
    def rid(self) -> str:
        """Its name."""
        ...

    @property
    def provenance(self) -> Mapping[str, Any]:
        """The run that made it."""
        ...

    @property
    def lineage(self) -> pl.DataFrame:
        """What each of its models and baselines was made of."""
        ...

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables."""
        ...


@dataclass(frozen=True)
class Champions:
    """What is live, cohort by cohort; all tables are empty before the first release.

    Attributes:
        serves: one row per sensor, as its ledger had it.
        models: of sensors that a model serves.
        baselines: the backups.
        verdicts: of the runs that made the releases.
        scorecard: likewise.
        stamp: what the verdicts were made from; ``None`` where several releases serve.
        lineage: what each model and baseline was made of.
    """

    serves: pl.DataFrame
    models: pl.DataFrame
    baselines: pl.DataFrame
    verdicts: pl.DataFrame
    scorecard: pl.DataFrame
    stamp: str | None = None
    lineage: pl.DataFrame = field(default_factory=no_lineage)

    @classmethod
    def none(cls) -> Self:
        """Nothing is live."""
        ids = pl.DataFrame(schema={"sensor_id": pl.String})
        models = ids.with_columns(version=pl.lit(None, dtype=pl.String))
        serves = models.with_columns(serves=pl.lit(None, dtype=pl.String))
        return cls(serves, models, ids, ids, ids)

    @classmethod
    def of(cls, live: Mapping[str, LiveTables]) -> Self:
        """Gather what serves each cohort.

        Args:
            live: cohort to release.
        """
        releases = {release.rid: release for release in live.values()}
        if not releases:
            return cls.none()
        parts: list[dict[str, pl.DataFrame]] = []
        for rid, release in sorted(releases.items()):
            cohorts = [cohort for cohort, each in live.items() if each.rid == rid]
            parts.append(_part(release, cohorts, without=[part["serves"] for part in parts]))
        stamps = {release.provenance.get("evaluation_stamp") for release in releases.values()}
        whole = {name: pl.concat([p[name] for p in parts], how="diagonal") for name in GATHERED}
        return cls(
            whole["serves"],
            whole["models"],
            whole["baselines"],
            whole["verdicts"],
            whole["scorecard"],
            stamp=stamps.pop() if len(releases) == 1 else None,
            lineage=whole["lineage"],
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is live."""
        return self.serves.is_empty()

    @property
    def end(self) -> datetime | None:
        """The last step that the live release's run knew of."""
        if "trained_to" not in self.baselines.columns:
            return None
        last = self.baselines["trained_to"].max()
        return last if isinstance(last, datetime) else None


TABLES = ("serves", "models", "baselines", "verdicts", "scorecard")
GATHERED = (*TABLES, "lineage")


def _part(
    release: LiveTables, cohorts: Sequence[str], *, without: Sequence[pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """The tables of a release, for the sensors of the cohorts that it serves.

    A sensor that changed its cohort may be in two releases that serve: it is taken once.
    """
    serves = release.table("serves").filter(pl.col("cohort").is_in(list(cohorts)))
    for taken in without:
        serves = serves.join(taken, on="sensor_id", how="anti")
    ids = serves["sensor_id"].implode()
    others = {name: release.table(name) for name in TABLES[1:]} | {"lineage": release.lineage}
    return {
        "serves": serves,
        **{name: table.filter(pl.col("sensor_id").is_in(ids)) for name, table in others.items()},
    }


def models_in_service(champions: Champions) -> pl.DataFrame:
    """The models of the sensors that a model serves now, one row each, sorted."""
    serving = champions.serves.filter(pl.col("serves").is_in(SERVED_BY_MODEL))
    return champions.models.join(serving.select("sensor_id"), on="sensor_id", how="semi").sort(
        "sensor_id"
    )
