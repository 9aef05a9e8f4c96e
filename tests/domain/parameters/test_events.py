"""The calendar in the configuration: typed, and refused with the entry's name where it is wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.parameters.check import check_parameters
from modelfleet.domain.parameters.events import EventParameters
from tests.domain.parameters.configuration import spoiled

ENTRY = {
    "fleet": "ltown",
    "kind": "heatwave",
    "cohort": "demand/C",
    "from": "2018-07-20T00:00Z",
    "to": "2018-08-09T00:00+02:00",
    "reason": "gardens",
    "by": "network-operations",
}


def entry(**changes: Any) -> dict[str, Any]:
    """An entry with changed keys; ``None`` leaves one out."""
    changes = {key.rstrip("_"): value for key, value in changes.items()}
    return {key: value for key, value in {**ENTRY, **changes}.items() if value is not None}


def check(calendar: Any) -> None:
    """The check of the whole configuration with a calendar in it."""
    check_parameters(spoiled(("events.calendar", calendar)))


def test_an_entry_is_read_as_it_is_meant() -> None:
    """One name is a list of one, times keep their moment, and what is not said is not decided."""
    found = EventParameters.model_validate(
        {"calendar": {"a": entry(), "b": entry(fleet="other", sensor=["x", "y"], excluded=False)}}
    )
    one, other = found.entries["a"], found.entries["b"]
    assert one.cohort == ("demand/C",)
    assert one.excluded is None
    assert one.end.astimezone(UTC) == datetime(2018, 8, 8, 22, tzinfo=UTC)
    assert one.end.utcoffset() == timedelta(hours=2)
    assert (other.sensor, other.excluded) == (("x", "y"), False)
    assert list(found.of("ltown")) == ["a"]


def test_an_environment_may_have_no_calendar() -> None:
    """``null`` takes back what base says, which an empty mapping would not."""
    assert EventParameters.model_validate({"calendar": None}).entries == {}
    check(None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"from_": "2018-07-20T00:00"}, r"a\.from: '2018-07-20T00:00' .* names no time zone"),
        ({"from_": "2018-07-20"}, r"a\.from: '2018-07-20' .* write it with its offset"),
        ({"to": "soon"}, r"a\.to: 'soon' .* is no time, such as 2018-07-01T00:00Z"),
        ({"to": 1532044800}, r"a\.to: 1532044800 .* is no time"),
        ({"to": ENTRY["from"]}, r"a: from is 2018-07-20T00:00:00.* ends before it begins"),
        ({"to": "2018-07-20T01:00+02:00"}, r"a: from is .* ends before it begins"),
        ({"fleet": None}, r"a\.fleet: is missing"),
        ({"kind": ""}, r"a\.kind: '' is not allowed"),
        ({"reason": None}, r"a\.reason: is missing"),
        ({"by": ""}, r"a\.by: '' is not allowed"),
        ({"excluded": "yes"}, r"a\.excluded: 'yes' is not allowed"),
        ({"cohorts": ["x"]}, r"a\.cohorts: is not a known key"),
        ({"cohort": [""]}, r"a\.cohort\.0: '' is not allowed"),
        ({"where": {"colour": "red"}}, r"a\.where: \['colour'\] are .*scope has \['district'"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_meant_stops_a_run(change: dict[str, Any], message: str) -> None:
    """Before any work, by the path of the entry and with what stands there."""
    with pytest.raises(ConfigurationError, match=r"events\.calendar\." + message):
        check({"a": entry(**change)})


def test_entries_that_exclude_the_same_are_named() -> None:
    """The same moments, written with another offset or order, are the same period."""
    again = entry(from_="2018-07-20T02:00+02:00", kind="strike", cohort=["demand/C"])
    with pytest.raises(ConfigurationError, match=r"'a', 'b' concern the same sensors in the same"):
        check({"a": entry(), "b": again})
    check({"a": entry(), "b": entry(cohort="demand/A")})


@pytest.mark.parametrize("name", ["1", "a b", "", "a/b"])
def test_an_id_is_a_word(name: str) -> None:
    """It stands in commands and in tables, and must not be taken for a number."""
    with pytest.raises(ConfigurationError, match="names no event: an id begins with a letter"):
        check({name: entry()})


def test_entries_of_another_fleet_are_not_measured_by_this_one() -> None:
    """One file in base serves fleets with other metadata."""
    check({"a": entry(fleet="other", where={"colour": "red"})})
