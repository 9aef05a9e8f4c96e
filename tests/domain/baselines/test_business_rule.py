"""A forecast that a person wrote down."""

import numpy as np

from modelfleet.domain.baselines import BusinessRule, SensorFacts
from modelfleet.domain.series import Series
from tests.strategies import make_calendar


def test_the_rule_holds_whatever_is_read():
    """A rule of zero is a rule: it is not taken for a missing one."""
    silent = Series(0, np.full(3, np.nan), np.zeros(3, dtype=bool))
    found = BusinessRule().forecast(silent, make_calendar(3), SensorFacts(0.0), horizon=24)
    assert found.tolist() == [0.0, 0.0, 0.0]
