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
    "approval_commands",
    "notice_from",
    "notice_key",
    "notice_title",
    "write_notice",
]

Kind = Literal["requested", "waiting", "approved", "rejected", "rolled_back", "held", "live"]
"""``waiting``, ``held`` and ``live`` is how a run ends; the others are what people do."""

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
    state = _KINDS[notice.kind].title
    return f"Modelfleet {notice.environment}: release {notice.release[:SHORT]} {state}"


def write_notice(
    kind: Kind,
    *,
    environment: str,
    release: str,
    cohorts: Sequence[str],
    by: str,
    reason: str,
    at: datetime,
) -> Notice:
    """A notice with its sentences.

    Args:
        kind: what happened.
        environment: where.
        release: name of the release.
        cohorts: that it concerns.
        by: who did it.
        reason: why; may be empty.
        at: when, with its time zone.
    """
    known = _KINDS[kind]
    request, approve = approval_commands(release, environment)
    sentences = known.text.format(
        release=release[:SHORT],
        environment=environment,
        cohorts=_cohorts(cohorts),
        by=by,
        because=f" Reason: {reason.strip().rstrip('.')}." if reason.strip() else "",
        request=request,
        approve=approve,
    )
    names = tuple(sorted(cohorts))
    return Notice(kind, environment, release, names, by, reason, at, sentences)


def approval_commands(release: str, environment: str) -> tuple[str, str]:
    """What a person types to ask for a release, and what an owner types to approve it."""
    where = f"{release[:SHORT]} --env {environment}"
    why = '--reason "…"'
    return f"modelfleet request {where} {why}", f"modelfleet approve {where} {why}"


def _cohorts(cohorts: Sequence[str]) -> str:
    if not cohorts:
        return "no cohort"
    return f"{'cohort' if len(cohorts) == 1 else 'cohorts'} {listing(sorted(cohorts))}"


@dataclass(frozen=True)
class _Kind:
    """How a kind of notice is told: as a title and in sentences."""

    title: str
    text: str


_STAYS = "What serves now goes on."

_KINDS: dict[Kind, _Kind] = {
    "requested": _Kind(
        "asks for approval",
        "{by} asks that release {release} may serve {cohorts} in {environment}.{because} "
        "An owner answers with: {approve}",
    ),
    "waiting": _Kind(
        "waits for people",
        f"Release {{release}} is made and may serve {{cohorts}} in {{environment}} once two people "
        f"agree.{{because}} {_STAYS} One asks with: {{request}}. Another, an owner, answers with: "
        "{approve}",
    ),
    "approved": _Kind(
        "was approved", "{by} approved release {release} for {cohorts} in {environment}.{because}"
    ),
    "rejected": _Kind(
        "was rejected",
        f"{{by}} rejected release {{release}} for {{cohorts}} in {{environment}}.{{because}} "
        f"{_STAYS}",
    ),
    "rolled_back": _Kind(
        "serves again",
        "{by} went back to release {release} for {cohorts} in {environment}.{because}",
    ),
    "held": _Kind(
        "is on hold",
        f"Release {{release}} does not serve {{cohorts}} in {{environment}} by itself: people have "
        f"to look at it first.{{because}} {_STAYS} The run's report shows the sensors behind it.",
    ),
    "live": _Kind(
        "is live",
        "Release {release} serves {cohorts} in {environment} from now on.{because} "
        "The run was started by {by}.",
    ),
}
