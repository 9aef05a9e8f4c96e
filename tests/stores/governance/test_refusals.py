"""Whatever is wrong is refused with what was wrong, and the last good release still serves.

Each case is tried twice: by our own services, which must not append it; and, where they would not
even make it, written past them into storage, where serving must not believe it.
"""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from modelfleet.domain.errors import ConfigurationError, ModelfleetError, RefusedError, ReleaseError
from modelfleet.stores.governance import (
    Outcome,
    audit,
    decide,
    make_request,
    open_live,
    rollback,
)
from tests.people import NOON, Organisation, make_key, small_release
from tests.stores.governance.forgery import LATER, Forger

NOW = NOON + timedelta(hours=3)
FIRST, SECOND = small_release("first").rid, small_release("second").rid


def ask(people: Organisation, rid: str, *, by: str = "data-science", **options: object) -> str:
    """Ask for a release; the request's name."""
    options = {"now": LATER, **options}
    return make_request(people.open(), rid, reason="better", key=people.keys[by], **options).id


def approve(people: Organisation, request: str, *, by: str = "operations", **options) -> Outcome:
    """Approve a request."""
    options = {"now": LATER + timedelta(minutes=1), "decision": "approve", **options}
    return decide(people.open(), request, reason="looked at", key=people.keys[by], **options)


# --- people who use our commands ------------------------------------------------------------------


def self_approval(people: Organisation, rid: str) -> None:
    approve(people, ask(people, rid, by="operations"), by="operations")


def not_an_owner(people: Organisation, rid: str) -> None:
    approve(people, ask(people, rid), by="north-operations", cohorts=["south"])


def nobody_owns_it(people: Organisation, rid: str) -> None:
    other = people.publish("third", cohorts=("north", "south", "east"))
    approve(people, ask(people, other, cohorts=["east"]))


def moved(people: Organisation, rid: str) -> None:
    request = ask(people, rid)
    other = people.publish("other")
    approve(people, ask(people, other))
    approve(people, request)


def expired(people: Organisation, rid: str) -> None:
    approve(people, ask(people, rid, days=1), now=LATER + timedelta(days=1, seconds=1))


def unknown_requester(people: Organisation, rid: str) -> None:
    people.keys["stranger"] = make_key(people.folder, "stranger")
    ask(people, rid, by="stranger")


def unknown_approver(people: Organisation, rid: str) -> None:
    people.keys["stranger"] = make_key(people.folder, "stranger")
    approve(people, ask(people, rid), by="stranger")


def revoked_requester(people: Organisation, rid: str) -> None:
    people.keys["leaver"] = make_key(people.folder, "leaver")
    with people.allowed_signers.open("a") as file:
        file.write(people.line("leaver") + "\n")
    request = ask(people, rid, by="leaver")
    people.revoke("leaver")
    approve(people, request)


def revoked_approver(people: Organisation, rid: str) -> None:
    request = ask(people, rid)
    people.revoke("south-operations")
    approve(people, request, by="south-operations")


def expired_approver(people: Organisation, rid: str) -> None:
    request = ask(people, rid)
    text = people.allowed_signers.read_text()
    until = people.line("south-operations", options='valid-before="20270301"')
    people.allowed_signers.write_text(text.replace(people.line("south-operations"), until))
    approve(people, request, by="south-operations")


def requester_expired_since(people: Organisation, rid: str) -> None:
    """Valid when it was asked for, and not any more when it would go live."""
    text = people.allowed_signers.read_text()
    until = people.line("data-science", options='valid-before="20270302"')
    people.allowed_signers.write_text(text.replace(people.line("data-science"), until))
    approve(people, ask(people, rid), now=NOON + timedelta(days=2))


def signed_for_something_else(people: Organisation, rid: str) -> None:
    """A key that its owner allows for git alone."""
    request = ask(people, rid)
    text = people.allowed_signers.read_text()
    only = people.line("south-operations", options='namespaces="git"')
    people.allowed_signers.write_text(text.replace(people.line("south-operations"), only))
    approve(people, request, by="south-operations")


def edited_request(people: Organisation, rid: str) -> None:
    request = ask(people, rid)
    file = people.folder / "data" / "approvals" / "production" / request / "request.json"
    file.write_text(file.read_text().replace('"better"', '"best"'))
    approve(people, request)


def edited_and_renamed_request(people: Organisation, rid: str) -> None:
    """Under the name that its new bytes have, with the signature of the old ones."""
    from modelfleet.domain.approvals import Request

    folder = people.folder / "data" / "approvals" / "production"
    place = folder / ask(people, rid)
    text = (place / "request.json").read_text().replace('"better"', '"best"')
    edited = Request.of_bytes(text.encode())
    shutil.copytree(place, folder / edited.digest)
    (folder / edited.digest / "request.json").write_text(text)
    approve(people, edited.digest)


def on_hold(people: Organisation, rid: str) -> None:
    ask(people, people.publish("shaky", holds=("no_skill",)))


def rejected(people: Organisation, rid: str) -> None:
    request = ask(people, rid)
    approve(people, request, by="south-operations", decision="reject", cohorts=["south"])
    approve(people, request, by="operations", cohorts=["south"])


def future_decision(people: Organisation, rid: str) -> None:
    """A clock that runs ahead, put in effect by one that does not."""
    request = ask(people, rid)
    forged = Forger(people)
    asked = people.open().proofs.request(request, at=LATER)
    forged.decision(asked.document, decided_at=LATER + timedelta(days=1))
    approve(people, request, by="data-science")


def rollback_of_another_cohort(people: Organisation, rid: str) -> None:
    first = people.open().channel.live()["south"]
    approve(people, ask(people, rid))
    rollback(
        people.open(), first, reason="bad", key=people.keys["north-operations"],
        cohorts=["south"], now=LATER + timedelta(minutes=5),
    )  # fmt: skip


def rollback_to_what_never_served(people: Organisation, rid: str) -> None:
    rollback(people.open(), rid, reason="bad", key=people.keys["operations"], now=LATER)


def automatic_entry(people: Organisation, rid: str) -> None:
    """What a run would append, handed to the channel itself."""
    from modelfleet.fleet.promotion import PromotionDecision
    from modelfleet.stores.governance import append_automatic

    decision = PromotionDecision("live", {"north": rid}, "d" * 64, "2027", "a run")
    append_automatic(people.open(), decision)


BY_COMMAND = [
    (self_approval, "self_approval", "operations asked for the release and cannot approve it"),
    (not_an_owner, "not_owner", "north-operations is no owner of cohort south; its owners are"),
    (nobody_owns_it, "not_owner", "operations is no owner of cohort east; its owners are nobody"),
    (moved, "moved", "cohort north moved since the request"),
    (expired, "expired_request", "the request expired at 2027-03-02T14:00"),
    (unknown_requester, "unknown_signer", "SHA256:.* is nobody's in allowed_signers"),
    (unknown_approver, "unknown_signer", "SHA256:.* is nobody's in allowed_signers"),
    (revoked_requester, "revoked_key", "the key of leaver below request .* was revoked"),
    (revoked_approver, "revoked_key", "the key of south-operations below decision .* was revoked"),
    (expired_approver, "expired_key", "the key of south-operations .* was not valid at 2027-03-01"),
    (requester_expired_since, "expired_key", "the key of data-science .* not valid at 2027-03-03"),
    (signed_for_something_else, "expired_key", "the key of south-operations .* was not valid"),
    (edited_request, None, "request .* was edited"),
    (edited_and_renamed_request, "bad_signature", "is not of these bytes"),
    (on_hold, "held", "on hold for no_skill, which the request does not clear"),
    (rejected, "rejected", "south-operations rejected the release for cohort south: looked at"),
    (future_decision, "not_owner", "data-science"),
    (rollback_of_another_cohort, "not_owner", "north-operations is no owner of cohort south"),
    (rollback_to_what_never_served, "never_served", "never served cohort north here"),
    (automatic_entry, "needs_approval", "cohort north is under four eyes"),
]


@pytest.mark.parametrize(
    ("act", "code", "message"), BY_COMMAND, ids=[each[0].__name__ for each in BY_COMMAND]
)
def test_what_is_not_in_order_is_refused(
    people: Organisation, act: Callable, code: str | None, message: str
) -> None:
    """It says what was wrong, nothing is appended by it, and what served goes on serving."""
    with pytest.raises(ModelfleetError, match=message) as caught:
        act(people, SECOND)
    if code:
        assert code in {refusal.code for refusal in caught.value.refusals}
    else:
        assert isinstance(caught.value, ReleaseError)
    served = open_live(people.open(), now=NOON + timedelta(days=9)).serves
    assert served == people.open().channel.live()
    assert SECOND not in served.values() or act is rollback_of_another_cohort


def test_one_key_under_two_names_is_no_second_person(people: Organisation) -> None:
    """Who gives a key two names is told both, and nobody signs until one is gone."""
    people.allow(people.line("data-science"), people.line("operations", key="data-science"))
    with pytest.raises(ConfigurationError, match="two names, 'data-science', 'operations'"):
        ask(people, SECOND)


def test_a_key_spelled_twice_is_one_key(people: Organisation) -> None:
    """Base64 has several spellings for the same bytes."""
    from modelfleet.stores.allowed_signers import read_allowed_signers

    people.keys["ecdsa"] = people.folder / "ecdsa"
    kind, key = "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIGZha2U="
    people.allow(f"one {kind} {key}", f"two {kind} {key[:-2]}V=")
    with pytest.raises(ConfigurationError, match="two names, 'one', 'two'"):
        read_allowed_signers(people.allowed_signers)


# --- written into storage -------------------------------------------------------------------------


def by_one_person(forge: Forger, rid: str) -> None:
    asked = forge.request(rid, key="operations")
    forge.append(asked, [forge.decision(asked, key="operations")])


def by_one_key(forge: Forger, rid: str) -> None:
    """Somebody signs as two people with one key: allowed_signers knows it under one name."""
    asked = forge.request(rid)
    forge.append(asked, [forge.decision(asked, key="data-science", decided_by="operations")])


def by_nobody(forge: Forger, rid: str) -> None:
    forge.append(forge.request(rid))


def by_no_owner(forge: Forger, rid: str) -> None:
    asked = forge.request(rid, key="north-operations", expected=_served(forge, "south"))
    forge.append(asked, [forge.decision(asked, key="data-science")])


def without_a_request(forge: Forger, rid: str) -> None:
    forge.append(None, changes={"north": rid})


def with_a_request_that_is_gone(forge: Forger, rid: str) -> None:
    asked = forge.request(rid)
    decided = forge.decision(asked)
    shutil.rmtree(Path(forge.people.root) / "approvals" / "production" / asked.digest)
    forge.append(asked, [decided])


def with_a_decision_that_is_gone(forge: Forger, rid: str) -> None:
    asked = forge.request(rid)
    decided = forge.decision(asked)
    folder = Path(forge.people.root) / "approvals" / "production" / asked.digest
    shutil.rmtree(folder / "decisions")
    forge.append(asked, [decided])


def with_a_decision_on_another_request(forge: Forger, rid: str) -> None:
    """Copied into the folder of the request that it should count for."""
    asked = forge.request(rid)
    other = forge.decision(forge.request(rid, reason="another"))
    folder = Path(forge.people.root) / "approvals" / "production"
    shutil.copytree(folder / other.request / "decisions", folder / asked.digest / "decisions")
    forge.append(asked, [other])


def replayed(forge: Forger, rid: str) -> None:
    """Approved once, rolled back, and the old papers used again: `expected` matches again."""
    people = forge.people
    first = people.open().channel.live()["north"]
    asked = forge.request(rid)
    decided = forge.decision(asked)
    forge.append(asked, [decided])
    assert open_live(people.open(), now=NOW).serves["north"] == rid
    rollback(
        people.open(), first, reason="bad", key=people.keys["operations"],
        now=LATER + timedelta(minutes=5),
    )  # fmt: skip
    forge.append(asked, [decided], at=LATER + timedelta(minutes=9))


def from_another_environment(forge: Forger, rid: str) -> None:
    asked = forge.request(rid, environment="test")
    forge.append(asked, [forge.decision(asked)])


def for_another_release(forge: Forger, rid: str) -> None:
    asked = forge.request(rid)
    other = forge.people.publish("unseen")
    digest = forge.people.open().releases.provenance_digest(other)
    changes = {"north": other, "south": other}
    decided = [forge.decision(asked)]
    forge.append(asked, decided, changes=changes, provenance={other: digest})


def for_another_cohort(forge: Forger, rid: str) -> None:
    asked = forge.request(rid, expected=_served(forge, "south"))
    decided = [forge.decision(asked)]
    forge.append(asked, decided, changes={"north": rid})


def about_another_run(forge: Forger, rid: str) -> None:
    asked = forge.request(rid, provenance="0" * 64)
    forge.append(asked, [forge.decision(asked)])


def over_what_moved(forge: Forger, rid: str) -> None:
    asked = forge.request(rid, expected={"north": None, "south": None})
    forge.append(asked, [forge.decision(asked)])


def after_it_expired(forge: Forger, rid: str) -> None:
    asked = forge.request(rid, expires=LATER)
    forge.append(asked, [forge.decision(asked)])


def before_it_was_asked(forge: Forger, rid: str) -> None:
    asked = forge.request(rid)
    forge.append(asked, [forge.decision(asked, decided_at=NOON + timedelta(minutes=30))])


def decided_tomorrow(forge: Forger, rid: str) -> None:
    asked = forge.request(rid)
    forge.append(asked, [forge.decision(asked, decided_at=LATER + timedelta(days=1))])


def asked_tomorrow(forge: Forger, rid: str) -> None:
    tomorrow = LATER + timedelta(days=1)
    asked = forge.request(rid, requested_at=tomorrow, expires=tomorrow + timedelta(days=1))
    forge.append(asked, [forge.decision(asked, decided_at=tomorrow)])


def written_tomorrow(forge: Forger, rid: str) -> None:
    asked = forge.request(rid)
    forge.append(asked, [forge.decision(asked)], at=NOW + timedelta(days=1))


def written_yesterday(forge: Forger, rid: str) -> None:
    """Dated back to when a key was still valid."""
    yesterday = NOON - timedelta(days=1)
    asked = forge.request(rid, requested_at=yesterday)
    forge.append(asked, [forge.decision(asked, decided_at=yesterday)], at=yesterday)


def signed_as_somebody_else(forge: Forger, rid: str) -> None:
    asked = forge.request(rid, requested_by="north-operations")
    forge.append(asked, [forge.decision(asked)])


def with_a_signature_of_another_kind(forge: Forger, rid: str) -> None:
    """A request's signature below a decision: the namespace is another one."""
    from modelfleet.domain.approvals import REQUEST
    from modelfleet.stores.signing import sign

    asked = forge.request(rid)
    decided = forge.decision(asked)
    folder = Path(forge.people.root) / "approvals" / "production" / asked.digest / "decisions"
    key = forge.people.keys["operations"]
    signature = sign(decided.to_bytes(), namespace=REQUEST, key=key)
    (folder / f"{decided.digest}.json.sig").write_bytes(signature)
    forge.append(asked, [decided])


def without_a_signature(forge: Forger, rid: str) -> None:
    asked = forge.request(rid)
    decided = forge.decision(asked)
    folder = Path(forge.people.root) / "approvals" / "production" / asked.digest
    (folder / "request.json.sig").write_text("signed, honestly")
    forge.append(asked, [decided])


def with_a_document_that_is_none(forge: Forger, rid: str) -> None:
    asked = forge.request(rid)
    decided = forge.decision(asked)
    folder = Path(forge.people.root) / "approvals" / "production" / asked.digest
    (folder / "request.json").write_text(asked.to_bytes().decode().replace(":", ": "))
    forge.append(asked, [decided])


def uncleared_hold(forge: Forger, rid: str) -> None:
    asked = forge.request(forge.people.publish("shaky", holds=("no_skill",)))
    forge.append(asked, [forge.decision(asked)])


def rejected_by_another_owner(forge: Forger, rid: str) -> None:
    asked = forge.request(rid)
    against = forge.decision(asked, key="south-operations", decision="reject", cohorts=("south",))
    forge.append(asked, [forge.decision(asked), against], changes={"south": rid})


def rolled_back_by_no_owner(forge: Forger, rid: str) -> None:
    first = forge.people.open().channel.live()["north"]
    asked = forge.request(rid)
    forge.append(asked, [forge.decision(asked)])
    back = forge.request(first, kind="rollback", expected=dict.fromkeys(("north", "south"), rid))
    forge.append(back, kind="rollback", at=LATER + timedelta(minutes=5))


def rolled_forward(forge: Forger, rid: str) -> None:
    """Called a rollback, to a release that never served: one signature is not enough."""
    asked = forge.request(rid, kind="rollback", key="operations")
    forge.append(asked, kind="rollback")


def a_request_called_a_rollback(forge: Forger, rid: str) -> None:
    asked = forge.request(rid, key="operations")
    forge.append(asked, kind="rollback")


def one_cohort_taken_away(forge: Forger, rid: str) -> None:
    """An entry that serves less than the one before."""
    place = forge.people.open()
    last = place.channel.entries()[-1]
    asked = forge.request(rid, expected=_served(forge, "south"))
    decided = forge.decision(asked)
    entry = last.model_copy(
        update={
            "position": 2, "before": last.digest, "serves": {"south": rid}, "at": LATER,
            "request": asked.digest, "decisions": (decided.digest,),
        }
    )  # fmt: skip
    assert place.channel_objects.create("000002.json", entry.to_bytes())
    place.witness.move(entry)


def _served(forge: Forger, *cohorts: str) -> dict[str, str]:
    live = forge.people.open().channel.live()
    return {cohort: live[cohort] for cohort in cohorts}


IN_STORAGE = [
    (by_one_person, "self_approval"),
    (by_one_key, "other_signer"),
    (by_nobody, "not_approved"),
    (by_no_owner, "not_owner"),
    (without_a_request, "needs_approval"),
    (with_a_request_that_is_gone, "no_request"),
    (with_a_decision_that_is_gone, "no_decision"),
    (with_a_decision_on_another_request, "malformed"),
    (replayed, "replayed"),
    (from_another_environment, "wrong_environment"),
    (for_another_release, "wrong_release"),
    (for_another_cohort, "not_requested"),
    (about_another_run, "wrong_provenance"),
    (over_what_moved, "moved"),
    (after_it_expired, "expired_request"),
    (before_it_was_asked, "too_early"),
    (decided_tomorrow, "future"),
    (asked_tomorrow, "future"),
    (written_tomorrow, "future"),
    (written_yesterday, "too_early"),
    (signed_as_somebody_else, "other_signer"),
    (with_a_signature_of_another_kind, "bad_signature"),
    (without_a_signature, "bad_signature"),
    (with_a_document_that_is_none, "malformed"),
    (uncleared_hold, "held"),
    (rejected_by_another_owner, "rejected"),
    (rolled_back_by_no_owner, "not_owner"),
    (rolled_forward, "never_served"),
    (a_request_called_a_rollback, "wrong_kind"),
    (one_cohort_taken_away, "vanished"),
]


@pytest.mark.parametrize(
    ("forge", "code"), IN_STORAGE, ids=[each[0].__name__ for each in IN_STORAGE]
)
def test_what_is_not_proved_does_not_serve(
    people: Organisation, forge: Callable, code: str
) -> None:
    """Somebody wrote it past our commands: it is told, and what was proved before serves."""
    first = FIRST
    forge(Forger(people), SECOND)
    live = open_live(people.open(), now=NOW)
    assert code in {problem.code for problem in live.problems}
    concerned = {problem.cohort for problem in live.problems if problem.code == code}
    proved = SECOND if forge is rolled_back_by_no_owner else first
    assert {live.serves[cohort] for cohort in concerned} == {proved}
    report = audit(people.open(), now=NOW)
    assert not report.sound
    assert code in {problem.code for problem in report.problems}
    json.dumps(report.document())


def test_the_same_papers_in_order_do_serve(people: Organisation) -> None:
    """The forger's papers are good but for what each case changes."""
    forge = Forger(people)
    asked = forge.request(SECOND)
    forge.append(asked, [forge.decision(asked)])
    live = open_live(people.open(), now=NOW)
    assert (live.serves, live.problems) == (dict.fromkeys(("north", "south"), SECOND), ())
    assert audit(people.open(), now=NOW).sound


def test_a_key_that_is_revoked_later_takes_back_what_it_proved(people: Organisation) -> None:
    """Revocation has no time; a key that merely ends is given an end, and its past counts."""
    first = FIRST
    forge = Forger(people)
    asked = forge.request(SECOND, expected={"south": first})
    forge.append(asked, [forge.decision(asked, key="south-operations")])
    until = people.line("south-operations", options='valid-before="20270302"')
    text = people.allowed_signers.read_text()
    people.allowed_signers.write_text(text.replace(people.line("south-operations"), until))
    much_later = NOON + timedelta(days=30)
    assert open_live(people.open(), now=much_later).serves["south"] == asked.release
    people.revoke("south-operations")
    live = open_live(people.open(), now=much_later)
    assert live.serves == {"north": first, "south": first}
    assert {problem.code for problem in live.problems} == {
        "revoked_key",
        "fallback",
        "not_approved",
    }


def test_an_owner_who_steps_down_leaves_what_was_approved(people: Organisation) -> None:
    """Struck from the list, the past would count no more; as a former owner it does."""
    first = FIRST
    people.former = {"operations": NOON + timedelta(days=1)}
    later = NOON + timedelta(days=2)
    assert open_live(people.open(), now=later).serves == {"north": first, "south": first}
    with pytest.raises(RefusedError, match="operations is no owner of cohort north"):
        approve(people, ask(people, SECOND, now=later), now=later)
