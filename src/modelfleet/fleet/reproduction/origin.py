"""How a release made its models: all that training needs besides readings, from its own files."""

import functools
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import polars as pl
from pydantic import ValidationError

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.features import Covariates
from modelfleet.domain.parameters.base import Parameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.ingest.covariates import covariate_arrays
from modelfleet.fleet.provenance import COVARIATES, RUN_LINEAGE
from modelfleet.fleet.release_content import CONFIGURATION

__all__ = ["Origin", "OriginFiles"]

Section = TypeVar("Section", bound=Parameters)


class OriginFiles(Protocol):
    """A release whose bytes were checked."""

    @property
    def rid(self) -> str:
        """Its name."""
        ...

    @property
    def contents(self) -> Mapping[str, bytes]:
        """Path to bytes of its files."""
        ...

    @property
    def about(self) -> Mapping[str, bytes]:
        """Path to bytes of the files about its run."""
        ...

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables."""
        ...


@dataclass(frozen=True, eq=False)
class Origin:
    """What a release was made by.

    Attributes:
        rid: its name.
        configuration: that shaped it, by section.
        axis: time axis of its run.
        sensors: metadata of its fleet.
        models: as they were released.
        baselines: likewise.
        covariates: companions of the fleet, where its recipes see any.
    """

    rid: str
    configuration: Mapping[str, Any]
    axis: Axis
    sensors: pl.DataFrame
    models: pl.DataFrame
    baselines: pl.DataFrame
    covariates: Covariates | None

    @classmethod
    def of(cls, release: OriginFiles) -> Self:
        """Read it from a release.

        Raises:
            ReleaseError: it was made before lineage was recorded.
        """
        run = release.about.get(RUN_LINEAGE)
        if run is None:
            raise ReleaseError(
                f"release {release.rid[:12]} was made before lineage was recorded: what its models "
                "learned from is not known"
            )
        axis = Axis(**json.loads(run)["period"]["axis"])
        seen = release.about.get(COVARIATES)
        table = None if seen is None else pl.read_parquet(io.BytesIO(seen))
        return cls(
            release.rid,
            json.loads(release.contents[CONFIGURATION]),
            axis,
            release.table("sensors"),
            release.table("models"),
            release.table("baselines"),
            None if table is None else covariate_arrays(table, axis),
        )

    def section(self, section: str, kind: type[Section], /, **more: Any) -> Section:
        """A section of the configuration.

        Args:
            section: its name.
            kind: its type.
            more: what shapes no model, and is not kept.

        Raises:
            ReleaseError: this code does not know such a configuration.
        """
        try:
            return kind.model_validate({**more, **self.configuration[section]})
        except (KeyError, ValidationError) as error:
            first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "is missing"
            raise ReleaseError(
                f"the configuration of release {self.rid[:12]} is not one that this code reads: "
                f"{section} {first}; install the version of Modelfleet that made it"
            ) from error

    @functools.cached_property
    def rule_values(self) -> dict[str, float | None]:
        """Of the business rule of each sensor."""
        return dict(self.sensors.select("sensor_id", "rule_value").iter_rows())
