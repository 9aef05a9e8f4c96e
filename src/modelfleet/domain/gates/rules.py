"""What a rule answers: a status, a figure and a threshold for every sensor."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray

__all__ = ["Rule", "Status", "above", "all_pass", "at_least", "at_most", "make_rule"]


class Status(IntEnum):
    """What a rule says of one sensor."""

    FAIL = 0
    PASS = 1
    NOT_EVALUABLE = 2
    NOT_ASKED = 3
    """The rule is for other sensors, such as one on champions for a sensor without one."""


@dataclass(frozen=True)
class Rule:
    """One rule's answer for all sensors.

    Attributes:
        code: stands in the ledger as the reason where the rule does not pass.
        status: a :class:`Status` per sensor; shape (n,).
        figure: what was measured; shape (n,).
        threshold: what it was compared with; shape (n,).
    """

    code: str
    status: AnyArray
    figure: FloatArray
    threshold: FloatArray

    @property
    def passed(self) -> BoolArray:
        """Where the rule passes; shape (n,)."""
        passed: BoolArray = np.equal(self.status, Status.PASS)
        return passed

    @property
    def failed(self) -> BoolArray:
        """Where the figure is known and on the wrong side; shape (n,)."""
        failed: BoolArray = np.equal(self.status, Status.FAIL)
        return failed

    @property
    def unknown(self) -> BoolArray:
        """Where the rule was asked and has no figure; shape (n,)."""
        unknown: BoolArray = np.equal(self.status, Status.NOT_EVALUABLE)
        return unknown

    @property
    def objects(self) -> BoolArray:
        """Where the rule was asked and does not pass; shape (n,)."""
        return self.failed | self.unknown


def make_rule(
    code: str,
    passes: AnyArray,
    figure: FloatArray,
    threshold: npt.ArrayLike,
    *,
    asked: BoolArray | None = None,
) -> Rule:
    """A rule from its comparison; without a finite figure and threshold it is not evaluable.

    Args:
        code: reason where it does not pass.
        passes: what the comparison says, whether the figure is known or not; shape (n,).
        figure: shape (n,).
        threshold: one for all, or shape (n,).
        asked: sensors that the rule is for, shape (n,); ``None`` for all.
    """
    limits = np.broadcast_to(np.asarray(threshold, dtype=np.float64), figure.shape)
    known = np.isfinite(figure) & np.isfinite(limits)
    status = np.where(known, np.where(passes, Status.PASS, Status.FAIL), Status.NOT_EVALUABLE)
    if asked is not None:
        status = np.where(asked, status, Status.NOT_ASKED)
        figure, limits = np.where(asked, figure, np.nan), np.where(asked, limits, np.nan)
    return Rule(code, status.astype(np.int8), figure, limits)


def at_least(
    code: str, figure: FloatArray, threshold: npt.ArrayLike, *, asked: BoolArray | None = None
) -> Rule:
    """A rule that passes where figure >= threshold."""
    return make_rule(code, figure >= np.asarray(threshold), figure, threshold, asked=asked)


def at_most(
    code: str, figure: FloatArray, threshold: npt.ArrayLike, *, asked: BoolArray | None = None
) -> Rule:
    """A rule that passes where figure <= threshold."""
    return make_rule(code, figure <= np.asarray(threshold), figure, threshold, asked=asked)


def above(
    code: str, figure: FloatArray, threshold: npt.ArrayLike, *, asked: BoolArray | None = None
) -> Rule:
    """A rule that passes where figure > threshold."""
    return make_rule(code, figure > np.asarray(threshold), figure, threshold, asked=asked)


def all_pass(rules: Iterable[Rule]) -> BoolArray:
    """Sensors that every one of at least one rule was asked of and passes; shape (n,)."""
    passed: BoolArray = np.logical_and.reduce([rule.passed for rule in rules])
    return passed
