"""Times as people type them: days are whole, clocks are the fleet's, and doubt is told."""

import click
import pytest

from modelfleet.commands.moments import first_moment, moment_after, written

ROME = "Europe/Rome"


@pytest.mark.parametrize(
    ("text", "zone", "begins", "ends"),
    [
        ("2018-07-20", "UTC", "2018-07-20T00:00Z", "2018-07-21T00:00Z"),
        ("2018-07-20", ROME, "2018-07-20T00:00+02:00", "2018-07-21T00:00+02:00"),
        ("2018-03-25", ROME, "2018-03-25T00:00+01:00", "2018-03-26T00:00+02:00"),
        ("2018-07-20T06:00", ROME, "2018-07-20T06:00+02:00", "2018-07-20T06:00+02:00"),
        ("2018-07-20T06:00-03:00", ROME, "2018-07-20T06:00-03:00", "2018-07-20T06:00-03:00"),
        ("2018-07-20 06:00:30Z", ROME, "2018-07-20T06:00:30Z", "2018-07-20T06:00:30Z"),
    ],
)
def test_a_day_is_whole_and_a_time_is_a_moment(
    text: str, zone: str, begins: str, ends: str
) -> None:
    """On the fleet's clocks where no offset is named, and written with one."""
    assert written(first_moment(text, zone)) == begins
    assert written(moment_after(text, zone)) == ends


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tomorrow", "'tomorrow' is no time; write it like 2018-07-20"),
        ("2018-02-30", "'2018-02-30' is no time"),
        ("2018-10-28T02:30", "show 2018-10-28T02:30 twice; add an offset, such as"),
        ("2018-03-25T02:30", "show 2018-03-25T02:30 never; add an offset, such as"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, message: str) -> None:
    """An hour that clocks show twice would be a guess."""
    for read in (first_moment, moment_after):
        with pytest.raises(click.BadParameter, match=message):
            read(text, ROME)
