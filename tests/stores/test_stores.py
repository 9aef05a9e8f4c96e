"""Stores: atomic, idempotent, and reading never writes."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from kedro.io import DatasetError

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.promotion import PromotionDecision
from modelfleet.fleet.provenance import attachments
from modelfleet.fleet.release_content import ReleaseDraft
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.stores.channel import Channel, ChannelDataset
from modelfleet.stores.delta import commit_value, open_table
from modelfleet.stores.frames import DeltaFrameDataset
from modelfleet.stores.objects import Objects
from modelfleet.stores.readings import ReadingsDataset, shard_digests
from modelfleet.stores.release_store import ReleaseDataset, ReleaseStore
from modelfleet.stores.run_info import RunInfoDataset
from modelfleet.stores.sharded_frame import ShardedFrameDataset
from modelfleet.stores.workspace import FolderWorkspace, WorkspaceDataset
from tests.fleet.test_pieces import readings as some_readings


def table(*parts: tuple[int, str, list[float | None]]) -> pl.DataFrame:
    """Readings with their shard."""
    frames = [
        some_readings(name, list(range(len(values))), values).select(
            pl.lit(shard, dtype=pl.Int32).alias("shard"), "sensor_id", "timestamp", "value"
        )
        for shard, name, values in parts
    ]
    return pl.concat(frames)


READINGS = table((3, "a", [1.0, None, 3.0]), (3, "b", [0.0]), (9, "../x", [5.0]))


class TestReadings:
    """The Delta table of readings."""

    def test_a_worker_reads_its_shard_sorted(self, tmp_path: Path) -> None:
        """The handle travels to workers and reads one version, whatever happens after."""
        dataset = ReadingsDataset(filepath=str(tmp_path / "readings"))
        dataset.save(READINGS.reverse())
        handle = pickle.loads(pickle.dumps(dataset.load()))
        assert set(handle.shards()) == {3, 9}
        expected = READINGS.filter(pl.col("shard") == 3).drop("shard")
        assert handle.read(3).equals(expected)
        dataset.save(READINGS.filter(pl.col("shard") == 9))
        assert handle.read(3).equals(expected)
        assert dataset.load().read(3).is_empty()

    def test_saving_the_same_makes_no_version(self, tmp_path: Path) -> None:
        """Content decides, not the order of rows."""
        dataset = ReadingsDataset(filepath=str(tmp_path / "readings"))
        dataset.save(READINGS)
        dataset.save(READINGS.sample(fraction=1, shuffle=True, seed=1))
        assert dataset.load().identity()["version"] == 0

    def test_old_versions_are_kept_for_years(self, tmp_path: Path) -> None:
        """What a model was trained on must stay readable."""
        dataset = ReadingsDataset(filepath=str(tmp_path / "readings"))
        dataset.save(READINGS)
        kept = open_table(str(tmp_path / "readings")).metadata().configuration
        assert kept["delta.logRetentionDuration"] == "interval 3650 days"
        assert kept["delta.deletedFileRetentionDuration"] == "interval 3650 days"

    def test_ids_never_become_paths(self, tmp_path: Path) -> None:
        """Folders are named after shards."""
        ReadingsDataset(filepath=str(tmp_path / "readings")).save(READINGS)
        assert {p.name for p in (tmp_path / "readings").iterdir()} == {
            "_delta_log", "shard=3", "shard=9",
        }  # fmt: skip
        assert {p.name for p in tmp_path.iterdir()} == {"readings"}

    def test_loading_before_saving_says_what_to_do(self, tmp_path: Path) -> None:
        """Nothing is made by looking."""
        dataset = ReadingsDataset(filepath=str(tmp_path / "readings"))
        assert not dataset.exists()
        with pytest.raises(DatasetError, match="--pipelines ingestion"):
            dataset.load()
        assert not list(tmp_path.iterdir())

    def test_the_preview_is_json(self, tmp_path: Path) -> None:
        """Kedro-Viz shows the first rows."""
        dataset = ReadingsDataset(filepath=str(tmp_path / "readings"))
        dataset.save(READINGS)
        preview = json.loads(json.dumps(dataset.preview(2)))
        assert preview["columns"] == ["sensor_id", "timestamp", "value"]
        assert len(preview["data"]) == 2

    @pytest.mark.parametrize(
        "other",
        [
            table((3, "a", [1.0, 2.0, 3.0]), (3, "b", [0.0]), (9, "../x", [5.0])),
            table((3, "a", [1.0, None, 3.0, None]), (3, "b", [0.0]), (9, "../x", [5.0])),
            table((3, "a", [1.0, None, 3.0, 0.0]), (9, "../x", [5.0])),
            table((3, "c", [1.0, None, 3.0]), (3, "d", [0.0]), (9, "../x", [5.0])),
        ],
    )
    def test_digests_tell_every_change_of_content(self, other: pl.DataFrame) -> None:
        """A filled gap, a new row, a row that moved to another sensor, a renamed sensor."""
        before, after = shard_digests(READINGS), shard_digests(other)
        assert before[3] != after[3]
        assert before[9] == after[9]

    def test_minus_zero_is_zero_and_nan_is_null(self) -> None:
        """Values that are equal give equal digests."""
        assert shard_digests(table((1, "a", [0.0, None]))) == shard_digests(
            table((1, "a", [-0.0, float("nan")]))
        )


class TestFrames:
    """Small tables in Delta and lists of files."""

    def test_a_delta_frame_is_written_only_when_it_changed(self, tmp_path: Path) -> None:
        """A repeated run makes no version; a different table makes one."""
        place = str(tmp_path / "rejected")
        dataset = DeltaFrameDataset(filepath=place)
        frame = pl.DataFrame({"row": [1, 2], "reason": ["a", None]})
        dataset.save(frame)
        dataset.save(frame)
        assert open_table(place).version() == 0
        dataset.save(frame.head(1))
        assert open_table(place).version() == 1
        assert dataset.load().equals(frame.head(1))
        assert dataset.preview()["columns"] == ["row", "reason"]
        assert commit_value(None, "content_digest") is None

    def test_an_empty_delta_frame_can_be_saved(self, tmp_path: Path) -> None:
        """No rejected row is good news, not an error."""
        dataset = DeltaFrameDataset(filepath=str(tmp_path / "rejected"))
        dataset.save(pl.DataFrame(schema={"row": pl.Int64, "reason": pl.String}))
        assert dataset.load().is_empty()
        with pytest.raises(DatasetError, match="no table"):
            DeltaFrameDataset(filepath=str(tmp_path / "other")).load()

    def test_a_list_of_files_finds_them_after_a_move(self, tmp_path: Path) -> None:
        """Files are named relative to the workspace, so the folder may move."""
        workspace = FolderWorkspace(str(tmp_path / "old"))
        frame = pl.DataFrame({"sensor_id": ["a"], "loss": [[1.0, 2.0]]})
        file = workspace.put("kind", 4, "f" * 64, frame)
        listed = ShardedFrame.of(workspace.root, {4: file}, 1)
        place = str(tmp_path / "list.json")
        ShardedFrameDataset(filepath=place, path=workspace.root).save(listed)
        (tmp_path / "old").rename(tmp_path / "new")
        moved = ShardedFrameDataset(filepath=place, path=str(tmp_path / "new"))
        assert moved.load().scan().collect().equals(frame)
        assert moved.preview()["columns"] == ["sensor_id"]
        assert moved.load().digest == listed.digest

    def test_a_result_is_whole_or_absent(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A writer that dies leaves no file that a reader could take for a result."""

        def die(*_: Any, **__: Any) -> None:
            raise OSError("no space left on device")

        workspace = FolderWorkspace(str(tmp_path))
        monkeypatch.setattr(pl.DataFrame, "write_parquet", die)
        with pytest.raises(OSError, match="no space"):
            workspace.put("kind", 4, "f" * 64, pl.DataFrame({"a": [1]}))
        assert workspace.find("kind", 4, "f" * 64) is None
        assert not [p for p in tmp_path.rglob("*") if p.is_file()]

    def test_looking_at_the_workspace_makes_nothing(self, tmp_path: Path) -> None:
        """The dataset hands out a handle; results come from workers only."""
        dataset = WorkspaceDataset(filepath=str(tmp_path / "workspace"))
        assert dataset.load().find("kind", 1, "f") is None
        with pytest.raises(DatasetError, match="workers"):
            dataset.save(1)
        assert not list(tmp_path.iterdir())


def draft(note: str = "x", *, run: str = "run-1") -> ReleaseDraft:
    """A small release."""
    contents = {"serves.parquet": note.encode(), "configuration.json": b"{}"}
    manifest = Manifest.of(contents, code="c", versions={}, readings="r")
    about = attachments({"run_id": run, "started_at": "2018-12-31"}, {"report.html": run.encode()})
    return ReleaseDraft(contents, manifest, about)


class TestReleases:
    """Releases are complete or absent, and trusted only after every byte was checked."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> ReleaseStore:
        return ReleaseStore(Objects(str(tmp_path / "releases")))

    def test_publishing_twice_changes_nothing(self, store: ReleaseStore) -> None:
        """The same content is the same release, whichever run made it."""
        assert store.publish(draft())
        assert not store.publish(draft(run="run-2"))
        (rid,) = store.rids()
        assert rid == draft().rid
        assert store.about(rid)["run_id"] == "run-1"

    def test_an_interrupted_publication_is_no_release(self, store: ReleaseStore) -> None:
        """Files without a manifest do not count; publishing again completes them."""
        one = draft()
        store.objects.put(f"{one.rid}/serves.parquet", b"half")
        assert store.rids() == []
        with pytest.raises(ReleaseError, match="incomplete"):
            store.open(one.rid)
        assert store.publish(one)
        assert store.open(one.rid).contents == dict(one.contents)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda p: (p / "serves.parquet").write_bytes(b"y"), "altered 'serves.parquet'"),
            (lambda p: (p / "serves.parquet").unlink(), "missing 'serves.parquet'"),
            (lambda p: (p / "extra.pkl").write_bytes(b"y"), "unknown 'extra.pkl'"),
            (lambda p: (p / "MANIFEST.json").write_text("{}"), "manifest"),
        ],
    )
    def test_whatever_was_changed_is_named(
        self, store: ReleaseStore, change: Any, message: str
    ) -> None:
        """Altered, removed and added files are refused before anything is read."""
        store.publish(draft())
        change(Path(store.objects.root) / draft().rid)
        with pytest.raises(ReleaseError, match=message):
            store.open(draft().rid)

    def test_a_release_is_found_by_the_beginning_of_its_name(self, store: ReleaseStore) -> None:
        """If the beginning is enough to tell."""
        for note in ("x", "y"):
            store.publish(draft(note))
        assert store.find(draft("x").rid[:8]) == draft("x").rid
        with pytest.raises(ReleaseError, match="is the beginning of"):
            store.find("")
        with pytest.raises(ReleaseError, match="is no release"):
            store.find("zzz")

    def test_an_absent_store_is_an_empty_one(self, tmp_path: Path) -> None:
        """Looking for releases makes no folder."""
        dataset = ReleaseDataset(filepath=str(tmp_path / "none"))
        assert dataset.load().rids() == []
        assert not dataset.exists()
        assert not list(tmp_path.iterdir())
        empty = ReleaseDraft({}, Manifest.of({}, code="c", versions={}, readings="r"), {})
        with pytest.raises(DatasetError, match="without files"):
            dataset.save(empty)


def decision(rid: str = "r1") -> PromotionDecision:
    """One cohort, live."""
    return PromotionDecision("live", {"a": rid} if rid else {}, "d", "2018-12-31", "nobody")


class TestChannel:
    """The log of what is live only grows, and shows a changed past."""

    def test_entries_name_the_one_before(self, tmp_path: Path) -> None:
        """A chain from the first to the last."""
        channel = Channel(Objects(str(tmp_path)))
        assert channel.append(decision("r1"))
        assert channel.append(decision("r2"))
        first, second = channel.entries()
        assert first["before"] is None
        assert len(second["before"]) == 64
        assert channel.live() == {"a": "r2"}

    def test_what_is_live_already_is_not_appended(self, tmp_path: Path) -> None:
        """A run that changes nothing leaves no entry."""
        channel = Channel(Objects(str(tmp_path)))
        channel.append(decision("r1"))
        assert not channel.append(decision("r1"))
        assert len(channel.entries()) == 1

    @pytest.mark.parametrize("what", ["changed", "removed", "foreign"])
    def test_a_changed_past_is_noticed(self, tmp_path: Path, what: str) -> None:
        """A rewritten, removed or foreign entry breaks the chain."""
        channel = Channel(Objects(str(tmp_path)))
        for rid in ("r1", "r2", "r3"):
            channel.append(decision(rid))
        entry = tmp_path / "000002.json"
        if what == "changed":
            entry.write_text(entry.read_text().replace("r2", "rX"))
        elif what == "removed":
            entry.unlink()
        else:
            (tmp_path / "note.txt").write_text("{}")
        with pytest.raises(ReleaseError, match="broken"):
            channel.live()

    def test_of_two_writers_one_wins(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The other is told that the channel moved, and nothing is overwritten."""
        channel = Channel(Objects(str(tmp_path)))
        channel.append(decision("r1"))
        monkeypatch.setattr(Channel, "entries", lambda _: [])
        with pytest.raises(ReleaseError, match="moved"):
            channel.append(decision("r2"))
        monkeypatch.undo()
        assert channel.live() == {"a": "r1"}

    def test_a_decision_that_waits_appends_nothing(self, tmp_path: Path) -> None:
        """Under four eyes a run makes nothing live."""
        dataset = ChannelDataset(filepath=str(tmp_path / "channel"))
        dataset.save(decision(""))
        assert not dataset.exists()
        assert not list(tmp_path.iterdir())


def test_objects_open_folders_and_urls(tmp_path: Path) -> None:
    """One implementation for folders and buckets; in memory here, which is a URL like any other."""
    folder = Objects(str(tmp_path / "objects"))
    assert folder.create("a/b", b"1")
    assert not folder.create("a/b", b"2")
    assert folder.get("a/b") == b"1"
    assert folder.get("a/c") is None
    assert (folder.names(), folder.names("a/"), folder.folders()) == (["a/b"], ["a/b"], ["a"])
    url = Objects((tmp_path / "objects").as_uri())
    assert url.get("a/b") == b"1"


def test_run_info_says_who_and_when() -> None:
    """Facts for provenance; nobody saves them."""
    facts = RunInfoDataset(environment="test").load()
    assert facts["environment"] == "test"
    assert facts["run_id"] == facts["started_at"]
    assert facts["by"]
    with pytest.raises(DatasetError, match="read, not saved"):
        RunInfoDataset(environment="test").save(1)


def test_run_info_without_a_user_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container without a name for its user the run still has an id."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert RunInfoDataset(environment="test").load()["by"] == "unknown"
