"""From recent readings to the next horizon of every sensor: models, then rules, then backups."""

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

import numpy as np
import polars as pl

from modelfleet.domain.arrays import IntArray
from modelfleet.domain.errors import DataError
from modelfleet.domain.features import Covariates
from modelfleet.fleet.ingest.covariates import covariate_arrays
from modelfleet.fleet.model_bytes import KNOWN_PACKAGES
from modelfleet.fleet.roster import Periods
from modelfleet.fleet.serving.content import Content, ReleaseTables
from modelfleet.fleet.serving.models import forecast_models
from modelfleet.fleet.serving.readings import judge_readings, read_covariates
from modelfleet.fleet.serving.rows import Outcome, forecast_rows, unknown_rows
from modelfleet.fleet.serving.service import serve
from modelfleet.fleet.serving.stacks import Stacks
from modelfleet.fleet.serving.window import Window, find_origin, open_window

if TYPE_CHECKING:
    import pandas as pd  # takes a second to load, and is not needed

    Frame = pl.DataFrame | pl.LazyFrame | pd.DataFrame

__all__ = ["Forecaster"]

NOTHING_EXCLUDED: Mapping[str, Periods] = {}


@dataclass(frozen=True)
class Forecaster:
    """Forecasts by what a release holds. Made once, asked as often as one likes.

    Attributes:
        content: of the release.
    """

    content: Content

    @classmethod
    def of(cls, release: ReleaseTables) -> Self:
        """Read a release.

        Raises:
            ReleaseError: it was made before releases held what forecasts need.
        """
        return cls(Content.of(release))

    @property
    def history(self) -> timedelta:
        """How far before the first forecast step readings are looked at, one by one."""
        return timedelta(weeks=self.content.fleet.history_weeks)

    @property
    def readings_from(self) -> datetime:
        """Readings from this time on give, to the bit, what the whole history would give."""
        return self.content.axis.time(self.content.begin)

    def predict(
        self,
        readings: "Frame",
        *,
        at: datetime | None = None,
        sensors: Collection[str] | None = None,
        covariates: "Frame | None" = None,
        excluded: Mapping[str, Periods] = NOTHING_EXCLUDED,
        packages: Sequence[str] = tuple(sorted(KNOWN_PACKAGES)),
    ) -> pl.DataFrame:
        """Forecast the next horizon.

        Args:
            readings: ``sensor_id``, ``timestamp`` with a zone and ``value``, in any order.
            at: time of the first step to forecast; readings from it on are not looked at. ``None``
                is the step after the last one that a quorum of the sensors has reached, and never
                before the end of what the release knows.
            sensors: ids to forecast; ``None`` is every sensor that the release knows, whether there
                are readings of it or not, and those that only the readings name.
            covariates: ``timestamp`` and a column for each companion that recipes look at.
            excluded: periods by sensor that no pattern is to be learned from, half-open and in
                grid indices, beside those that the release knows.
            packages: that estimators may come from, beside linear models.

        Returns:
            :data:`~modelfleet.fleet.serving.schema.FORECAST_SCHEMA`, sorted.

        Raises:
            SchemaError: a column is missing or of the wrong kind, or a time names no zone.
            DataError: the release cannot forecast this time.
        """
        content = self.content
        judged = judge_readings(readings, content.ids, step_minutes=content.axis.step_minutes)
        origin = find_origin(judged.rows, content, at)
        asked, strangers = self.asked(sensors, unknown=judged.unknown)
        window = open_window(content, asked, judged, origin, excluded=excluded)
        companions = _companions(covariates, window)
        known = forecast_rows(_forecast(content, asked, window, companions, packages))
        if not strangers:
            return known
        unknown = unknown_rows(strangers, window, content.rid)
        return pl.concat([known, unknown]).sort("sensor_id", "timestamp")

    def asked(
        self, sensors: Collection[str] | None, *, unknown: Sequence[str] = ()
    ) -> tuple[IntArray, Sequence[str]]:
        """Positions of the sensors to forecast, and the ids of those that nobody knows.

        Args:
            sensors: ids; ``None`` is every sensor of the release, and the ``unknown``.
            unknown: ids that only the readings name.

        Raises:
            DataError: ``sensors`` is a single text.
        """
        if sensors is None:
            return np.arange(len(self.content.ids)), unknown
        if isinstance(sensors, str):
            raise DataError(f"sensors is one text, {sensors!r}; give a list of ids")
        places = self._places
        known = sorted({places[each] for each in sensors if each in places})
        return np.array(known, dtype=np.int64), sorted(set(sensors) - set(places))

    @functools.cached_property
    def _places(self) -> Mapping[str, int]:
        return {sensor_id: place for place, sensor_id in enumerate(self.content.ids)}


def _companions(covariates: "Frame | None", window: Window) -> Covariates | None:
    if covariates is None:
        return None
    return covariate_arrays(read_covariates(covariates, window.axis.step_minutes), window.axis)


def _forecast(
    content: Content,
    asked: IntArray,
    window: Window,
    covariates: Covariates | None,
    packages: Sequence[str],
) -> Outcome:
    stacks = Stacks(window)
    models = content.models[asked]
    (told,) = forecast_models(models, stacks, covariates=covariates, packages=packages)
    return serve(content, asked, stacks, told)
