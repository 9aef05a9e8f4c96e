"""What people do: ask, approve for their cohorts, reject, go back, and what an auditor sees."""

import io
import json
import time
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from modelfleet.domain.errors import ConfigurationError, RefusedError, ReleaseError
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.notices import Notice
from modelfleet.fleet.promotion import PromotionDecision
from modelfleet.fleet.provenance import attachments
from modelfleet.fleet.release_content import ReleaseDraft
from modelfleet.stores.channel import Channel
from modelfleet.stores.governance import (
    RequestState,
    append_automatic,
    audit,
    decide,
    make_request,
    open_live,
    request_states,
    rollback,
)
from tests.people import NOON, Organisation, small_release
from tests.servers import S3Server

FIRST, SECOND = small_release("first").rid, small_release("second").rid
LATER = NOON + timedelta(hours=2)
NOW = NOON + timedelta(hours=3)


class Kept:
    """An outbox that a test can look into."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def post(self, notice: Notice) -> None:
        self.notices.append(notice)


def ask(people: Organisation, rid: str = SECOND, **options):
    options = {"now": LATER, "reason": "better", **options}
    return make_request(people.open(), rid, key=people.keys["data-science"], **options)


def answer(people: Organisation, request: str, *, by: str = "operations", **options):
    options = {"now": LATER + timedelta(minutes=1), "reason": "looked at", **options}
    options = {"decision": "approve", **options}
    return decide(people.open(), request, key=people.keys[by], **options)


def test_each_owner_approves_their_cohort_and_it_goes_live_for_it(people: Organisation) -> None:
    """The other cohort keeps what serves it until its owner approves too."""
    outbox = Kept()
    asked = ask(people, outbox=outbox)
    assert asked.state == "open"
    assert asked.waiting == {
        "north": ("north-operations", "operations"),
        "south": ("south-operations", "operations"),
    }
    one = answer(people, asked.id, by="north-operations", outbox=outbox)
    assert (one.position, one.live) == (2, ("north",))
    assert one.waiting == {"south": ("south-operations", "operations")}
    assert open_live(people.open(), now=NOW).serves == {"north": SECOND, "south": FIRST}
    (waits,) = _open_requests(people)
    assert (waits.id, waits.state, waits.live) == (asked.id, "open", ("north",))
    other = answer(people, asked.id, by="south-operations", outbox=outbox)
    assert (other.position, other.live, other.waiting) == (3, ("south",), {})
    assert open_live(people.open(), now=NOW).serves == {"north": SECOND, "south": SECOND}
    assert _open_requests(people) == []
    states = {
        state.request.release: state.state for state in request_states(people.open(), now=NOW)
    }
    assert states == {FIRST: "live", SECOND: "live"}
    kinds = ["requested", "approved", "live", "approved", "live"]
    assert [notice.kind for notice in outbox.notices] == kinds
    assert f"modelfleet approve {asked.id[:12]} --env production" in outbox.notices[0].text
    assert audit(people.open(), now=NOW).sound


def test_an_owner_rejects_and_the_other_cohort_goes_live(people: Organisation) -> None:
    """A rejection ends the request for its cohort alone."""
    outbox = Kept()
    asked = ask(people)
    no = answer(people, asked.id, by="south-operations", decision="reject", outbox=outbox)
    assert (no.position, no.live) == (None, ())
    assert outbox.notices[0].kind == "rejected"
    yes = answer(people, asked.id, by="operations")
    assert yes.live == ("north",)
    assert open_live(people.open(), now=NOW).serves == {"north": SECOND, "south": FIRST}
    (state,) = (s for s in request_states(people.open(), now=NOW) if s.id == asked.id)
    assert (state.state, state.rejected) == ("partly live", ("south",))
    assert len(state.decisions) == 2


def test_whoever_asked_may_take_it_back(people: Organisation) -> None:
    """Then nobody can approve it any more."""
    asked = ask(people)
    answer(people, asked.id, by="data-science", decision="reject", reason="a slip")
    (state,) = (s for s in request_states(people.open(), now=NOW) if s.id == asked.id)
    assert state.state == "rejected"
    with pytest.raises(RefusedError, match=r"data-science rejected .*: a slip"):
        answer(people, asked.id)


def test_a_lost_race_is_run_again(people: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else appended for another cohort in between: what was approved is still right."""
    north, south = ask(people, cohorts=["north"]), ask(people, cohorts=["south"])
    append = Channel.append
    lost: list[bool] = []

    def slower(channel: Channel, entry, *, now) -> bool:
        if not lost:
            lost.append(True)
            answer(people, south.id, by="south-operations")
        return append(channel, entry, now=now)

    monkeypatch.setattr(Channel, "append", slower)
    won = answer(people, north.id, by="north-operations")
    assert won.position == 3
    assert open_live(people.open(), now=NOW).serves == {"north": SECOND, "south": SECOND}


def test_approving_again_completes_what_was_interrupted(
    people: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision was kept, the entry not written: the power went."""
    asked = ask(people)

    def power_cut(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Channel, "append", power_cut)
    with pytest.raises(KeyboardInterrupt):
        answer(people, asked.id)
    monkeypatch.undo()
    (state,) = _open_requests(people)
    assert state.waiting == {"north": (), "south": ()}, "approved, and not live yet"
    assert answer(people, asked.id, by="north-operations").live == ("north", "south")


def test_back_and_forward_again(people: Organisation) -> None:
    """One owner goes back for their cohort at once; a new request goes forward."""
    outbox = Kept()
    answer(people, ask(people).id)
    key = people.keys["north-operations"]
    at = LATER + timedelta(minutes=5)
    back = rollback(people.open(), FIRST, reason="alarms", key=key, now=at, outbox=outbox)
    assert (back.position, back.live) == (3, ("north",))
    assert [refusal.code for refusal in back.refusals] == ["not_owner"]
    assert outbox.notices[0].kind == "rolled_back"
    assert open_live(people.open(), now=NOW).serves == {"north": FIRST, "south": SECOND}
    again = ask(people, now=at + timedelta(minutes=1))
    assert list(again.request.expected) == ["north"], "south is served by it already"
    answer(people, again.id, now=at + timedelta(minutes=2))
    assert open_live(people.open(), now=NOW).serves == {"north": SECOND, "south": SECOND}
    report = audit(people.open(), now=NOW)
    assert report.sound
    assert [entry["kind"] for entry in report.entries] == [
        "approved", "approved", "rollback", "approved",
    ]  # fmt: skip
    by = report.entries[2]["request"]
    assert (by["signed_by"], by["reason"], by["valid"]) == ("north-operations", "alarms", True)
    assert (
        json.loads(json.dumps(report.document()))["serves"]
        == open_live(people.open(), now=NOW).serves
    )


def test_nothing_to_do_is_told(people: Organisation) -> None:
    """Instead of an entry, or a signature, that changes nothing."""
    key = people.keys["operations"]
    with pytest.raises(ReleaseError, match="serves every cohort already"):
        ask(people, FIRST)
    with pytest.raises(ReleaseError, match="serves already"):
        rollback(people.open(), FIRST, reason="x", key=key, now=LATER)
    with pytest.raises(ReleaseError, match="has no cohort 'west'; it has 'north', 'south'"):
        ask(people, cohorts=["west"])
    with pytest.raises(ReleaseError, match="nothing serves 'west'"):
        rollback(people.open(), SECOND, reason="x", key=key, cohorts=["west"], now=LATER)
    asked = ask(people)
    with pytest.raises(RefusedError, match="does not ask for cohort west"):
        answer(people, asked.id, cohorts=["west"])
    answer(people, asked.id)
    with pytest.raises(ReleaseError, match="is live for 'north', 'south' already"):
        answer(people, asked.id)
    with pytest.raises(ReleaseError, match="is no request"):
        people.open().approvals.find("0" * 12)
    assert people.open().approvals.find(asked.id[:12]) == asked.id


def test_holds_are_cleared_by_the_request_that_says_so(people: Organisation) -> None:
    """The signature covers them: who approves sees what was cleared."""
    shaky = people.publish("shaky", holds=("no_skill", "skill_fell"))
    with pytest.raises(RefusedError, match="on hold for skill_fell"):
        ask(people, shaky, holds=["no_skill"])
    asked = ask(people, shaky, holds=["no_skill", "skill_fell"])
    assert answer(people, asked.id).live == ("north", "south")


def test_two_eyes_become_four_without_a_gap(new: Organisation) -> None:
    """What went live by policy is approved as it is, and then the policy changes."""
    people = new
    people.policies = {"default": "automatic"}
    rid = people.publish("first")
    digest = people.open().releases.provenance_digest(rid)
    serves = {"north": rid, "south": rid}
    append_automatic(people.open(), PromotionDecision("live", serves, digest, "2027", "a run"))
    far = NOON + timedelta(days=900)  # the entry above has the time of the machine
    people.policies = {"default": "four_eyes"}
    assert open_live(people.open(), now=far).serves == {}, "nobody approved it"
    people.policies = {"default": "automatic"}
    asked = ask(people, rid, cohorts=["north", "south"], now=far)
    answer(people, asked.id, by="north-operations", now=far + timedelta(minutes=1))
    answer(people, asked.id, by="south-operations", now=far + timedelta(minutes=1))
    people.policies = {"default": "four_eyes"}
    end = far + timedelta(hours=1)
    assert open_live(people.open(), now=end).serves == serves
    report = audit(people.open(), now=end)
    assert report.sound
    assert {note.code for note in report.notes} == {"needs_approval"}, "settled by later entries"


def test_revocation_acts_on_a_governance_that_is_open(people: Organisation) -> None:
    """A service that keeps running asks again, and sees the keys of now."""
    answer(people, ask(people).id)
    people.revoked_keys.write_text("# none yet\n")
    place = people.open()
    assert open_live(place, now=NOW).serves["north"] == SECOND
    people.revoke("data-science")
    assert open_live(place, now=NOW).serves == {}
    assert not audit(place, now=NOW).sound


@pytest.mark.parametrize("remedy", ["allowed", "revoked"])
def test_a_file_of_keys_that_is_not_there_is_told(people: Organisation, remedy: str) -> None:
    """Nobody is trusted for want of a file."""
    if remedy == "revoked":
        people.revoke("operations")
        place = people.open()
        people.revoked_keys.unlink()
    else:
        place = people.open()
        people.allowed_signers.unlink()
    with pytest.raises(ConfigurationError, match=r"owners\.yml names it as"):
        open_live(place, now=NOW)


def wide_release(note: str, sensors: int) -> ReleaseDraft:
    """A release of many sensors in two cohorts, with a linear model each."""
    ids = [f"s{number}" for number in range(sensors)]
    cohorts = ["north" if number % 2 else "south" for number in range(sensors)]
    columns = {"sensor_id": ids, "version": [note] * sensors}
    serves = pl.DataFrame({**columns, "cohort": cohorts, "serves": ["model"] * sensors})
    weights = pl.Series([[float(n), len(note) / 7] * 20 for n in range(sensors)])
    tables = {"serves": serves, "models": pl.DataFrame({**columns, "coefficients": weights})}
    tables |= dict.fromkeys(("baselines", "verdicts", "scorecard"), pl.DataFrame(columns))
    contents = {}
    for name, frame in tables.items():
        out = io.BytesIO()
        frame.write_parquet(out)
        contents[f"{name}.parquet"] = out.getvalue()
    manifest = Manifest.of(contents, code=note, versions={}, readings="r")
    about = {"run_id": note, "started_at": "2027", "holds": []}
    return ReleaseDraft(contents, manifest, attachments(about, {"report.html": b"<p>"}))


def test_five_thousand_sensors_go_back_within_seconds_and_forward_again(
    new: Organisation, record_property
) -> None:
    """What serves then is to the bit what served before, table by table."""
    people, tables = new, {}
    rids = []
    for hour, note in enumerate(("old", "newer")):
        draft = wide_release(note, 5000)
        people.open().releases.publish(draft)
        rids.append(draft.rid)
        answer(
            people,
            ask(people, draft.rid, now=NOON + timedelta(hours=hour)).id,
            now=NOON + timedelta(hours=hour, minutes=1),
        )
        live = open_live(people.open(), now=NOW)
        tables[draft.rid] = {
            n: live.releases[draft.rid].contents[f"{n}.parquet"] for n in ("serves", "models")
        }
    old, newer = rids
    for rid in (old, newer):
        begun = time.perf_counter()
        rollback(people.open(), rid, reason="try", key=people.keys["operations"], now=LATER)
        live = open_live(people.open(), now=NOW)
        seconds = time.perf_counter() - begun
        record_property(f"seconds to {rid[:6]}", seconds)
        print(f"rollback of 5,000 sensors, verified and opened: {seconds:.2f} s")
        assert live.serves == {"north": rid, "south": rid}
        assert live.problems == ()
        served = live.releases[rid]
        assert {n: served.contents[f"{n}.parquet"] for n in tables[rid]} == tables[rid]
        assert seconds < 20, "0.3 s on an idle machine"


def test_approvals_in_a_bucket(
    founded: Organisation, s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, where the organisation's storage is a bucket."""
    for name, value in s3_server.options.items():
        monkeypatch.setenv(name.upper(), value)
    s3_server.put("fleet", "made", b"")
    people = founded.copy(tmp_path / "organisation")
    people.root = f"s3://fleet/{tmp_path.name}"
    for note in ("first", "second"):
        people.publish(note)
        hour = 1 if note == "first" else 2
        asked = ask(people, small_release(note).rid, now=NOON + timedelta(hours=hour))
        answer(people, asked.id, now=NOON + timedelta(hours=hour, minutes=1))
    rollback(people.open(), FIRST, reason="x", key=people.keys["north-operations"], now=NOW)
    live = open_live(people.open(), now=NOW)
    assert (live.serves, live.problems) == ({"north": FIRST, "south": SECOND}, ())
    assert audit(people.open(), now=NOW).sound
    assert people.open().releases.rids() == sorted([FIRST, SECOND])
    s3_server.put("fleet", f"{tmp_path.name}/releases/{FIRST}/serves.parquet", b"swapped")
    live = open_live(people.open(), now=NOW)
    assert live.serves == {"south": SECOND, "north": SECOND}, "the last that is whole"
    assert "altered" in {problem.code for problem in live.problems}


def _open_requests(people: Organisation) -> list[RequestState]:
    states = request_states(people.open(), now=NOW)
    return [state for state in states if state.state == "open"]
