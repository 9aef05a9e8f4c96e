"""A release is named by what was left out of it, not by how the calendar describes that."""

import numpy as np

from tests.fleet.serving.releases import make_release
from tests.fleet.tasks.test_tasks import FIRST, WEEK, noise

WEEKS = 14
STOP = FIRST + WEEKS * WEEK
BURST = (STOP - 100, STOP - 50)


def rid(*periods: tuple[int, int]) -> str:
    """The release of one sensor with periods left out."""
    values = np.asarray(noise("a", WEEKS * WEEK))
    return make_release({"a": values}, weeks=WEEKS, excluded={"a": periods}).rid


def test_only_what_was_left_out_names_a_release() -> None:
    """Overlaps, what lies before the first reading, and what is planned make no other release."""
    whole = rid(BURST)
    described = ((STOP - 80, STOP - 50), (STOP - 100, STOP - 70), (STOP - 95, STOP - 94))
    assert rid(*described, (FIRST - 50, FIRST), (STOP, STOP + 20)) == whole
    assert rid((STOP - 100, STOP - 51)) != whole
    assert rid((STOP, STOP + 20)) == rid()
