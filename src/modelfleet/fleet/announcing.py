"""What a run has to tell people: what went live, what waits for them, and what is on hold."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from modelfleet.fleet.notices import Kind, Notice, write_notice
from modelfleet.fleet.promotion import HELD, WAITING

__all__ = ["Log", "announce_run"]

KINDS: dict[str, Kind] = {WAITING: "waiting", HELD: "held"}

Entry = Mapping[str, Any]


class Log(Protocol):
    """Which release is live, from the beginning."""

    def entries(self) -> Sequence[Entry]:
        """All entries, oldest first, with ``serves`` (cohort to release), ``at`` and ``by``."""
        ...


def announce_run(
    log: Log,
    *,
    decision: Mapping[str, Any],
    card: Mapping[str, Any],
    cohorts: Collection[str],
    holds: Sequence[Mapping[str, Any]],
    environment: str,
) -> list[Notice]:
    """All notices of a run.

    What went live is told from the newest entry of the log and not from the decision: told again
    by the next run it is the same notice, so that one whose run was killed before it could tell is
    not lost.

    Args:
        log: the channel, after the decision was kept.
        decision: ``state``, ``serves`` and ``holds`` of the run's release.
        card: ``rid``, ``started_at`` and ``by``.
        cohorts: of the fleet.
        holds: ``code`` and ``sentence`` of each reason to hold it.
        environment: of the run.
    """
    notices = _went_live(log.entries(), environment)
    waiting = sorted(set(cohorts) - set(decision["serves"]))
    if waiting and decision["state"] in KINDS:
        notices.append(
            write_notice(
                KINDS[decision["state"]],
                environment=environment,
                release=card["rid"],
                cohorts=waiting,
                by=card["by"],
                reason="; ".join(_sentences(holds, decision["holds"])),
                at=datetime.fromisoformat(card["started_at"]),
            )
        )
    return notices


def _went_live(entries: Sequence[Entry], environment: str) -> list[Notice]:
    """The newest entry, where it was made by a run: what people do they tell by themselves."""
    if not entries or entries[-1].get("kind", "automatic") != "automatic":
        return []
    entry, before = entries[-1], entries[-2]["serves"] if len(entries) > 1 else {}
    news: dict[str, list[str]] = {}
    for cohort, rid in entry["serves"].items():
        if before.get(cohort) != rid:
            news.setdefault(rid, []).append(cohort)
    return [
        write_notice(
            "live",
            environment=environment,
            release=rid,
            cohorts=names,
            by=entry["by"],
            reason=entry.get("reason") or "",
            at=datetime.fromisoformat(entry["at"]),
        )
        for rid, names in sorted(news.items())
    ]


def _sentences(holds: Sequence[Mapping[str, Any]], codes: Collection[str]) -> list[str]:
    return [str(hold["sentence"]).rstrip(".") for hold in holds if hold["code"] in codes]
