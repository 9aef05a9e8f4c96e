"""Notices that wait until they reached everybody: nothing here is ever changed or removed.

Below ``notifications/<environment>/``, each object made once by exclusive create:

    20260131T021700Z-0123456789abcdef.json          a notice
    20260131T021700Z-0123456789abcdef/
        to.json                                     who gets it, settled when delivery begins
        00-0001-begun.json                          first attempt for the first of them …
        00-0001-failed.json                         … and how it ended
        00-0002-begun.json
        00-0002-delivered.json
        done.json                                   all of them have it

Who makes ``begun`` of a number may make that attempt, so that of two processes one sends. A process
that dies between sending and saying so leaves an attempt without an end: after :data:`PATIENCE` it
counts as failed and is made again. So each notice arrives at least once, and twice only then.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from modelfleet.domain.lineage import canonical_json
from modelfleet.fleet.notices import Notice, notice_from, notice_key
from modelfleet.stores.describe import DescribedDataset
from modelfleet.stores.objects import Objects

__all__ = ["Attempt", "Delivery", "ObjectOutbox", "OutboxDataset", "Posted"]

PATIENCE = timedelta(minutes=10)
"""How long an attempt without an end may still be under way."""

UNKNOWN = "it is not known whether it arrived: the process ended while it was sent"


@dataclass(frozen=True)
class Attempt:
    """One try to reach one recipient.

    Attributes:
        begun: when.
        ended: when it was known how it went; ``None`` while it is under way, or was given up.
        error: why it failed; ``None`` where it arrived or has no end.
    """

    begun: datetime
    ended: datetime | None = None
    error: str | None = None

    def is_under_way(self, now: datetime) -> bool:
        """Whether somebody may still be sending."""
        return self.ended is None and now - self.begun < PATIENCE


@dataclass(frozen=True)
class Delivery:
    """How one recipient is reached.

    Attributes:
        to: an owner, or ``default``.
        address: which of the recipient's addresses.
        attempts: how many were begun.
        last: the last of them.
    """

    to: str
    address: int
    attempts: int = 0
    last: Attempt | None = None

    @property
    def delivered_at(self) -> datetime | None:
        """When it arrived, or ``None``."""
        return self.last.ended if self.last and self.last.error is None else None

    def error(self, now: datetime) -> str | None:
        """Why the last attempt failed, or ``None`` where none did."""
        if self.last is None or self.delivered_at or self.last.is_under_way(now):
            return None
        return self.last.error or UNKNOWN


@dataclass(frozen=True)
class Posted:
    """A notice and how far it came.

    Attributes:
        name: of the notice among the objects.
        notice: the notice.
        deliveries: one per recipient and address; empty until delivery begins.
    """

    name: str
    notice: Notice
    deliveries: tuple[Delivery, ...]

    def state(self, now: datetime) -> str:
        """``delivered`` to all, ``failed`` for somebody at the last attempt, or ``pending``."""
        if self.deliveries and all(each.delivered_at for each in self.deliveries):
            return "delivered"
        return "failed" if any(each.error(now) for each in self.deliveries) else "pending"

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """For programs."""
        return {
            "name": self.name,
            "state": self.state(now),
            **self.notice.as_dict(),
            "deliveries": [
                {
                    "to": each.to,
                    "address": each.address + 1,
                    "attempts": each.attempts,
                    "delivered_at": each.delivered_at and each.delivered_at.isoformat(),
                    "error": each.error(now),
                }
                for each in self.deliveries
            ],
        }


@dataclass(frozen=True)
class ObjectOutbox:
    """The outbox of one environment, over objects in a folder or in a bucket."""

    objects: Objects

    def post(self, notice: Notice) -> None:
        """Keep a notice for delivery; one that says the same is kept once."""
        self.objects.check_writable()
        key = notice_key(notice)[:16]
        if not any(name.endswith(f"-{key}.json") for name in self.objects.names()):
            self._create(f"{_stamp(notice.at)}-{key}.json", notice.as_dict())

    def unfinished(self, *, since: datetime | None = None) -> list[str]:
        """Names of notices that have not reached everybody yet, oldest first."""
        names = self.objects.names()
        done = {name.partition("/")[0] for name in names if name.endswith("/done.json")}
        found = [name for name in _notices(names) if name not in done]
        earliest = _stamp(since) if since else ""
        return [name for name in found if name >= earliest]

    def all(self) -> list[Posted]:
        """All notices and how far they came, oldest first."""
        names = self.objects.names()
        return [self._posted(name, names) for name in _notices(names)]

    def look(self, name: str) -> Posted:
        """One notice and how far it came."""
        return self._posted(name, self.objects.names(f"{name}/"))

    def settle(self, name: str, recipients: Sequence[tuple[str, int]]) -> Posted:
        """Say who gets a notice; what somebody said before stands.

        Args:
            name: of the notice.
            recipients: each with the number of an address, from 0.
        """
        rows = [{"to": to, "address": address} for to, address in recipients]
        self._create(f"{name}/to.json", rows)
        return self.look(name)

    def begin(self, name: str, position: int, attempt: int, at: datetime) -> bool:
        """Take an attempt; ``False`` where somebody else has it."""
        return self._create(_step(name, position, attempt, "begun"), {"at": at.isoformat()})

    def end(
        self, name: str, position: int, attempt: int, at: datetime, *, error: str | None
    ) -> None:
        """Say how an attempt went: ``error`` is ``None`` where it arrived."""
        how = "delivered" if error is None else "failed"
        record = {"at": at.isoformat(), "error": error}
        self._create(_step(name, position, attempt, how), record)

    def finish(self, name: str) -> None:
        """Say that everybody has the notice, so that nobody looks at it again."""
        self._create(f"{name}/done.json", {})

    def _create(self, name: str, content: Any) -> bool:
        return self.objects.create(name, canonical_json(content).encode())

    def _read(self, name: str) -> Any:
        content = self.objects.get(name)
        return None if content is None else json.loads(content)

    def _posted(self, name: str, names: Iterable[str]) -> Posted:
        steps = {each.removeprefix(f"{name}/") for each in names if each.startswith(f"{name}/")}
        recipients = self._read(f"{name}/to.json") if "to.json" in steps else []
        deliveries = (self._delivery(name, k, row, steps) for k, row in enumerate(recipients))
        return Posted(name, notice_from(self._read(f"{name}.json")), tuple(deliveries))

    def _delivery(
        self, name: str, position: int, row: Mapping[str, Any], steps: set[str]
    ) -> Delivery:
        begun = sorted(step for step in steps if step.startswith(f"{position:02d}-"))
        attempts = int(begun[-1].split("-")[1]) if begun else 0
        last = self._attempt(name, position, attempts, steps) if attempts else None
        return Delivery(row["to"], row["address"], attempts, last)

    def _attempt(self, name: str, position: int, attempt: int, steps: set[str]) -> Attempt:
        begun = datetime.fromisoformat(self._read(_step(name, position, attempt, "begun"))["at"])
        for how in ("delivered", "failed"):
            path = _step(name, position, attempt, how)
            if path.removeprefix(f"{name}/") in steps:
                end = self._read(path)
                return Attempt(begun, datetime.fromisoformat(end["at"]), end["error"])
        return Attempt(begun)


class OutboxDataset(DescribedDataset[list[Notice], ObjectOutbox]):
    """Saves notices for delivery; loads the outbox."""

    def load(self) -> ObjectOutbox:
        """The outbox."""
        return ObjectOutbox(Objects(self._filepath, self.protected_by))

    def save(self, data: list[Notice]) -> None:
        """Keep each notice, once."""
        for notice in data:
            self.load().post(notice)

    def _exists(self) -> bool:
        return True  # one that holds nothing yet is empty


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _notices(names: Iterable[str]) -> list[str]:
    return [name.removesuffix(".json") for name in names if "/" not in name]


def _step(name: str, position: int, attempt: int, what: str) -> str:
    return f"{name}/{position:02d}-{attempt:04d}-{what}.json"
