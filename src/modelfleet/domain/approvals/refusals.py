"""Why something may not go live, as a value: a code, who and what, and a plain sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from modelfleet.domain.errors import RefusedError

__all__ = ["CODES", "Refusal", "raise_refusals", "refusal"]

CODES = MappingProxyType(
    {
        "no_request": "the signed request {what} is not in the store of approvals",
        "no_decision": "the signed decision {what} is not in the store of approvals",
        "malformed": "{what} cannot be read: {detail}",
        "bad_signature": "the signature below {what} is not of these bytes: it was edited after it "
        "was signed, or signed for something else; make and sign it anew",
        "unknown_signer": "the key {detail} below {what} is nobody's in allowed_signers; let "
        "somebody else review a line for it",
        "revoked_key": "the key of {who} below {what} was revoked; sign with another one",
        "expired_key": "the key of {who} below {what} was not valid at {detail}; allowed_signers "
        "says when it is",
        "other_signer": "{what} says that it is of {who} but {detail} signed it",
        "wrong_environment": "the request is for the environment {detail}, not for this one; "
        "request it here",
        "wrong_release": "the request is for the release {detail}, not for the one that serves",
        "wrong_kind": "the request is a {detail}, the entry is none",
        "wrong_provenance": "what is known about the run that made the release {what} is not what "
        "was signed; publish the release again from its run, and request it anew",
        "not_requested": "the request does not ask for cohort {what}; request it for that cohort",
        "moved": "cohort {what} moved since the request: it was to replace {detail}; look at what "
        "serves now and request again",
        "unseen_head": "the request saw the channel at an entry ({detail}) that is not in it: the "
        "channel was truncated or replaced; restore it from a copy",
        "replayed": "the request was used for cohort {what} in entry {detail} already; a request "
        "counts once, make a new one",
        "expired_request": "the request expired at {detail}; make a new one",
        "future": "{what} is dated {detail}, which is yet to come; set the clock right",
        "too_early": "{what} is dated {detail}, before what it answers; set the clock right",
        "self_approval": "{who} asked for the release and cannot approve it for cohort {what}; "
        "another owner must",
        "same_key": "{who} and the requester {detail} are one key: a second person must approve "
        "cohort {what}",
        "not_owner": "{who} is no owner of cohort {what}; its owners are {detail}",
        "rejected": "{who} rejected the release for cohort {what}: {detail}",
        "not_approved": "no owner has approved cohort {what} yet; its owners are {detail}",
        "held": "the release is on hold for {detail}, which the request does not clear; request "
        "it with `--clear CODE`, after looking into it",
        "needs_approval": "cohort {what} is under four eyes: nothing goes live there without a "
        "signed request and an owner's approval; `modelfleet request` asks for it",
        "never_served": "the release {detail} never served cohort {what} here by a verified entry: "
        "that is no rollback; request it and let an owner approve",
        "vanished": "cohort {what} is served no more, which no entry may do",
    }
)
"""Every code with its sentence; the list is the contract of ``--json``."""


@dataclass(frozen=True)
class Refusal:
    """Something that stands against putting a release in effect.

    Attributes:
        code: one of :data:`CODES`.
        what: the cohort, document or release it is about.
        who: the person it is about, if it is about one.
        sentence: what was wrong, and what to do.
    """

    code: str
    what: str
    who: str | None
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def refusal(code: str, what: str, *, who: str | None = None, detail: object = "") -> Refusal:
    """A refusal with its sentence."""
    sentence = CODES[code].format(what=what, who=who or "nobody", detail=detail)
    return Refusal(code=code, what=what, who=who, sentence=sentence)


def raise_refusals(refusals: Sequence[Refusal]) -> None:
    """Refuse, if there is anything to refuse for.

    Raises:
        RefusedError: says all that was wrong, each once.
    """
    if refusals:
        sentences = dict.fromkeys(each.sentence for each in refusals)
        raise RefusedError("; ".join(sentences), refusals=tuple(refusals))
