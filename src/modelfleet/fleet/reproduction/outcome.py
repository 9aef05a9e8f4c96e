"""Whether a model that was trained again is the one that was released."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.agreement import TOLERANCE, largest_difference
from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.columns import Columns
from modelfleet.fleet.blocks import blocks
from modelfleet.fleet.judged import judged_series
from modelfleet.fleet.model_bytes import model_from_bytes
from modelfleet.fleet.tasks import TrainingTask

__all__ = ["Reproduced", "reproduced"]

Row = Mapping[str, Any]

NUMBERS = {"model": ("coefficients", "intercept", "seasonal_mean"), "baseline": ("pattern",)}
"""Columns that forecasts are made by."""


@dataclass(frozen=True)
class Reproduced:
    """What came of training a model again.

    Attributes:
        sensor_id: of the model.
        kind: ``model`` or ``baseline``.
        version: that was released.
        release: that first held it.
        table_version: of the readings it learned from; ``None`` where that is not known.
        compared: what was compared: ``coefficients``, ``pattern``, ``bytes`` or ``forecasts``.
        difference: the largest relative one; ``None`` where nothing could be compared.
        same_version: whether it has the same version; ``None`` likewise.
        same_code: whether the code installed now is the code that made it; ``None`` if unknown.
        same_lock: whether the pinned versions are those of then; ``None`` if unknown.
        problem: why nothing could be compared.
    """

    sensor_id: str
    kind: str
    version: str
    release: str | None
    table_version: int | None
    compared: str | None = None
    difference: float | None = None
    same_version: bool | None = None
    same_code: bool | None = None
    same_lock: bool | None = None
    problem: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether it is the same model: the same numbers, and by the same code the same name."""
        if self.difference is None or self.difference > TOLERANCE:
            return False
        return bool(self.same_version) or not self.same_code or self.same_lock is False

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it, ``agrees`` included."""
        endless = self.difference is not None and math.isinf(self.difference)
        return {
            **asdict(self),
            "difference": None if endless else self.difference,
            "agrees": self.agrees,
        }


def reproduced(
    released: Row,
    anew: Row,
    *,
    kind: str,
    task: TrainingTask | None = None,
    readings: pl.DataFrame | None = None,
    packages: Sequence[str] = (),
) -> dict[str, Any]:
    """Compare a model with the one that was released.

    Args:
        released: its row in the release.
        anew: its row as it was made again.
        kind: ``model`` or ``baseline``.
        task: that trained it, for the forecasts of an estimator whose bytes differ.
        readings: that it learned from, likewise.
        packages: that estimators may come from, likewise.

    Returns:
        ``compared``, ``difference`` and ``same_version`` of :class:`Reproduced`, or ``problem``.
    """
    if anew["outcome"] not in {"trained", "fitted"}:
        return {"problem": f"it could not be trained again: {anew['reason']}"}
    same = {"same_version": released["version"] == anew["version"]}
    if released.get("model_bytes") is None:
        return {
            **same,
            "compared": NUMBERS[kind][0],
            "difference": _difference(released, anew, kind),
        }
    if released["model_bytes"] == anew["model_bytes"]:
        return {**same, "compared": "bytes", "difference": 0.0}
    if task is None or readings is None:
        return {**same, "compared": "bytes", "difference": math.inf}
    rows = _features(task, readings, anew["sensor_id"], anew["recipe"])
    told = [
        model_from_bytes(r["model_bytes"], packages=packages).predict(rows)
        for r in (released, anew)
    ]
    return {**same, "compared": "forecasts", "difference": largest_difference(*told)}


def _difference(released: Row, anew: Row, kind: str) -> float:
    if kind == "model" and list(released["feature_names"]) != list(anew["feature_names"]):
        return math.inf
    return max(largest_difference(_numbers(released[n]), _numbers(anew[n])) for n in NUMBERS[kind])


def _numbers(value: Any) -> FloatArray:
    """A column's entry as an array; shape (n,), (0,) where it has none."""
    return np.atleast_1d(np.asarray([] if value is None else value, dtype=np.float64))


def _features(task: TrainingTask, readings: pl.DataFrame, sensor_id: str, recipe: str) -> Columns:
    """What a model sees in the judged weeks."""
    member = next(m for m in task.roster.all() if m.sensor_id == sensor_id)
    block = dict(blocks(readings.filter(pl.col("sensor_id") == sensor_id), task.axis))[sensor_id]
    judged = judged_series(block, member, task.axis, weeks=task.backtest.weeks)
    design = task.design(recipe, judged)
    known = np.flatnonzero(design.usable)[-judged.weeks * task.axis.grid.per_week :]
    return design.columns.take(known)
