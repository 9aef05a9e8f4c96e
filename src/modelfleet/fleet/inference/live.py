"""What is live, as inference needs it, and who forecasts whom."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from modelfleet.domain.approvals import Problem
from modelfleet.fleet.serving import Forecaster

__all__ = ["LiveRelease", "LiveReleases", "Service", "share_out"]


class LiveRelease(Protocol):
    """A release whose bytes were checked."""

    @property
    def rid(self) -> str:
        """Its name."""
        ...

    @property
    def forecaster(self) -> Forecaster:
        """What forecasts by it.

        Raises:
            ReleaseError: it was made before releases could forecast.
        """
        ...

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables."""
        ...


class LiveReleases(Protocol):
    """What serves an environment, proved to the byte."""

    @property
    def serves(self) -> Mapping[str, str]:
        """Cohort to the release that is proved; a cohort without any is not in it."""
        ...

    @property
    def releases(self) -> Mapping[str, LiveRelease]:
        """Name to release."""
        ...

    @property
    def problems(self) -> Sequence[Problem]:
        """Why something newer does not serve."""
        ...


@dataclass(frozen=True)
class Service:
    """Sensors that are forecast together.

    Attributes:
        rid: the release that serves them; ``None`` where none is proved.
        sensors: their ids, sorted.
    """

    rid: str | None
    sensors: tuple[str, ...]


def share_out(live: LiveReleases, known: pl.DataFrame) -> tuple[Service, ...]:
    """Give every known sensor to the release that forecasts it, or to none.

    A release forecasts the sensors that it has in the cohorts it serves. One that changed its
    cohort may stand in several: that of its cohort of today comes first. A sensor that no release
    has is given to that of its cohort, which says that it does not know it; so is one of a cohort
    that nobody ever released, to the release that serves most cohorts. What is left has lost its
    release.

    Args:
        live: what serves.
        known: ``sensor_id`` and ``cohort``, null where nobody knows: every sensor of the fleet.

    Returns:
        services by release, that without one last; every sensor of ``known`` and of the releases
        stands in one of them.
    """
    homes = pl.concat([_served(live, rid) for rid in sorted(live.releases)] or [NOBODY])
    by_cohort = {cohort: _release_of(cohort, live) for cohort in known["cohort"].unique()}
    today = pl.col("cohort").replace_strict(by_cohort, return_dtype=pl.String)
    asked = known.select("sensor_id", rid=today, at_home=pl.lit(value=False))
    current = dict(asked.select("sensor_id", "rid").iter_rows())
    preferred = pl.col("sensor_id").replace_strict(current, default=None, return_dtype=pl.String)
    ranked = pl.concat([homes, asked]).sort(
        pl.col("at_home"),
        (pl.col("rid") == preferred).fill_null(value=False),
        descending=[True, True],
        maintain_order=True,
    )
    chosen = ranked.unique("sensor_id", keep="first", maintain_order=True).sort("sensor_id")
    groups = chosen.group_by("rid").agg("sensor_id").sort("rid", nulls_last=True)
    return tuple(Service(rid, tuple(ids)) for rid, ids in groups.iter_rows())


NOBODY = pl.DataFrame(schema={"sensor_id": pl.String, "rid": pl.String, "at_home": pl.Boolean})


def _release_of(cohort: str | None, live: LiveReleases) -> str | None:
    """The release that is asked for a cohort, or ``None`` where one was lost."""
    serves = live.serves
    lost = any(problem.cohort in {None, cohort} for problem in live.problems)
    if cohort in serves or lost or not serves:
        return serves.get(cohort or "")
    counts = Counter(serves.values())
    return max(sorted(counts), key=counts.__getitem__)


def _served(live: LiveReleases, rid: str) -> pl.DataFrame:
    """Sensors that a release has in the cohorts that it serves."""
    cohorts = [cohort for cohort, each in live.serves.items() if each == rid]
    rows = live.releases[rid].table("serves").filter(pl.col("cohort").is_in(cohorts))
    return rows.select("sensor_id", rid=pl.lit(rid), at_home=pl.lit(value=True))
