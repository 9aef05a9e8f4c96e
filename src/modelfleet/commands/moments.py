"""Times as people type them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click

__all__ = ["first_moment", "moment_after", "written"]

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def first_moment(text: str, zone: str) -> datetime:
    """The moment at which something begins: a time, or the beginning of a day.

    Args:
        text: such as ``2018-07-20``, ``2018-07-20T06:00`` or ``2018-07-20T06:00+02:00``.
        zone: of times that name none.

    Raises:
        click.BadParameter: it is no time, or local clocks show it twice or never.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no time; write it like 2018-07-20 or 2018-07-20T06:00+02:00"
        ) from None
    return moment if moment.tzinfo else _placed(moment, zone)


def moment_after(text: str, zone: str) -> datetime:
    """The moment at which something is over: a time, or the end of a day.

    Args:
        text: as in :func:`first_moment`; of a day without a time, its last hour is part of it.
        zone: of times that name none.
    """
    if not DAY.fullmatch(text):
        return first_moment(text, zone)
    first_moment(text, zone)  # whatever is wrong with it
    return _placed(datetime.fromisoformat(text) + timedelta(days=1), zone)


def written(moment: datetime) -> str:
    """A moment as it stands in the configuration: minutes, with its offset."""
    whole = moment.second == moment.microsecond == 0
    text = moment.isoformat(timespec="minutes" if whole else "auto")
    return text.replace("+00:00", "Z")


def _placed(moment: datetime, zone: str) -> datetime:
    early, late = (moment.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        back = early.astimezone(UTC).astimezone(ZoneInfo(zone))
        times = "never" if back.replace(tzinfo=None) != moment else "twice"
        raise click.BadParameter(
            f"clocks in {zone} show {moment.isoformat(timespec='minutes')} {times}; add an offset, "
            "such as +02:00"
        )
    return early
