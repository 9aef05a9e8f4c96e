"""Notices wait in objects that are made once."""

import dataclasses
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from modelfleet.fleet.notices import Notice, write_notice
from modelfleet.stores.objects import Objects
from modelfleet.stores.outbox import PATIENCE, ObjectOutbox, OutboxDataset
from tests.servers import S3Server

AT = datetime(2026, 1, 31, 3, 17, tzinfo=UTC)
RID = "a1" * 32


def note(kind: str = "live", *, at: datetime = AT, by: str = "night-run") -> Notice:
    """A notice about the same release."""
    written = write_notice(
        "held",
        environment="production",
        release=RID,
        cohorts=["demand/A", "flow"],
        by=by,
        reason="",
        at=at,
    )
    return dataclasses.replace(written, kind=kind)  # type: ignore[arg-type]


@pytest.fixture
def outbox(tmp_path: Path) -> ObjectOutbox:
    """An empty outbox, of which nothing is on disk."""
    return ObjectOutbox(Objects(str(tmp_path / "notifications" / "production")))


def test_an_outbox_that_holds_nothing_is_empty_and_makes_no_folder(outbox: ObjectOutbox) -> None:
    """Looking writes nothing."""
    assert outbox.all() == []
    assert outbox.unfinished() == []
    assert not Path(outbox.objects.root).exists()


def test_a_notice_is_one_object_named_by_time_and_digest(outbox: ObjectOutbox) -> None:
    """It comes back as it was, and names sort by time."""
    for late in (note(at=AT + timedelta(days=1)), note()):
        outbox.post(late)
    first, second = outbox.objects.names()
    assert first.startswith("20260131T031700Z-")
    assert second.startswith("20260201T031700Z-")
    assert [each.notice for each in outbox.all()] == [note(), note(at=AT + timedelta(days=1))]


def test_the_time_of_a_name_is_utc(outbox: ObjectOutbox) -> None:
    """A notice of a machine in another time zone sorts where it belongs."""
    outbox.post(dataclasses.replace(note(), at=datetime.fromisoformat("2026-01-31T04:17:00+01:00")))
    assert outbox.objects.names()[0].startswith("20260131T031700Z-")


def test_what_is_posted_twice_is_kept_once(outbox: ObjectOutbox) -> None:
    """A run that is repeated after a crash tells nothing twice."""
    outbox.post(note())
    outbox.post(note())
    assert len(outbox.all()) == 1


@pytest.mark.parametrize(("kind", "kept"), [("held", 1), ("waiting", 1), ("rolled_back", 2)])
def test_a_state_is_told_once_and_a_deed_each_time(
    outbox: ObjectOutbox, kind: str, kept: int
) -> None:
    """A release that is still on hold next night is no news; going back a second time is."""
    outbox.post(note(kind))
    outbox.post(note(kind, at=AT + timedelta(days=1), by="somebody else"))
    assert len(outbox.all()) == kept


def test_who_gets_it_is_settled_once(outbox: ObjectOutbox) -> None:
    """New owners do not get what was settled before they came."""
    outbox.post(note())
    (name,) = outbox.unfinished()
    first = outbox.settle(name, [("network-operations", 0)])
    assert outbox.settle(name, [("network-operations", 0), ("newcomer", 0)]) == first
    assert [each.to for each in first.deliveries] == ["network-operations"]


def test_of_two_who_begin_the_same_attempt_one_may(outbox: ObjectOutbox) -> None:
    """Eight at once: one sends."""
    outbox.post(note())
    (name,) = outbox.unfinished()
    outbox.settle(name, [("default", 0)])
    won: list[bool] = []
    threads = [
        threading.Thread(target=lambda: won.append(outbox.begin(name, 0, 1, AT))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_states_follow_the_last_attempt(outbox: ObjectOutbox) -> None:
    """Pending, under way, failed, delivered: attempts and errors stay to be read."""
    outbox.post(note())
    (name,) = outbox.unfinished()
    outbox.settle(name, [("a", 0), ("b", 0)])
    assert outbox.look(name).state(AT) == "pending"
    outbox.begin(name, 0, 1, AT)
    assert outbox.look(name).state(AT) == "pending"
    outbox.end(name, 0, 1, AT, error="503")
    posted = outbox.look(name)
    assert posted.state(AT) == "failed"
    assert posted.as_dict(AT)["deliveries"][0] == {
        "to": "a", "address": 1, "attempts": 1, "delivered_at": None, "error": "503",
    }  # fmt: skip
    for position, attempt in ((0, 2), (1, 1)):
        outbox.begin(name, position, attempt, AT)
        outbox.end(name, position, attempt, AT, error=None)
    assert outbox.look(name).state(AT) == "delivered"
    outbox.finish(name)
    assert outbox.unfinished() == []
    assert len(outbox.objects.names()) == 9  # nothing was changed or removed


def test_an_attempt_without_an_end_counts_as_failed_after_a_while(outbox: ObjectOutbox) -> None:
    """A process was killed between sending and saying so; it is told, and tried again."""
    outbox.post(note())
    (name,) = outbox.unfinished()
    outbox.settle(name, [("default", 0)])
    outbox.begin(name, 0, 1, AT)
    posted = outbox.look(name)
    assert posted.state(AT + PATIENCE / 2) == "pending"
    assert posted.state(AT + PATIENCE) == "failed"
    assert "not known whether it arrived" in str(posted.deliveries[0].error(AT + PATIENCE))


def test_what_is_older_than_asked_for_is_left_out(outbox: ObjectOutbox) -> None:
    """Nobody who writes down an address today gets last year's notices."""
    outbox.post(note())
    assert outbox.unfinished(since=AT) == outbox.unfinished()
    assert outbox.unfinished(since=AT + timedelta(seconds=1)) == []


def test_the_dataset_keeps_notices_and_gives_the_outbox(tmp_path: Path) -> None:
    """What the catalog hands to the stage that announces."""
    dataset = OutboxDataset(filepath=str(tmp_path / "box"))
    dataset.save([note(), note("held")])
    assert {each.notice.kind for each in dataset.load().all()} == {"live", "held"}
    assert dataset.exists()
    stored = sorted((tmp_path / "box").iterdir())
    assert {json.loads(file.read_text())["release"] for file in stored} == {RID}


def test_an_outbox_in_a_bucket(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same objects in S3."""
    for name, value in s3_server.options.items():
        monkeypatch.setenv(name.upper(), value)
    s3_server.put("fleet", "made", b"")
    outbox = ObjectOutbox(Objects(f"s3://fleet/{tmp_path.name}/notifications/production"))
    outbox.post(note())
    outbox.post(note())
    (name,) = outbox.unfinished()
    outbox.settle(name, [("default", 0)])
    assert outbox.begin(name, 0, 1, AT)
    assert not outbox.begin(name, 0, 1, AT)
    outbox.end(name, 0, 1, AT, error=None)
    assert outbox.look(name).state(AT) == "delivered"
