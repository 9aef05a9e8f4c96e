"""Numbers and times as people read them, all of one sensor with the same decimals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

__all__ = ["Figures", "day_of", "listed", "time_of"]

DIGITS = 2
"""Digits that half an interval is written with: more would be noise, fewer would hide it."""
MOST_DECIMALS = 6


@dataclass(frozen=True)
class Figures:
    """How the values of one sensor are written.

    Attributes:
        decimals: after the point.
        unit: of the readings; may be empty.
    """

    decimals: int
    unit: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """As fine as the forecast's interval, or to three digits where there is none."""
        forecast, backup = document["forecast"], document["backup"] or {}
        lower, upper = forecast["lower"], forecast["upper"]
        values = [forecast["value"], backup.get("value")]
        values += [each["value"] for each in document["history"]]
        size = max((abs(each) for each in values if each is not None), default=1.0)
        half = (upper - lower) / 2 if lower is not None and upper is not None else 0.0
        decimals = _decimals(half, DIGITS) if half > 0 else _decimals(size, DIGITS + 1)
        return cls(decimals, document["sensor"]["unit"] or "")

    def bare(self, value: float | None) -> str:
        """A value without its unit; a dash where it is unknown."""
        if value is None:
            return "–"
        text = f"{value:,.{self.decimals}f}"
        return text.removeprefix("-") if float(text.replace(",", "")) == 0 else _minus(text)

    def signed(self, value: float | None) -> str:
        """A difference, with its sign."""
        text = self.bare(value)
        return f"+{text}" if value is not None and value > 0 and not self.is_zero(value) else text

    def size(self, value: float) -> str:
        """How much, without sign and with its unit."""
        return self.full(abs(value))

    def full(self, value: float | None) -> str:
        """A value with its unit."""
        return f"{self.bare(value)} {self.unit}".rstrip()

    def is_zero(self, value: float) -> bool:
        """Whether nothing of it would be seen."""
        return round(abs(value), self.decimals) == 0


def time_of(text: str) -> str:
    """The time of an ISO text, such as ``07:00``."""
    return f"{datetime.fromisoformat(text):%H:%M}"


def day_of(text: str, *, weekday: bool = False) -> str:
    """The day of an ISO text, such as ``Tuesday 1 January 2019``."""
    moment = datetime.fromisoformat(text)
    day = f"{moment.day} {moment:%B %Y}"
    return f"{moment:%A} {day}" if weekday else day


def listed(parts: Sequence[str]) -> str:
    """Some words as a list: ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _decimals(size: float, digits: int) -> int:
    """Decimals that leave so many digits of a size."""
    if not math.isfinite(size) or size <= 0:
        return 0
    return min(max(digits - 1 - math.floor(math.log10(size)), 0), MOST_DECIMALS)


def _minus(text: str) -> str:
    return text.replace("-", "−")
