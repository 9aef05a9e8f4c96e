"""Regret as tables."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from tests.benchmarks.regret.arithmetic import Losses, Regret, measure_regret, ratios
from tests.benchmarks.regret.gating import MODES, Gating, losses_of, served_by
from tests.benchmarks.table import Table

__all__ = ["check_table", "costly_table", "regret_table"]

MOST = 6
"""Dates that have a column each."""


def regret_table(gatings: Sequence[Gating], name: str, *, title: str) -> Table:
    """Each way to serve the fleet; the model ahead is ``refitted`` or ``frozen``."""
    sensors = _everybody(gatings)
    losses = losses_of(gatings, name, sensors)
    rows = [
        (way, *_cells(measure_regret(losses, on_model)))
        for way, on_model in _ways(gatings, losses, sensors)
    ]
    dates = [f"{gating.fleet.axis.end:%Y-%m-%d}" for gating in gatings]
    shown = dates if len(dates) <= MOST else ["best date", "worst date"]
    header = ("what serves", *shown, "mean", "± dates", "± sensors", "of sums", "on a model")
    return Table(title, header, tuple(rows))


def costly_table(gatings: Sequence[Gating], name: str, *, count: int, title: str) -> Table:
    """The sensors and dates that cost the expected mode most, and their parts of its regret - 1."""
    sensors = _everybody(gatings)
    losses = losses_of(gatings, name, sensors)
    served = served_by(gatings, "expected", as_runs=False)
    ratio = ratios(losses, _matrix(served, sensors))
    part = (ratio - 1) / np.isfinite(ratio).sum(axis=1, keepdims=True) / len(gatings)
    part = np.nan_to_num(part)
    dearest = np.argsort(part, axis=None, stable=True)[::-1][:count]
    rows = []
    for date, sensor in zip(*np.unravel_index(dearest, part.shape), strict=True):
        if part[date, sensor] > 0:
            after = 1 - losses.model[date, sensor] / losses.baseline[date, sensor]
            told = _told(gatings[date], sensors[sensor], served[date])
            rows.append((*told, f"{after:+.1%}", f"{part[date, sensor]:.5f}"))
    header = ("sensor", "date", "served by", "gain", "probability", "gain after", "of regret")
    return Table(title, header, tuple(rows))


def _told(gating: Gating, sensor_id: str, served: frozenset[str]) -> tuple[str, ...]:
    verdict = gating.verdict(sensor_id)
    gain, probability = verdict["gain"], verdict["probability"]
    return (
        sensor_id,
        f"{gating.fleet.axis.end:%Y-%m-%d}",
        "model" if sensor_id in served else "baseline",
        "" if gain is None else f"{gain:+.1%}",
        "" if probability is None else f"{probability:.3f}",
    )


def check_table(gatings: Sequence[Gating], *, title: str) -> Table:
    """What each date saw."""
    rows = [
        (
            f"{gating.fleet.axis.end:%Y-%m-%d %H:%M}",
            str(gating.admitted.height),
            str(gating.candidates.filter(pl.col("outcome") == "trained").height),
            "none" if gating.nothing_after else "SOME",
            "the same" if gating.same_unseen else "OTHERS",
        )
        for gating in gatings
    ]
    header = (
        "date (UTC)",
        "admitted",
        "trained",
        "later rows seen",
        "models if later rows are there",
    )
    return Table(title, header, tuple(rows))


def _ways(
    gatings: Sequence[Gating], losses: Losses, sensors: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    yield "baseline for all", np.zeros(losses.model.shape, dtype=bool)
    yield "model for all", np.ones(losses.model.shape, dtype=bool)
    names: Mapping[bool, str] = {False: "each a first run", True: "run after run"}
    for mode in MODES[::-1]:
        for as_runs, name in names.items():
            served = served_by(gatings, mode, as_runs=as_runs)
            yield f"{mode}, {name}", _matrix(served, sensors)
    yield "the better one", losses.model < losses.baseline


def _cells(found: Regret) -> tuple[str, ...]:
    dates = found.by_date
    shown = dates if len(dates) <= MOST else [dates.min(), dates.max()]
    figures = (*shown, found.mean, found.date_error, found.sensor_error, found.normalised)
    return (*(f"{figure:.3f}" for figure in figures), f"{found.on_model:.0%}")


def _everybody(gatings: Sequence[Gating]) -> list[str]:
    return sorted(gatings[0].fleet.sensors["sensor_id"])


def _matrix(served: Sequence[frozenset[str]], sensors: Sequence[str]) -> np.ndarray:
    return np.array([[sensor in accepted for sensor in sensors] for accepted in served])
