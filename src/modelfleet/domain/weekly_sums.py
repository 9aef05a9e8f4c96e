"""What must be kept of a series so that its running weekly pattern can go on without it."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from modelfleet.domain.arrays import FloatArray, IntArray

__all__ = ["WeeklySums"]


@dataclass(frozen=True, eq=False)
class WeeklySums:
    """Sum and number of the known values of each slot of the local week.

    Attributes:
        total: in the unit of the readings; shape (per_week,), or (sensors, per_week).
        count: of the same shape.
    """

    total: FloatArray
    count: FloatArray

    @classmethod
    def nothing(cls, *shape: int) -> Self:
        """No value yet."""
        return cls(np.zeros(shape), np.zeros(shape))

    def add(self, values: FloatArray, slot: IntArray) -> "WeeklySums":
        """The sums after further values.

        They are added one after the other, so it makes no difference where a series is cut.

        Args:
            values: shape (n,), or (sensors, n); NaN where unknown.
            slot: of the same n steps; shape (n,).

        >>> sums = WeeklySums.nothing(2).add(np.array([1.0, np.nan, 3.0]), np.array([0, 1, 0]))
        >>> sums.total.tolist(), sums.count.tolist()
        ([4.0, 0.0], [2.0, 0.0])
        """
        known = np.isfinite(values)
        return WeeklySums(
            _added(self.total, np.where(known, values, 0.0), slot),
            _added(self.count, known.astype(np.float64), slot),
        )


def _added(sums: FloatArray, values: FloatArray, slot: IntArray) -> FloatArray:
    """Each bin begins with its sum so far: 0 + sum + first value + ..., in the order of time."""
    per_week = sums.shape[-1]
    if sums.ndim == 1 and not sums.any():
        found = np.bincount(slot, weights=values, minlength=per_week)
        return np.asarray(found, dtype=np.float64)
    rows = np.arange(sums.size // per_week)[:, None] * per_week
    begin = np.broadcast_to(np.arange(per_week), (len(rows), per_week))
    places = np.concatenate([begin + rows, slot + rows], axis=1)
    both = [sums.reshape(-1, per_week), values.reshape(len(rows), len(slot))]
    weights = np.concatenate(both, axis=1)
    total = np.bincount(places.reshape(-1), weights=weights.reshape(-1), minlength=sums.size)
    return np.asarray(total.reshape(sums.shape), dtype=np.float64)
