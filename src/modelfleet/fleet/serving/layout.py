"""Readings laid out on the grid: sensors in rows, steps in columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.windows import exclusion_mask
from modelfleet.fleet.arrays import as_floats
from modelfleet.fleet.roster import Periods
from modelfleet.fleet.serving.content import Content
from modelfleet.fleet.serving.faults import FAULT_SCHEMA, as_faults
from modelfleet.fleet.serving.readings import Judged

__all__ = ["Layout", "lay_out"]


@dataclass(frozen=True, eq=False)
class Layout:
    """Readings of n sensors along a stretch of the grid.

    Attributes:
        first: grid index of the first column.
        values: NaN where nothing was read; shape (n, steps).
        excluded: what no pattern is learned from; shape (n, steps).
        faults: readings that were left out, see
            :data:`~modelfleet.fleet.serving.faults.FAULT_SCHEMA`.
    """

    first: int
    values: FloatArray
    excluded: BoolArray
    faults: pl.DataFrame

    def since(self, first: int) -> "Layout":
        """The part from a step on."""
        part = np.s_[:, first - self.first :]
        return Layout(first, self.values[part], self.excluded[part], self.faults)

    def learnable(self, first: int, stop: int) -> FloatArray:
        """Values of a part of the stretch that patterns are learned from, NaN elsewhere."""
        part = np.s_[:, first - self.first : stop - self.first]
        return np.where(self.excluded[part], np.nan, self.values[part])


def lay_out(
    content: Content,
    asked: IntArray,
    judged: Judged,
    *,
    first: int,
    stop: int,
    excluded: Mapping[str, Periods],
) -> Layout:
    """Lay the readings of some sensors out on the grid.

    Args:
        content: of the release.
        asked: positions of the sensors; shape (n,).
        judged: readings; those outside the stretch are not looked at.
        first: grid index of the first column.
        stop: grid index after the last one.
        excluded: periods by sensor that are left out, beside those that the release knows.
    """
    place = np.full(len(content.ids), -1)
    place[asked] = np.arange(len(asked))
    sensor, step, value = (judged.rows[name].to_numpy() for name in ("sensor", "step", "number"))
    row, column, steps = place[sensor], step - first, stop - first
    inside = (row >= 0) & (column >= 0) & (column < steps)
    if not inside.all():
        sensor, row, column, value = (each[inside] for each in (sensor, row, column, value))
    values = np.full((len(asked), steps), np.nan)
    values[row, column] = value
    repeated = np.count_nonzero(np.isfinite(values)) < len(value)
    faults = [judged.faults]
    for code, faulty in _beyond_limits(content, sensor, value):
        values[row[faulty], column[faulty]] = np.nan
        faults.append(_faults(sensor[faulty], column[faulty] + first, code))
    if repeated:
        wrong = _contradicted(values, row, column, value)
        faults.append(_faults(sensor[wrong], column[wrong] + first, "conflicting_values"))
    mask = _excluded(content, asked, first, steps, excluded)
    return Layout(first, values, mask, pl.concat(faults))


def _faults(sensor: IntArray, step: IntArray, code: str) -> pl.DataFrame:
    rows = pl.DataFrame({"sensor": sensor, "step": step})
    return as_faults(rows.with_columns(reason=pl.lit(code, dtype=FAULT_SCHEMA["reason"])))


def _beyond_limits(
    content: Content, sensor: IntArray, value: FloatArray
) -> Iterator[tuple[str, BoolArray]]:
    lower, upper = (as_floats(content.sensors[f"{end}_limit"]) for end in ("lower", "upper"))
    found = []
    if np.isfinite(lower).any():
        found.append(("below_lower_limit", value < lower[sensor]))
    if np.isfinite(upper).any():
        found.append(("above_upper_limit", value > upper[sensor]))
    return ((code, faulty) for code, faulty in found if faulty.any())


def _contradicted(
    values: FloatArray, row: IntArray, column: IntArray, value: FloatArray
) -> IntArray:
    """Readings of which another tells another value; neither is kept, for nobody can tell.

    The same value twice is one.
    """
    flat = row * values.shape[1] + column
    times = np.bincount(flat, minlength=values.size)
    again = np.flatnonzero(times[flat] > 1)
    kept = values.reshape(-1)
    wrong = np.zeros(values.size, dtype=np.bool_)
    wrong[flat[again[value[again] != kept[flat[again]]]]] = True
    wrong &= np.isfinite(kept)
    kept[wrong] = np.nan
    return np.asarray(again[wrong[flat[again]]], dtype=np.int64)


def _excluded(
    content: Content,
    asked: IntArray,
    first: int,
    steps: int,
    given: Mapping[str, Periods],
) -> BoolArray:
    mask = np.zeros((len(asked), steps), dtype=np.bool_)
    known = content.sensors["excluded"]
    some = (known.list.len() > 0).fill_null(value=False).to_numpy()
    for row, position in enumerate(asked):
        periods: Sequence[tuple[int, int]] = given.get(content.ids[position], ())
        if some[position]:
            edges = known[int(position)].to_list()
            periods = [*periods, *zip(edges[::2], edges[1::2], strict=False)]
        if periods:
            mask[row] = exclusion_mask(steps, first=first, periods=periods)
    return mask
