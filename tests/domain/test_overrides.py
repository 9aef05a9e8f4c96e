"""People decide for single sensors: with a reason, until a last day, never against sanity."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from pydantic import ValidationError

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.overrides import REASONS, Decision, check_overrides, override
from modelfleet.domain.parameters.overrides import OverrideParameters
from tests.domain.parameters.configuration import CONF

TODAY = date(2026, 6, 15)


def entry(sensor="a", serve="baseline", expires="2026-06-15", reason="rebuilt"):
    """One override."""
    return {"sensor": sensor, "serve": serve, "reason": reason, "expires": expires}


def parameters(*entries):
    """Overrides as configuration gives them."""
    return OverrideParameters(sensors=entries)


def decide(*entries, champion=(True,) * 3, sane=(True,) * 3):
    """What overrides mean for sensors a, b and c."""
    known = {"has_champion": np.array(champion), "champion_is_sane": np.array(sane)}
    return override(parameters(*entries), ["a", "b", "c"], **known)


def problems(*entries, fleet=("a", "b", "c")):
    """The lines with which overrides are refused."""
    with pytest.raises(ConfigurationError) as raised:
        check_overrides(parameters(*entries), fleet, today=TODAY)
    return [line.removeprefix("  - ") for line in str(raised.value).splitlines()[1:]]


def test_a_sensor_is_put_on_its_baseline_and_another_held():
    """The position leads to reason and last day; all others are left to the gate."""
    found = decide(entry("c"), entry("a", "champion"))
    assert found.decision.tolist() == [Decision.CHAMPION, Decision.NONE, Decision.BASELINE]
    assert found.position.tolist() == [1, -1, 0]
    assert found.to_baseline.tolist() == [False, False, True]
    assert found.to_champion.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("champion", "sane", "decision"),
    [
        (True, True, Decision.CHAMPION),
        (True, False, Decision.CHAMPION_NOT_SANE),
        (False, False, Decision.NO_CHAMPION),
        (False, True, Decision.NO_CHAMPION),
    ],
)
def test_nobody_can_hold_a_champion_that_is_not_there_or_not_sane(champion, sane, decision):
    """The baseline serves then, and the ledger says why."""
    found = decide(entry("a", "champion"), champion=(champion,) * 3, sane=(sane,) * 3)
    assert found.decision[0] == decision
    assert found.to_baseline[0] == (decision != Decision.CHAMPION)
    assert REASONS[decision]


def test_an_override_holds_on_its_last_day():
    """The day after it is an error that names the sensor, the day and what to do."""
    check_overrides(parameters(entry(expires="2026-06-15")), ["a"], today=TODAY)
    (line,) = problems(entry(expires="2026-06-14"))
    assert line == (
        "the override of 'a' (rebuilt) held until 2026-06-14 and is over on 2026-06-15; "
        "remove it, or give it a later day"
    )


def test_an_unknown_sensor_is_named():
    """A misspelt id would otherwise protect nobody."""
    (line,) = problems(entry("A"))
    assert line.startswith("the override of 'A' names no sensor of the fleet")


def test_all_faults_are_told_at_once():
    """Both kinds, and a sensor that has both."""
    found = problems(entry("a", expires="2020-01-01"), entry("z", expires="2020-01-01"))
    assert [line.split("'")[1] for line in found] == ["a", "z", "z"]


def test_ten_offenders_are_named_and_the_others_counted():
    """An error stays readable however many there are."""
    found = problems(*[entry(f"s{k}") for k in range(13)])
    assert len(found) == 11
    assert found[-1] == "and 3 more like these"


def test_without_overrides_nothing_is_decided():
    """The default."""
    check_overrides(OverrideParameters(), [], today=TODAY)
    assert decide().decision.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sensor": ""}, "at least 1 character"),
        ({"reason": ""}, "at least 1 character"),
        ({"serve": "model"}, "'baseline' or 'champion'"),
        ({"expires": "soon"}, "valid date"),
        ({"expires": 20261231}, "is no date, such as 2026-12-31"),
        ({"expires": None}, "valid date"),
        ({"until": "2026-01-01"}, "Extra inputs"),
    ],
)
def test_an_override_is_complete(change, words):
    """Sensor, what serves, reason and day: none of them may be left open."""
    with pytest.raises(ValidationError, match=words):
        parameters({**entry(), **change})


def test_two_overrides_of_one_sensor_are_refused():
    """Nobody can tell which of the two is meant."""
    with pytest.raises(ValidationError, match="'a' stands here more than once"):
        parameters(entry("a"), entry("b"), entry("a", "champion"))


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True),
    st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1),
    st.lists(st.booleans(), min_size=8, max_size=8),
    st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_no_override_makes_a_bad_model_serve(overridden, fleet, champion, sane):
    """Whoever is held has a sane champion, and only who is named is touched."""
    entries = [entry(sensor, "champion") for sensor in overridden]
    has, fit = np.array(champion[: len(fleet)]), np.array(sane[: len(fleet)])
    found = override(parameters(*entries), fleet, has_champion=has, champion_is_sane=fit)
    assert (has & fit)[found.to_champion].all()
    assert not (found.to_baseline & found.to_champion).any()
    named = np.isin(fleet, overridden)
    assert (found.decision[~named] == Decision.NONE).all()
    assert (found.to_baseline | found.to_champion)[named].all()


def test_the_example_of_the_page_is_right():
    """What people copy from `docs/rules.md` is accepted."""
    page = (CONF.parent / "docs" / "rules.md").read_text()
    shown = OmegaConf.create(page.partition("```yaml\n")[2].partition("```")[0])
    found = OverrideParameters.model_validate(OmegaConf.to_container(shown.overrides))
    assert found.sensors[0].expires == date(2026, 12, 31)
