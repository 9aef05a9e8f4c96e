"""Brings notices to people: after runs and commands, with patience, and never in anybody's way."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from modelfleet.domain.errors import ModelfleetError
from modelfleet.fleet.notices import Notice
from modelfleet.stores.addresses import Addresses, OwnersOf, read_addresses, read_owners
from modelfleet.stores.messenger import send_notice
from modelfleet.stores.outbox import Delivery, ObjectOutbox, Posted

__all__ = ["Courier", "deliver", "deliver_quietly"]

logger = logging.getLogger(__name__)

RECENT = timedelta(days=7)
"""Older notices are sent only when somebody asks for it: nobody wants last year's at once."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)
SECONDS = 10.0

Send = Callable[[Notice, str], str | None]


@dataclass(frozen=True)
class Courier:
    """Who is told, and how.

    Attributes:
        addresses: where people are reached.
        owners_of: gives the owners of a cohort.
        send: sends to one address; returns why it failed, or ``None``.
    """

    addresses: Addresses
    owners_of: OwnersOf
    send: Send = send_notice

    def recipients(self, notice: Notice) -> list[tuple[str, int]]:
        """Who is told about a notice, each with the number of an address."""
        return self.addresses.recipients(notice.cohorts, self.owners_of)

    def carry(self, notice: Notice, delivery: Delivery) -> str | None:
        """Send a notice to a recipient; returns why it failed, or ``None``."""
        url = self.addresses.url(delivery.to, delivery.address)
        if url is None:
            return f"{delivery.to} has no such address any more: add it to the credentials"
        return self.send(notice, url)


def deliver(
    outbox: ObjectOutbox,
    courier: Courier,
    *,
    everything: bool = False,
    seconds: float = SECONDS,
) -> Counter[str]:
    """Try to deliver what has not reached everybody yet, oldest first.

    Returns after ``seconds`` at most. What is under way then goes on as long as the process lives;
    what was not come to waits for the next time.

    Args:
        outbox: where notices wait.
        courier: who is told, and how.
        everything: also what is older than a week, and at once what failed a moment ago.
        seconds: how long this may take.

    Returns:
        how many attempts were ``delivered`` and how many ``failed``.

    Raises:
        ProtectedError: another environment alone may deliver these notices.
    """
    outbox.objects.check_writable()
    names = outbox.unfinished(since=None if everything else datetime.now(UTC) - RECENT)
    if not names or courier.addresses == Addresses():
        return Counter()
    walk = _Walk(outbox, courier, everything=everything, until=time.monotonic() + seconds)
    # A service may answer drop by drop for ever: the run does not wait for it, nor does its end.
    worker = threading.Thread(target=walk.run, args=(names,), name="notices", daemon=True)
    worker.start()
    worker.join(seconds)
    for error in walk.errors:
        raise error
    return Counter(walk.counts)


def deliver_quietly(outbox: ObjectOutbox, loader: Any, *, seconds: float = SECONDS) -> None:
    """Deliver as an environment is configured; what goes wrong is a warning and nothing more.

    Notices that another environment alone may deliver are left to it.

    Args:
        outbox: where notices wait.
        loader: Kedro's configuration of the environment.
        seconds: how long this may take.
    """
    if not outbox.objects.writable:
        return
    try:
        if not outbox.unfinished(since=datetime.now(UTC) - RECENT):
            return
        courier = Courier(read_addresses(loader), read_owners(loader))
        failed = deliver(outbox, courier, seconds=seconds)["failed"]
    except Exception as error:  # noqa: BLE001  people are told later; the work itself is done
        # What others raise may show what they were given.
        told = str(error) if isinstance(error, ModelfleetError) else type(error).__name__
        logger.warning("no notice was delivered: %s", told)
        return
    if failed:
        logger.warning(
            "%d message(s) could not be delivered and will be tried again: `modelfleet notices`",
            failed,
        )


@dataclass
class _Walk:
    """One walk to everybody who has not got something yet."""

    outbox: ObjectOutbox
    courier: Courier
    everything: bool
    until: float
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[Exception] = field(default_factory=list)

    def run(self, names: list[str]) -> None:
        """Deliver some notices; an error of the storage is kept for who started the walk."""
        try:
            for name in names:
                self.deliver(name)
        except Exception as error:  # noqa: BLE001  raised again by who waits for it
            self.errors.append(error)

    def deliver(self, name: str) -> None:
        """One notice to all who have not got it."""
        posted = self.outbox.look(name)
        if not posted.deliveries:
            people = self.courier.recipients(posted.notice)
            if not people:
                return
            posted = self.outbox.settle(name, people)
        reached = [self.reach(posted, position) for position in range(len(posted.deliveries))]
        if all(reached):
            self.outbox.finish(name)

    def reach(self, posted: Posted, position: int) -> bool:
        """Whether a recipient has a notice, after another attempt where it is time for one."""
        delivery, now = posted.deliveries[position], datetime.now(UTC)
        if delivery.delivered_at:
            return True
        if time.monotonic() > self.until or not _is_due(delivery, now, at_once=self.everything):
            return False
        attempt = delivery.attempts + 1
        if not self.outbox.begin(posted.name, position, attempt, now):
            return False  # somebody else is at it
        error = self.courier.carry(posted.notice, delivery)
        self.outbox.end(posted.name, position, attempt, datetime.now(UTC), error=error)
        self.counts["failed" if error else "delivered"] += 1
        return error is None


def _is_due(delivery: Delivery, now: datetime, *, at_once: bool) -> bool:
    """Pauses double from a minute to a day; what may be under way is left alone."""
    last = delivery.last
    if last is None:
        return True
    if last.is_under_way(now):
        return False
    pause = min(FIRST_PAUSE * 2 ** min(delivery.attempts - 1, 20), LONGEST_PAUSE)
    return at_once or now >= (last.ended or last.begun) + pause
