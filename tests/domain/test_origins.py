"""First steps of forecasts, as people write them."""

from datetime import UTC, datetime, timedelta

import pytest

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.origins import OriginRange, expand_origins

NEXT = datetime(2019, 1, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def expand(*texts: str, step: timedelta = DAY) -> list[str]:
    """Origins, written shortly."""
    found = expand_origins(texts, step, next_origin=NEXT)
    return [f"{origin:%m-%d %H:%M}" for origin in found]


def test_nothing_asked_for_is_the_next_origin() -> None:
    """What a daily run forecasts."""
    assert expand() == ["01-01 06:00"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2018-10-01", ["10-01 06:00"]),
        ("2018-10-01T09:00", ["10-01 09:00"]),
        ("2018-10-01T09:00+02:00", ["10-01 07:00"]),
        ("2018-10-01/2018-10-03", ["10-01 06:00", "10-02 06:00", "10-03 06:00"]),
        ("2018-10-01T09:00/2018-10-02", ["10-01 09:00", "10-02 09:00"]),
        ("2018-10-01/2018-10-02T05:00", ["10-01 06:00"]),
        ("2018-10-01T09:00Z/2018-10-01T09:00Z", ["10-01 09:00"]),
    ],
)
def test_days_stand_for_their_forecast_hour(text: str, expected: list[str]) -> None:
    """A day is that of the next origin; a time is itself, in UTC; both ends are included."""
    assert expand(text) == expected


def test_a_list_is_sorted_and_holds_each_origin_once() -> None:
    """Ranges may overlap."""
    found = expand("2018-10-02/2018-10-03", "2018-10-01/2018-10-02", "2018-12-24T12:00")
    assert found == ["10-01 06:00", "10-02 06:00", "10-03 06:00", "12-24 12:00"]


def test_a_range_may_have_another_step() -> None:
    """Four forecasts a day."""
    found = expand("2018-10-01T00:00/2018-10-01", step=timedelta(hours=6))
    assert found == ["10-01 00:00", "10-01 06:00", "10-01 12:00", "10-01 18:00"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("yesterday", "neither a time"),
        ("", "neither a time"),
        ("2018-10-01/", "neither a time"),
        ("2018-10-01/2018-12-01/2019-01-01", "neither a time"),
        ("2018-13-01", "neither a time"),
        ("2018-12-01/2018-10-01", "ends before it begins"),
    ],
)
def test_what_is_no_time_is_refused(text: str, words: str) -> None:
    """With an example of one that is."""
    with pytest.raises(ValueError, match=words):
        OriginRange.parse(text)


def test_a_slip_of_the_pen_is_refused() -> None:
    """Nobody wants a forecast for each minute of a century."""
    with pytest.raises(ConfigurationError, match="longer step or a shorter range"):
        expand("1918-10-01/2018-10-01", step=timedelta(minutes=1))
