"""The columns of a design matrix, each written out only as far as it has to be.

A column of the calendar depends on the slot of the local week alone: one week of it says all. Only
what readings and their companions give is laid out step by step.
"""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray, IntArray

__all__ = ["Columns"]


@dataclass(frozen=True, eq=False)
class Columns:
    """A design matrix of n rows, in two parts.

    Attributes:
        laid: columns that are laid out, each contiguous in memory; shape (k, n).
        weekly: columns of the calendar, by slot of the local week; shape (m, slots).
        slot: of each row; shape (n,).
        place: how many of the laid columns stand before the weekly ones; the others follow them.
    """

    laid: FloatArray
    weekly: FloatArray
    slot: IntArray
    place: int

    @classmethod
    def of(cls, matrix: FloatArray) -> "Columns":
        """Any matrix, shape (n, columns): nothing is known of a calendar."""
        rows, width = matrix.shape
        return cls(matrix.T, np.empty((0, 1)), np.zeros(rows, dtype=np.int64), width)

    def __len__(self) -> int:
        return len(self.slot)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.laid) + len(self.weekly)

    @property
    def values(self) -> FloatArray:
        """All written out; shape (n, columns), each column contiguous in memory."""
        return self.join(self.laid, np.take(self.weekly, self.slot, axis=1)).T

    def join(self, laid: FloatArray, weekly: FloatArray) -> FloatArray:
        """What was found of each part, in the order of the columns; shape (columns, ...)."""
        return np.concatenate([laid[: self.place], weekly, laid[self.place :]])

    def split(self, each: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What belongs to the columns, shape (columns, ...), by part: laid out and weekly."""
        stop = self.place + len(self.weekly)
        return np.concatenate([each[: self.place], each[stop:]]), each[self.place : stop]

    def take(self, positions: IntArray) -> "Columns":
        """Some rows."""
        laid = np.take(self.laid, positions, axis=1, mode="clip")
        return Columns(laid, self.weekly, self.slot[positions], self.place)

    def stretch(self, steps: slice) -> "Columns":
        """Rows that follow each other, without a copy."""
        return Columns(self.laid[:, steps], self.weekly, self.slot[steps], self.place)
