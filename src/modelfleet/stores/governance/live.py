"""What may serve: proved by the chain, by signatures and by every byte of the release."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from modelfleet.domain.approvals import Entry, Judge, Problem
from modelfleet.domain.errors import ReleaseError
from modelfleet.stores.governance.place import Governance, present
from modelfleet.stores.governance.truncation import unseen_heads
from modelfleet.stores.release_store import Release, ReleaseStore

__all__ = ["Live", "live_of", "open_live"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Live:
    """What serves an environment.

    Attributes:
        serves: cohort to the release that is proved; a cohort without any is not in it.
        releases: name to release, with its bytes verified.
        problems: why something newer does not serve, or the chain cannot be relied on.
    """

    serves: dict[str, str]
    releases: dict[str, Release]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Opened:
    """Releases that were opened, and what was wrong with others."""

    store: ReleaseStore
    good: dict[str, Release] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)

    def whole(self, rid: str, provenance: str | None) -> bool:
        """Whether a release can be trusted, down to what is known about its run."""
        if rid not in self.good and rid not in self.bad:
            try:
                self.good[rid] = self.store.open(rid)
            except ReleaseError as error:
                self.bad[rid] = str(error)
        if rid in self.good and self.store.provenance_digest(rid) != provenance:
            self.bad[rid] = f"release {rid[:12]} cannot be trusted: PROVENANCE.json was replaced"
        return rid not in self.bad


def open_live(governance: Governance, *, now: datetime | None = None) -> Live:
    """Open what serves: per cohort the newest release for which everything is proved.

    The chain first, then signatures, then the release's manifest and every file of it. Whatever
    fails is told as a problem and in the log, and the last release that is proved serves.
    """
    governance, moment = governance.anew(), present(now)
    proofs = governance.proofs
    requests = governance.approvals.requests()
    channel = governance.channel_with(proofs)
    chain = channel.read()
    found = live_of(governance, channel.judge(chain.entries, now=moment))
    others = set(requests) - {entry.request for entry in chain.entries}
    cut = unseen_heads(sorted(others), chain.entries, proofs)
    problems = (*chain.problems, *cut, *found.problems)
    for problem in problems:
        logger.error("%s", problem)
    return replace(found, problems=problems)


def live_of(governance: Governance, judge: Judge) -> Live:
    """What serves by the entries of a judge, whatever else is wrong with the channel."""
    opened = _Opened(governance.releases)
    cohorts = sorted({cohort for entry in judge.entries for cohort in entry.serves})
    found = {cohort: _serving(judge, cohort, opened) for cohort in cohorts}
    serves = {cohort: rid for cohort, (rid, _) in found.items() if rid is not None}
    releases = {rid: opened.good[rid] for rid in sorted(set(serves.values()))}
    return Live(
        serves, releases, tuple(each for _, problems in found.values() for each in problems)
    )


def _serving(judge: Judge, cohort: str, opened: _Opened) -> tuple[str | None, list[Problem]]:
    """The release that may serve a cohort, and what is wrong with newer ones."""
    problems: list[Problem] = []
    for entry in reversed(judge.entries):
        if cohort not in judge.touched(entry.position):
            continue
        rid = entry.serves.get(cohort, "")
        found = list(_against(judge, entry, cohort, opened))
        if not found:
            return rid, _last_serves(problems, cohort, rid)
        problems += found
    return None, _last_serves(problems, cohort, None)


def _against(judge: Judge, entry: Entry, cohort: str, opened: _Opened) -> Iterator[Problem]:
    where = f"entry {entry.position}, cohort {cohort}"
    refusals = judge.refusals(entry.position, cohort)
    for refusal in refusals:
        yield Problem(refusal.code, where, refusal.sentence, cohort)
    rid = entry.serves.get(cohort, "")
    if not refusals and not opened.whole(rid, entry.provenance.get(rid)):
        yield Problem("altered", where, opened.bad[rid], cohort)


def _last_serves(problems: list[Problem], cohort: str, rid: str | None) -> list[Problem]:
    """The problems, and what serves in spite of them."""
    if not problems:
        return []
    what = f"release {rid[:12]}, the last that is proved, serves" if rid else "no release serves"
    return [*problems, Problem("fallback", f"cohort {cohort}", what, cohort)]
