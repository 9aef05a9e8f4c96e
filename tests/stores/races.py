"""Two promoters at the same channel."""

import threading
from datetime import UTC, datetime

from modelfleet.domain.approvals import Entry
from modelfleet.stores.governance import Governance

__all__ = ["race"]

NOW = datetime(2027, 3, 1, tzinfo=UTC)


def race(place: Governance, *, rounds: int) -> tuple[int, int]:
    """Two threads append at every position; how often each of them won."""
    start = threading.Barrier(2, timeout=60)
    won: list[list[int]] = [[], []]

    def promote(who: int) -> None:
        channel = place.channel
        for number in range(rounds):
            entries = channel.entries()
            entry = Entry.after(
                entries,
                kind="automatic",
                changes={"a": f"{2 * number + who + 1:064x}"},
                provenance={},
                at=NOW,
                by=f"promoter {who}",
                reason="a race",
            )
            start.wait()
            if channel.append(entry, now=NOW):
                won[who].append(entry.position)
            start.wait()

    threads = [threading.Thread(target=promote, args=(who,)) for who in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(place.channel.entries()) == rounds, "the chain holds"
    assert {e.position: e.by for e in place.channel.entries()} == {
        **dict.fromkeys(won[0], "promoter 0"),
        **dict.fromkeys(won[1], "promoter 1"),
    }
    return len(won[0]), len(won[1])
