"""First steps of forecasts, as people write them: a time, a day, or a range from one to another.

A time that names no zone is UTC, as stored readings are. A day stands for its forecast hour: that
of the next origin of the fleet, for a fleet that forecasts every day has one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from modelfleet.domain.errors import ConfigurationError

__all__ = ["MOST_ORIGINS", "Moment", "OriginRange", "expand_origins"]

MOST_ORIGINS = 10_000
"""More than that, 27 years of days, is a slip of the pen."""

DAY = len("2018-10-01")


@dataclass(frozen=True)
class Moment:
    """A time, or a day whose hour is still to be told."""

    time: datetime
    is_day: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a time or a day in ISO 8601.

        Raises:
            ValueError: it is neither.
        """
        try:
            time = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(
                f"{text!r} is neither a time such as 2018-10-01T06:00 nor a day such as 2018-10-01"
            ) from None
        aware = time if time.tzinfo else time.replace(tzinfo=UTC)
        return cls(aware.astimezone(UTC), len(text.strip()) <= DAY)

    def at(self, hour: timedelta) -> datetime:
        """The time; of a day, that of its forecast hour, counted from midnight in UTC."""
        return self.time + hour if self.is_day else self.time


@dataclass(frozen=True)
class OriginRange:
    """Origins from one to another, both included; a single one is a range of one."""

    first: Moment
    last: Moment

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2018-10-01``, ``2018-10-01T06:00`` or ``2018-10-01/2018-12-01``.

        Raises:
            ValueError: it is none of these, or ends before it begins.
        """
        begin, slash, end = text.partition("/")
        found = cls(Moment.parse(begin), Moment.parse(end if slash else begin))
        if found.last.time < found.first.time:
            raise ValueError(f"{text!r} ends before it begins")
        return found

    def expand(self, step: timedelta, *, hour: timedelta) -> list[datetime]:
        """All origins of the range, so far apart.

        Raises:
            ConfigurationError: they are more than :data:`MOST_ORIGINS`.
        """
        first, last = self.first.at(hour), self.last.at(hour)
        if not self.first.is_day and self.last.is_day:  # the whole of the last day
            last = self.last.time + timedelta(days=1) - timedelta(microseconds=1)
        count = (last - first) // step + 1
        if count > MOST_ORIGINS:
            raise ConfigurationError(
                f"inference.origins: {first:%Y-%m-%d} to {last:%Y-%m-%d} holds {count:,} origins, "
                f"more than {MOST_ORIGINS:,}; take a longer step or a shorter range"
            )
        return [first + number * step for number in range(count)]


def expand_origins(
    texts: Iterable[str], step: timedelta, *, next_origin: datetime
) -> list[datetime]:
    """All origins that are asked for, sorted, each once; the next one where none is.

    Args:
        texts: as :meth:`OriginRange.parse` takes them.
        step: between two origins of a range.
        next_origin: of the fleet; its hour is the forecast hour of days.

    >>> expand_origins(
    ...     ["2018-10-01/2018-10-02"],
    ...     timedelta(days=1),
    ...     next_origin=datetime(2019, 1, 1, 6, tzinfo=UTC),
    ... )[-1].isoformat()
    '2018-10-02T06:00:00+00:00'
    """
    midnight = next_origin.replace(hour=0, minute=0, second=0, microsecond=0)
    hour = next_origin - midnight
    found = {origin for text in texts for origin in OriginRange.parse(text).expand(step, hour=hour)}
    return sorted(found) or [next_origin]
