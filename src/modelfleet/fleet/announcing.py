"""What a run has to tell people: what went live, what waits for them, and what is on hold."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from modelfleet.domain.approvals import Entry
from modelfleet.fleet.notices import Notice, RunKind, write_notice
from modelfleet.fleet.promotion import HELD, WAITING

__all__ = ["Log", "announce_run"]

KINDS: dict[str, RunKind] = {WAITING: "waiting", HELD: "held"}


class Log(Protocol):
    """Which release is live, from the beginning."""

    def entries(self) -> Sequence[Entry]:
        """All entries, oldest first."""
        ...


def announce_run(
    log: Log,
    *,
    decision: Mapping[str, Any],
    card: Mapping[str, Any],
    holds: Sequence[Mapping[str, Any]],
    environment: str,
) -> list[Notice]:
    """All notices of a run.

    What went live is told from the newest entry of the log and not from the decision: told again
    by the next run it is the same notice, so that one whose run was killed before it could tell is
    not lost.

    Args:
        log: the channel, after the decision was kept.
        decision: see :class:`~modelfleet.fleet.promotion.PromotionDecision`.
        card: ``rid``, ``started_at`` and ``by``.
        holds: ``code`` and ``sentence`` of each reason to hold the release.
        environment: of the run.
    """
    notices = _went_live(log.entries(), environment)
    for state, kind in KINDS.items():
        if cohorts := [c for c, each in decision["cohorts"].items() if each == state]:
            notices.append(
                write_notice(
                    kind,
                    environment=environment,
                    release=card["rid"],
                    cohorts=cohorts,
                    by=card["by"],
                    reason="; ".join(_sentences(holds, decision["holds"])) if state == HELD else "",
                    at=datetime.fromisoformat(card["started_at"]),
                    commands=decision["commands"],
                )
            )
    return notices


def _went_live(entries: Sequence[Entry], environment: str) -> list[Notice]:
    """The newest entry, where it was made by a run: what people do they tell by themselves."""
    if not entries or entries[-1].kind != "automatic":
        return []
    entry, before = entries[-1], entries[-2].serves if len(entries) > 1 else {}
    news: dict[str, list[str]] = {}
    for cohort, rid in entry.serves.items():
        if before.get(cohort) != rid:
            news.setdefault(rid, []).append(cohort)
    return [
        write_notice(
            "live",
            environment=environment,
            release=rid,
            cohorts=cohorts,
            by=entry.by,
            reason=entry.reason,
            at=entry.at,
        )
        for rid, cohorts in sorted(news.items())
    ]


def _sentences(holds: Sequence[Mapping[str, Any]], codes: Collection[str]) -> list[str]:
    return [str(hold["sentence"]).rstrip(".") for hold in holds if hold["code"] in codes]
