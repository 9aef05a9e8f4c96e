"""Times as people type them."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

__all__ = ["read_time"]

DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}|\d{4}-W\d{2}(-\d)?")
EXAMPLE = "2019-01-01T07:00"


def read_time(text: str, *, zone: str, option: str) -> datetime:
    """A moment in UTC; a time without a zone is one on the fleet's clocks.

    Args:
        text: ISO 8601, such as ``2019-01-01T07:00`` or ``2019-01-01T07:00:00Z``.
        zone: IANA name of the fleet's time zone.
        option: of the command, for its messages.

    Raises:
        click.BadParameter: it is no time, or a day without one, or the clocks show it twice or
            never.
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
    return (moment if moment.tzinfo else _on_clocks(moment, zone, option)).astimezone(UTC)


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
