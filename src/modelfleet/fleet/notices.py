"""What people are told, in plain sentences, and the port to where it waits for delivery."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, get_args

from modelfleet.domain.errors import listing
from modelfleet.domain.lineage import canonical_json, digest_of

__all__ = [
    "KINDS",
    "Kind",
    "Notice",
    "Outbox",
    "RunKind",
    "notice_from",
    "notice_key",
    "notice_title",
    "write_notice",
]

RunKind = Literal["waiting", "held", "live"]
"""How a run ends."""

Kind = Literal["requested", "approved", "rejected", "rolled_back", RunKind]
"""What people do, and how a run ends."""

KINDS: tuple[Kind, ...] = get_args(Kind)

SHORT = 12
"""Characters of a release's name that people read."""

REPEATED = frozenset({"waiting", "held"})
"""What every run finds again until somebody acts: people are told once."""


@dataclass(frozen=True)
class Notice:
    """Something that happened to what serves, or that waits for people.

    Attributes:
        kind: what happened.
        environment: where.
        release: whole name of the release that it is about.
        cohorts: whose owners are told.
        by: who did it.
        reason: why, in that person's words or in those of the gate; may be empty.
        at: when, with its time zone.
        text: all of it in sentences.
    """

    kind: Kind
    environment: str
    release: str
    cohorts: tuple[str, ...]
    by: str
    reason: str
    at: datetime
    text: str

    def as_dict(self) -> dict[str, Any]:
        """The notice as JSON can hold it."""
        return {**asdict(self), "cohorts": list(self.cohorts), "at": self.at.isoformat()}


class Outbox(Protocol):
    """Where notices wait until they reached everybody."""

    def post(self, notice: Notice) -> None:
        """Keep a notice for delivery. The same one is kept once."""
        ...


def notice_from(record: dict[str, Any]) -> Notice:
    """The notice that :meth:`Notice.as_dict` wrote."""
    at = datetime.fromisoformat(record["at"])
    return Notice(**{**record, "cohorts": tuple(record["cohorts"]), "at": at})


def notice_key(notice: Notice) -> str:
    """SHA-256 of what a notice says. States count without who found them when."""
    content = notice.as_dict()
    if notice.kind in REPEATED:
        content = {**content, "at": None, "by": None}
    return digest_of(canonical_json(content))


def notice_title(notice: Notice) -> str:
    """One line, as the subject of a message."""
    state = _TITLES[notice.kind]
    return f"Modelfleet {notice.environment}: release {notice.release[:SHORT]} {state}"


def write_notice(
    kind: RunKind,
    *,
    environment: str,
    release: str,
    cohorts: Sequence[str],
    by: str,
    reason: str,
    at: datetime,
    commands: Sequence[str] = (),
) -> Notice:
    """A notice of a run, with its sentences.

    Args:
        kind: how the run ended.
        environment: where.
        release: name of the release.
        cohorts: that it concerns.
        by: who started the run.
        reason: why; may be empty.
        at: when, with its time zone.
        commands: what people type next.
    """
    sentences = _TEXTS[kind].format(
        release=release[:SHORT],
        environment=environment,
        cohorts=f"{'cohort' if len(cohorts) == 1 else 'cohorts'} {listing(sorted(cohorts))}",
        by=by,
        because=f" Reason: {reason.strip().rstrip('.')}." if reason.strip() else "",
    )
    steps = ["", "Next:", *(f"  {command}" for command in commands)] if commands else []
    text = "\n".join([sentences, *steps])
    return Notice(kind, environment, release, tuple(sorted(cohorts)), by, reason, at, text)


_TEXTS: dict[RunKind, str] = {
    "waiting": "Release {release} is made and may serve {cohorts} in {environment} once two people "
    "agree: one asks for it, an owner answers.{because} What serves now goes on.",
    "held": "Release {release} does not serve {cohorts} in {environment} by itself: people have to "
    "look at it first.{because} What serves now goes on. The run's report shows the sensors "
    "behind it.",
    "live": "Release {release} serves {cohorts} in {environment} from now on.{because} The run was "
    "started by {by}.",
}

_TITLES: dict[Kind, str] = {
    "requested": "asks for approval",
    "waiting": "waits for people",
    "approved": "was approved",
    "rejected": "was rejected",
    "rolled_back": "serves again",
    "held": "is on hold",
    "live": "is live",
}
