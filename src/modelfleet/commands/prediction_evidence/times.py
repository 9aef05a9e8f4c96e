"""Times as people type them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from modelfleet.fleet.axis import EPOCH

__all__ = ["read_time"]

DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}|\d{4}-W\d{2}(-\d)?")
EXAMPLE = "2019-01-01T07:00"


def read_time(text: str, *, zone: str, step_minutes: int, option: str) -> datetime:
    """A moment in UTC; a time without a zone is one on the fleet's clocks.

    Args:
        text: ISO 8601, such as ``2019-01-01T07:00`` or ``2019-01-01T07:00:00Z``.
        zone: IANA name of the fleet's time zone.
        step_minutes: of the fleet's grid.
        option: of the command, for its messages.

    Raises:
        click.BadParameter: it is no time, or a day without one, the clocks show it twice or never,
            or it lies between two steps.
    """
    if DAY.fullmatch(text.strip()):
        raise click.BadParameter(
            f"{text!r} is a day; say which of its forecasts, such as {text.strip()}T07:00",
            param_hint=option,
        )
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no time; write {EXAMPLE}, or with a zone {EXAMPLE}Z", param_hint=option
        ) from error
    found = (moment if moment.tzinfo else _on_clocks(moment, zone, option)).astimezone(UTC)
    step = timedelta(minutes=step_minutes)
    if missed := (found - EPOCH) % step:
        near = " and ".join(f"{each:%H:%M} UTC" for each in (found - missed, found - missed + step))
        raise click.BadParameter(
            f"{text!r} lies between two steps of {step_minutes} minutes; the nearest are {near}",
            param_hint=option,
        )
    return found


def _on_clocks(moment: datetime, zone: str, option: str) -> datetime:
    first, second = (moment.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    there = first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == moment
    shows = "twice" if there else "never: they are put forward"
    raise click.BadParameter(
        f"{moment.isoformat(sep=' ')} is a time that clocks in {zone} show {shows}; give it with "
        f"an offset, such as {first.isoformat()}",
        param_hint=option,
    )
