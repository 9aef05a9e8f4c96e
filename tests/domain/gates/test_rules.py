"""Rules: how a comparison becomes a status."""

import numpy as np
import pytest

from modelfleet.domain.gates import Status
from modelfleet.domain.gates.rules import above, all_pass, at_least, at_most

FIGURES = np.array([1.0, 2.0, 3.0, np.nan, np.inf])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (at_least, [Status.FAIL, Status.PASS, Status.PASS]),
        (at_most, [Status.PASS, Status.PASS, Status.FAIL]),
        (above, [Status.FAIL, Status.FAIL, Status.PASS]),
    ],
)
def test_the_threshold_itself_is_on_the_right_side(rule, expected):
    """At least and at most include it, above does not; what is not finite is not evaluable."""
    found = rule("code", FIGURES, 2.0)
    assert found.status.tolist() == [*expected, Status.NOT_EVALUABLE, Status.NOT_EVALUABLE]
    assert found.objects.tolist() == (~found.passed).tolist()


def test_who_was_not_asked_neither_passes_nor_objects():
    """A rule for other sensors has no figure for this one."""
    found = at_least("code", FIGURES, 2.0, asked=np.arange(5) == 1)
    assert found.passed.tolist() == [False, True, False, False, False]
    assert not found.objects.any()
    assert np.isnan(found.figure[0])
    assert np.isnan(found.threshold[0])


def test_a_threshold_that_is_not_known_is_not_passed():
    """A limit from a missing figure never passes."""
    found = at_most("code", np.array([1.0]), np.array([np.nan]))
    assert found.status.tolist() == [Status.NOT_EVALUABLE]


def test_all_must_pass():
    """One rule that was not asked, or does not pass, is enough."""
    first, second = at_least("a", FIGURES[:3], 2.0), at_most("b", FIGURES[:3], 2.0)
    assert all_pass([first, second]).tolist() == [False, True, False]
    unasked = at_most("b", FIGURES[:3], 2.0, asked=np.zeros(3, dtype=bool))
    assert not all_pass([first, unasked]).any()
