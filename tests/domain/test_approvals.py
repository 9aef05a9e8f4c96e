"""The rules of approvals as pure functions: documents, owners, and who is a second person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from modelfleet.domain.approvals import (
    CODES,
    Decision,
    Entry,
    Owners,
    Paper,
    Request,
    Signature,
    raise_refusals,
    refusal,
)
from modelfleet.domain.approvals.decisions import decision_refusals
from modelfleet.domain.errors import ConfigurationError, RefusedError, ReleaseError

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
RID = "1" * 64
REQUEST = Request(
    kind="promote",
    release=RID,
    provenance="2" * 64,
    environment="production",
    head=None,
    expected={"north": None},
    requested_by="ann",
    reason="better",
    requested_at=NOON,
    expires=NOON + timedelta(days=7),
)
DECISION = Decision(
    request=REQUEST.digest,
    cohorts=("north",),
    decision="approve",
    decided_by="bob",
    reason="looked at",
    decided_at=NOON,
)
ASKED = Paper(REQUEST.digest, REQUEST, Signature("ann", "SHA256:ann"))
DECIDED = Paper(DECISION.digest, DECISION, Signature("bob", "SHA256:bob"))


def codes(paper: Paper[Decision], owners: tuple[str, ...] = ("bob",)) -> list[str]:
    """What stands against the cohort, once this decision was made."""
    found = decision_refusals(
        ASKED, {paper.name: paper}, cohort="north", owners=owners, at=NOON + timedelta(hours=1)
    )
    return [each.code for each in found if each.code != "not_approved"]


def test_one_owner_who_did_not_ask_is_enough() -> None:
    """Two people with two keys stand behind what goes forward."""
    assert codes(DECIDED) == []
    assert codes(DECIDED, owners=("eve",)) == ["not_owner"]
    assert codes(replace(DECIDED, signature=Signature("bob", "SHA256:ann"))) == ["same_key"]
    assert codes(replace(DECIDED, signature=Signature("eve", "SHA256:eve"))) == ["other_signer"]
    own = DECISION.model_copy(update={"decided_by": "ann"})
    assert codes(Paper("x", own, ASKED.signature), owners=("ann",)) == ["self_approval"]


def test_documents_have_one_form_and_one_name() -> None:
    """Other bytes with the same meaning are another document, and none of ours."""
    for document in (REQUEST, DECISION):
        content = document.to_bytes()
        assert type(document).of_bytes(content) == document
        assert b'"schema":1' in content
        with pytest.raises(ReleaseError, match="not in its canonical form"):
            type(document).of_bytes(content.replace(b",", b", "))
        with pytest.raises(ReleaseError, match="it is no "):
            type(document).of_bytes(content[:-1] + b',"extra":1}')
    assert REQUEST.model_copy(update={"reason": "best"}).digest != REQUEST.digest


@pytest.mark.parametrize(
    "change",
    [
        {"release": "../x"},
        {"requested_at": datetime(2027, 3, 1)},  # noqa: DTZ001  without a zone is the point
        {"expected": {}},
        {"reason": ""},
    ],
)
def test_what_a_request_cannot_say(change: dict) -> None:
    """Names that are paths, times without a zone, nothing at all, or no reason."""
    with pytest.raises(ValidationError):
        Request.model_validate(REQUEST.model_dump() | change)


def test_an_entry_follows_and_keeps_what_it_does_not_change() -> None:
    """The digest of the one before, and every cohort."""
    made = {"kind": "automatic", "provenance": {}, "at": NOON, "by": "me", "reason": "x"}
    first = Entry.after([], changes={"north": RID, "south": RID}, **made)
    second = Entry.after([first], changes={"south": "3" * 64}, **made)
    assert (second.position, second.before) == (2, first.digest)
    assert second.serves == {"north": RID, "south": "3" * 64}


def owners(**changes: object) -> Owners:
    """Who owns what."""
    fields = {
        "policies": {"default": "four_eyes", "cohorts": {"lab": "automatic"}},
        "owners": {"default": ["ops"], "cohorts": {"north": ["ann", "bob"]}},
        "former": {"bob": NOON},
        "allowed_signers": "allowed_signers",
    }
    return Owners.of(fields | changes)


def test_a_cohort_that_is_named_has_its_own_owners_alone() -> None:
    """Others have the default; who stepped down counts until then."""
    assert owners().owners_of("north", at=NOON) == ("ann", "bob")
    assert owners().owners_of("north", at=NOON + timedelta(seconds=1)) == ("ann",)
    assert owners().owners_of("south", at=NOON) == ("ops",)
    assert owners().policy_of("lab") == "automatic"
    assert owners().policy_of("north") == "four_eyes"
    owners().check_cohorts({"north", "lab", "south"})
    with pytest.raises(ConfigurationError, match="'lab', which the fleet has not"):
        owners().check_cohorts({"north"})
    with pytest.raises(ConfigurationError, match=r"policies\.default: .*'four_eyes'; owner: Extra"):
        owners(policies={"default": "two_eyes"}, owner={})


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_has_its_sentence(code: str) -> None:
    """With who and what in it, and without a hole."""
    made = refusal(code, "THIS", who="WHO", detail="DETAIL")
    assert "{" not in str(made)
    assert any(word in str(made) for word in ("THIS", "WHO", "DETAIL"))


def test_a_refusal_says_each_sentence_once() -> None:
    """All reasons together; nothing is raised for none."""
    raise_refusals([])
    twice = [refusal("held", "r", detail="no_skill")] * 2
    with pytest.raises(RefusedError) as caught:
        raise_refusals(twice)
    assert str(caught.value) == str(twice[0])
    assert len(caught.value.refusals) == 2
