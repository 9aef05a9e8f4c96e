"""Forecasts of past origins, each made exactly as it would have been made at that time.

What a release keeps of its readings, sums for the running weekly pattern and the patterns of its
baselines, is of its own end, and knows what came after an earlier origin. For such origins it is
made anew of the readings before them. The models stay those of the release: whether one of them has
learned from what it forecasts here, tells :func:`in_sample`.

Readings are looked at in the order of time and forgotten again: a window serves all origins within
its own length, and memory grows with the number of sensors, not with that of origins or readings.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from modelfleet.domain.features import Covariates
from modelfleet.domain.weekly_sums import WeeklySums
from modelfleet.fleet.ingest.covariates import covariate_arrays
from modelfleet.fleet.model_bytes import KNOWN_PACKAGES
from modelfleet.fleet.roster import Periods
from modelfleet.fleet.serving.content import Content
from modelfleet.fleet.serving.faults import count_faults
from modelfleet.fleet.serving.forecaster import Forecaster
from modelfleet.fleet.serving.layout import Layout
from modelfleet.fleet.serving.models import forecast_models
from modelfleet.fleet.serving.readings import read_covariates, scan_readings
from modelfleet.fleet.serving.rows import Outcome, forecast_rows, unknown_rows
from modelfleet.fleet.serving.service import serve
from modelfleet.fleet.serving.stacks import Stacks
from modelfleet.fleet.serving.stretches import Progress, Stretches, near_each_other
from modelfleet.fleet.serving.window import Window, check_age, step_of, window_of

if TYPE_CHECKING:
    import pandas as pd  # takes a second to load, and is not needed

    Frame = pl.DataFrame | pl.LazyFrame | pd.DataFrame

__all__ = ["backfill", "backfill_needs_from", "in_sample", "trace_forecast"]

NOTHING_EXCLUDED: Mapping[str, Periods] = {}


def backfill(
    forecaster: Forecaster,
    readings: "Frame",
    *,
    origins: Iterable[datetime],
    covariates: "Frame | None" = None,
    excluded: Mapping[str, Periods] = NOTHING_EXCLUDED,
    packages: Sequence[str] = tuple(sorted(KNOWN_PACKAGES)),
    sensors: Collection[str] | None = None,
) -> Iterator[tuple[datetime, pl.DataFrame]]:
    """Forecast from origins of the past with only the readings known by then.

    Each forecast is, to the bit, that of
    :meth:`~modelfleet.fleet.serving.forecaster.Forecaster.predict` where ``predict`` can make it,
    and that of the backtest where the release was fitted at that origin.

    Args:
        forecaster: of the release that forecasts.
        readings: ``sensor_id``, ``timestamp`` with a zone and ``value``, in any order, at least
            from :func:`backfill_needs_from` on. A lazy frame is scanned once for each month or so
            of origins, and never as a whole in memory.
        origins: times of first steps to forecast; each is forecast once, in the order of time.
        covariates: ``timestamp`` and a column for each companion that recipes look at.
        excluded: periods by sensor that no pattern is to be learned from, half-open and in grid
            indices. A release knows only those of its last weeks: for origins before its end give
            all periods of the history, those of the training run.
        packages: that estimators may come from, beside linear models.
        sensors: ids to forecast; ``None`` is every sensor that the release knows, and those that
            only readings before an origin name.

    Returns:
        pairs of an origin and its forecasts, made one after the other as they are asked for:
        :data:`~modelfleet.fleet.serving.schema.FORECAST_SCHEMA`, sorted.

    Raises:
        SchemaError: a column is missing or of the wrong kind, or times are texts or name no zone.
        DataError: an origin is no step of the grid or names no zone, or lies years after the
            release.
    """
    content = forecaster.content
    steps = _steps(content, origins)
    asked, wanted = forecaster.asked(sensors)
    stretches = Stretches(content, asked, scan_readings(readings), excluded)
    strangers = None if sensors is None else tuple(wanted)
    terms = _Terms(_companions(covariates, content), tuple(packages), strangers)
    shares = _shares_of(stretches, steps, terms)
    return itertools.chain.from_iterable(share.forecasts() for share in shares)


def trace_forecast(
    forecaster: Forecaster,
    readings: "Frame",
    *,
    origin: datetime,
    sensors: Collection[str],
    covariates: "Frame | None" = None,
    excluded: Mapping[str, Periods] = NOTHING_EXCLUDED,
    packages: Sequence[str] = tuple(sorted(KNOWN_PACKAGES)),
) -> tuple[Outcome, Covariates | None]:
    """Forecast some sensors from one origin, and keep everything that shaped their rows.

    Arguments and errors are those of :func:`backfill`; ids that the release does not know are left
    out.

    Returns:
        what models, baselines and rules said, and the companions as arrays on the grid.
    """
    content = forecaster.content
    asked, _ = forecaster.asked(sensors)
    stretches = Stretches(content, asked, scan_readings(readings), excluded)
    companions = _companions(covariates, content)
    terms = _Terms(companions, tuple(packages), ())
    (share,) = _shares_of(stretches, _steps(content, [origin]), terms)
    (outcome,) = share.outcomes()
    return outcome, companions


def backfill_needs_from(forecaster: Forecaster, origins: Iterable[datetime]) -> datetime | None:
    """From when on a backfill asks for readings.

    Args:
        forecaster: of the release that forecasts.
        origins: times of first steps to forecast.

    Returns:
        a time; ``None`` is the first reading of all, where an origin lies before the end of what
        the release learned, for its weekly pattern began with the first reading.

    Raises:
        DataError: an origin is no step of the grid or names no zone, or lies years after the
            release.
    """
    content = forecaster.content
    if any(step < content.axis.stop for step in _steps(content, origins)):
        return None
    return forecaster.readings_from


def in_sample(
    forecaster: Forecaster, origin: datetime, *, sensors: Collection[str] | None = None
) -> int:
    """How many sensors a model serves that has learned from the origin's first step or later ones.

    Such a forecast is made without a look at later readings, and is still better than it could have
    been at that time: its coefficients, and the width of its interval, know what came. It may be
    shown, and must not be judged.

    Args:
        forecaster: of the release that forecasts.
        origin: time of the first step to forecast.
        sensors: ids that are forecast; ``None`` is every sensor of the release.

    Raises:
        DataError: the origin is no step of the grid or names no zone.
    """
    content = forecaster.content
    asked, _ = forecaster.asked(sensors)
    begins = content.axis.time(step_of(origin, content.axis, what="the origin"))
    return int((content.models["trained_to"].gather(asked) >= begins).sum())


def _companions(covariates: "Frame | None", content: Content) -> Covariates | None:
    if covariates is None:
        return None
    return covariate_arrays(read_covariates(covariates, content.axis.step_minutes), content.axis)


def _steps(content: Content, origins: Iterable[datetime]) -> list[int]:
    """Grid indices of origins, each once, ascending."""
    steps = sorted({step_of(origin, content.axis, what="an origin") for origin in origins})
    for step in steps[-1:]:
        check_age(step, content)
    return steps


@dataclass(frozen=True, eq=False)
class _Terms:
    """What holds for all origins.

    Attributes:
        covariates: companions of the fleet, or ``None``.
        packages: that estimators may come from.
        strangers: ids to tell that nobody knows; ``None`` is all that readings name.
    """

    covariates: Covariates | None
    packages: tuple[str, ...]
    strangers: tuple[str, ...] | None


def _shares_of(stretches: Stretches, steps: Sequence[int], terms: _Terms) -> "Iterator[_Share]":
    """Origins before the release's end first, with what it has kept forgotten."""
    content, asked = stretches.content, stretches.asked
    past = [step for step in steps if step < content.axis.stop]
    if past:
        forgetful = replace(stretches, content=content.without_memory())
        known = forgetful.sum_up(forgetful.beginning(), past[0] - content.history)
        yield from _in_turn(forgetful, past, known, terms, since=None)
    sums = WeeklySums(content.sums.total[asked], content.sums.count[asked])
    known = Progress(content.begin, sums)
    yield from _in_turn(stretches, steps[len(past) :], known, terms, since=content.begin)


def _in_turn(
    stretches: Stretches, steps: Sequence[int], known: Progress, terms: _Terms, *, since: int | None
) -> "Iterator[_Share]":
    """Window by window, each going on from the one before."""
    history = stretches.content.history
    for origins in near_each_other(steps, history):
        begin = origins[0] - history
        if begin - known.step > stretches.length:
            known = stretches.sum_up(known, begin)
        laid, known = stretches.read(known, origins[-1])
        window = window_of(stretches.content, laid, known.sums, origins, left_out={})
        yield _Share(stretches, window, known, terms, since)
        known = known.moved(begin, window.before)


@dataclass(frozen=True, eq=False)
class _Share:
    """Origins that share a window.

    Attributes:
        stretches: readings, of which the window is one.
        window: from the history of the first origin to the last origin.
        known: of the readings.
        since: grid index from which on left-out readings are told; ``None`` is the beginning of
            each origin's history.
    """

    stretches: Stretches
    window: Window
    known: Progress
    terms: _Terms
    since: int | None

    def forecasts(self) -> Iterator[tuple[datetime, pl.DataFrame]]:
        """Each origin with its rows."""
        content = self.stretches.content
        for outcome in self.outcomes():
            (origin,) = outcome.window.origins
            rows, strangers = forecast_rows(outcome), self.terms.strangers
            if strangers is None:
                strangers = self.known.strangers_before(origin)
            if strangers:
                unknown = unknown_rows(strangers, outcome.window, content.rid)
                rows = pl.concat([rows, unknown]).sort("sensor_id", "timestamp")
            yield content.axis.time(origin), rows

    def outcomes(self) -> Iterator[Outcome]:
        """What is served from each origin."""
        content, asked, window = self.stretches.content, self.stretches.asked, self.window
        told = forecast_models(
            content.models[asked],
            Stacks(window),
            covariates=self.terms.covariates,
            packages=self.terms.packages,
        )
        laid = Layout(window.axis.first, window.values, window.excluded, self.known.faults)
        sums = window.before
        for origin, said in zip(window.origins, told, strict=True):
            left_out = self._left_out(origin)
            one = window_of(content, laid, sums, (origin,), left_out=left_out)
            yield serve(content, asked, Stacks(one), said)
            laid, sums = laid.since(one.axis.first), one.before

    def _left_out(self, origin: int) -> Mapping[int, Mapping[str, int]]:
        asked, history = self.stretches.asked, self.stretches.content.history
        since = origin - history if self.since is None else self.since
        return count_faults(self.known.faults, asked, since=since, until=origin)
