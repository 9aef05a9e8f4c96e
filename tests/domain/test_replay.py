"""Rules in a backtest: what would have been served, issue by issue."""

import numpy as np
import pytest

from modelfleet.domain.replay import replay_rules
from modelfleet.domain.rules import Change, Limit, Rules

WEEK = 168
NOTHING_READ = np.full((2, WEEK), np.nan)


def limit(low: float = -np.inf, high: float = np.inf, name: str = "possible") -> Limit:
    """Of one sensor."""
    return Limit(name, np.array([low]), np.array([high]))


def change(largest: float) -> Change:
    """Of one sensor."""
    return Change("no_jump", np.array([largest]))


def weeks(value: float) -> np.ndarray:
    """Two weeks of one value."""
    return np.full((2, WEEK), value)


def test_what_breaks_a_limit_is_replaced_and_counted() -> None:
    """Row by row, by the backup, under the rule's name; all other rows stay as they were."""
    forecast = weeks(5.0)
    forecast[0, 3] = forecast[1, 100:102] = -1
    found = replay_rules(
        forecast, weeks(4.0), NOTHING_READ, Rules(limits=(limit(low=0),)), horizon=24
    )
    expected = weeks(5.0)
    expected[0, 3] = expected[1, 100:102] = 4
    assert np.array_equal(found.forecast, expected)
    assert found.replaced == {"possible": 3}
    assert forecast[0, 3] == -1, "what is given stays as it is"


@pytest.mark.parametrize(
    "rules",
    [
        Rules(),
        Rules(limits=(limit(-100, 100),)),
        Rules(limits=(limit(-100, 100),), changes=(change(1000),)),
    ],
)
@pytest.mark.parametrize("horizon", [24, 36, 168, 200])
def test_rules_that_nothing_breaks_change_nothing_to_the_bit(rules: Rules, horizon: int) -> None:
    """Not even where the model has no forecast: the backup's is not the model's evidence."""
    forecast = np.random.default_rng(0).normal(size=(2, WEEK))
    forecast[0, :30] = np.nan
    forecast[1, 7] = -0.0
    found = replay_rules(forecast, weeks(4.0), weeks(0.0), rules, horizon=horizon)
    assert found.forecast.tobytes() == forecast.tobytes()
    assert found.replaced == {}


def test_an_issue_begins_at_the_last_reading_and_not_at_what_was_served() -> None:
    """A model that comes back near the reading of today serves again from the next issue on."""
    forecast, before = weeks(10.0), weeks(0.0)
    before[0, 24:] = before[1] = 10.0
    found = replay_rules(forecast, weeks(0.0), before, Rules(changes=(change(2.0),)), horizon=24)
    assert found.replaced == {"no_jump": 24}
    assert not found.forecast[0, :24].any()
    assert (found.forecast[0, 24:] == 10).all()
    assert (found.forecast[1] == 10).all()


def test_every_origin_issues_anew_where_horizons_do_not_fill_a_week() -> None:
    """The last issue of a week is cut off, not carried into the week after."""
    before = weeks(np.nan)
    before[1, 0] = 0.0
    found = replay_rules(
        weeks(10.0), weeks(0.0), before, Rules(changes=(change(2.0),)), horizon=100
    )
    assert found.replaced == {"no_jump": 100}
    assert not found.forecast[1, :100].any()
    assert (found.forecast[0] == 10).all()


def test_without_a_backup_nothing_is_left_to_judge() -> None:
    """A row that breaks a rule is not the model's any more, whether there is a backup or not."""
    found = replay_rules(
        weeks(-1.0), weeks(np.nan), NOTHING_READ, Rules(limits=(limit(low=0),)), horizon=24
    )
    assert np.isnan(found.forecast).all()
    assert found.replaced == {"possible": 2 * WEEK}


def test_each_row_is_told_the_first_rule_that_it_breaks() -> None:
    """And rules are counted in their order."""
    forecast = weeks(5.0)
    forecast[0, 0], forecast[0, 1] = 20, 200
    rules = Rules(limits=(limit(high=100, name="possible"), limit(high=10, name="usual")))
    found = replay_rules(forecast, weeks(4.0), NOTHING_READ, rules, horizon=24)
    assert list(found.replaced.items()) == [("possible", 1), ("usual", 1)]


def test_infinite_forecasts_are_no_forecasts() -> None:
    """They are not served, not judged, and no rule is blamed for them."""
    forecast = weeks(5.0)
    forecast[0, 0] = np.inf
    found = replay_rules(
        forecast, weeks(4.0), NOTHING_READ, Rules(limits=(limit(high=10),)), horizon=24
    )
    assert found.forecast[0, 0] == np.inf
    assert found.replaced == {}
