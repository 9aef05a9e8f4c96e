"""Which release is live in an environment: an append-only log.

Each entry names the digest of the one before and is written by exclusive create, so of two writers
one wins and a changed past shows. Nothing is appended that the rules of
:mod:`modelfleet.domain.approvals` refuse, whoever asks.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelfleet.domain.approvals import Entry, Judge, Owners, Problem, Proofs, raise_refusals
from modelfleet.domain.errors import ReleaseError
from modelfleet.stores.objects import Objects
from modelfleet.stores.witness import Seen, Witness

__all__ = ["Chain", "Channel"]

LIMIT = 16 * 2**20
"""Bytes of an entry at most: thousands of cohorts fit into it."""


@dataclass(frozen=True)
class Chain:
    """What a channel holds.

    Attributes:
        entries: oldest first, up to the first that does not follow from the one before.
        problems: what is wrong with the chain; empty where all of it holds.
    """

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]

    @property
    def head(self) -> str | None:
        """Digest of the last entry; ``None`` where there is none."""
        return self.entries[-1].digest if self.entries else None

    @property
    def serves(self) -> dict[str, str]:
        """Cohort to release, as the last entry says."""
        return dict(self.entries[-1].serves) if self.entries else {}


@dataclass(frozen=True)
class Channel:
    """The log of one environment.

    Attributes:
        objects: its place.
        environment: its name.
        owners: the policies and owners of today.
        proofs: where signatures and releases are looked up.
        witness: remembers the last entry; ``None`` where nothing does.
    """

    objects: Objects
    environment: str
    owners: Owners
    proofs: Proofs
    witness: Witness | None = None

    def read(self) -> Chain:
        """The entries as far as they follow from each other, and what is wrong."""
        seen = self._seen()  # before the entries: others may append in between
        sizes, odd = self.objects.top(), self.objects.irregular()
        problems = [
            _problem("foreign", name, "it is a link, not a file; remove it") for name in odd
        ]
        names = [_name(position) for position in range(1, len(sizes) + 1)]
        good = [name for name in names if sizes.get(name, LIMIT + 1) <= LIMIT and name not in odd]
        contents = self.objects.fetch(good) if "." not in odd else {}
        entries, broken = _linked(contents.get(name) for name in names)
        problems += [
            _problem("foreign", name, "it is no entry of the channel; remove it")
            for name in sorted(sizes.keys() - {*names, *odd})
        ]
        if broken:
            problems.append(_problem("broken_chain", names[len(entries)], broken))
        return Chain(entries, (*problems, *_cut(entries, seen)))

    def entries(self) -> list[Entry]:
        """All entries, oldest first, after checking that each follows from the one before.

        Raises:
            ReleaseError: the chain is broken, or was cut off.
        """
        chain = self.read()
        if chain.problems:
            raise ReleaseError(
                f"the channel {self.objects.root} is broken: " + "; ".join(map(str, chain.problems))
            )
        return list(chain.entries)

    def live(self) -> dict[str, str]:
        """Cohort to the release that serves it; empty before the first entry.

        What the log says: :func:`modelfleet.stores.governance.open_live` gives what is proved.
        """
        entries = self.entries()
        return dict(entries[-1].serves) if entries else {}

    def head(self) -> str | None:
        """Digest of the last entry; ``None`` before the first."""
        entries = self.entries()
        return entries[-1].digest if entries else None

    def judge(self, entries: Sequence[Entry], *, now: datetime) -> Judge:
        """The rules, ready to be asked about these entries."""
        return Judge(
            entries=tuple(entries),
            environment=self.environment,
            owners=self.owners,
            proofs=self.proofs,
            now=now,
        )

    def append(self, entry: Entry, *, now: datetime) -> bool:
        """Append an entry; ``False`` if somebody else was quicker: judge anew and try again.

        Raises:
            RefusedError: a rule stands against a change that it makes.
            ReleaseError: the chain is broken.
        """
        entries = self.entries()
        if entry.before != (entries[-1].digest if entries else None):
            return False
        judge = self.judge([*entries, entry], now=now)
        changes = judge.touched(entry.position)
        raise_refusals([each for c in changes for each in judge.refusals(entry.position, c)])
        if not self.objects.create(_name(entry.position), entry.to_bytes()):
            return False
        if self.witness:
            self.witness.move(entry)
        return True

    def _seen(self) -> Seen | Problem | None:
        try:
            return self.witness.seen() if self.witness else None
        except ReleaseError as error:
            return Problem("no_witness", "the witness", str(error))


def _cut(entries: Sequence[Entry], seen: Seen | Problem | None) -> list[Problem]:
    """Whether the last entry that was seen is still there."""
    if seen is None:
        return []
    if isinstance(seen, Problem):
        return [seen]
    kept = entries[seen.position - 1].digest if seen.position <= len(entries) else None
    if kept == seen.digest:
        return []
    where = f"entry {seen.position}"
    sentence = (
        "it was the last once, and is not there or is another one now: the channel was "
        "truncated or replaced; restore it from a copy"
    )
    return [Problem("truncated", where, sentence)]


def _linked(contents: Iterator[bytes | None]) -> tuple[tuple[Entry, ...], str]:
    """The entries that follow from each other, and what is wrong with the next."""
    entries: list[Entry] = []
    before = None
    for position, content in enumerate(contents, start=1):
        if content is None:
            return tuple(entries), "it is missing, or too large to be an entry; restore it"
        try:
            entry = Entry.of_bytes(content)
        except ReleaseError as error:
            return tuple(entries), f"{error}; restore it from a copy"
        if (entry.position, entry.before) != (position, before):
            return tuple(entries), "it does not follow from the entry before; restore the folder"
        entries.append(entry)
        before = hashlib.sha256(content).hexdigest()
    return tuple(entries), ""


def _problem(code: str, name: str, sentence: str) -> Problem:
    return Problem(code, "the channel" if name == "." else name, sentence)


def _name(position: int) -> str:
    return f"{position:06d}.json"
