"""Lists of files, and what happens to files that are on none."""

import os
import time
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from kedro.io import DatasetError

from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.stores.sharded_frame import ShardedFrameDataset
from modelfleet.stores.workspace import ObjectWorkspace
from tests.servers import S3Server

pytestmark = pytest.mark.xdist_group("servers")

FRAME = pl.DataFrame({"sensor_id": ["a"], "loss": [[1.0, 2.0]]})
DAY = timedelta(days=1).total_seconds()


def result(workspace: ObjectWorkspace, name: str, *, age: float = 0.0) -> ShardedFrame:
    """A result of two shards, written some days ago."""
    files = {shard: f"kind/{shard:04d}-{name}.parquet" for shard in (0, 4)}
    for file in files.values():
        workspace.put(file, FRAME)
        if age:
            written = time.time() - age * DAY
            os.utime(Path(workspace.root, file), (written, written))
    return ShardedFrame.of(workspace.root, files, 2)


def left(workspace: ObjectWorkspace) -> list[str]:
    """What lies in the workspace."""
    return sorted({path.stem.partition("-")[2] for path in Path(workspace.root).rglob("*.parquet")})


@pytest.fixture
def workspace(tmp_path: Path) -> ObjectWorkspace:
    """A workspace in a folder."""
    return ObjectWorkspace(str(tmp_path / "workspace"))


def dataset(workspace: ObjectWorkspace, *, keep: int = 2) -> ShardedFrameDataset:
    """The list beside the workspace."""
    place = str(Path(workspace.root).parent / "list.json")
    return ShardedFrameDataset(filepath=place, path=workspace.root, keep=keep)


def test_a_list_of_files_finds_them_after_a_move(tmp_path: Path) -> None:
    """Files are named relative to the workspace, so the folder may move."""
    workspace = ObjectWorkspace(str(tmp_path / "old"))
    listed = result(workspace, "x")
    dataset(workspace).save(listed)
    (tmp_path / "old").rename(tmp_path / "new [1]*")
    moved = dataset(ObjectWorkspace(str(tmp_path / "new [1]*")))
    assert moved.load().scan().collect().equals(pl.concat([FRAME, FRAME]))
    assert moved.preview()["columns"] == ["sensor_id"]
    assert moved.load().digest == listed.digest


def test_a_list_that_is_not_there_says_which_stage_makes_it(workspace: ObjectWorkspace) -> None:
    """Kedro asks first; a person gets a sentence."""
    assert not dataset(workspace).exists()
    with pytest.raises(DatasetError, match="run the stage that makes it"):
        dataset(workspace).load()


def test_a_list_and_its_files_may_lie_in_a_bucket(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polars reads the files with what the environment says."""
    for name, value in s3_server.options.items():
        monkeypatch.setenv(name.upper(), value)
    s3_server.put("fleet", "made", b"")
    root = f"s3://fleet/{tmp_path.name}"
    workspace = ObjectWorkspace(f"{root}/workspace")
    listed = ShardedFrameDataset(filepath=f"{root}/list.json", path=workspace.root)
    assert not listed.exists()
    listed.save(result(workspace, "x"))
    assert listed.load() == result(workspace, "x")
    assert listed.load().scan().collect().equals(pl.concat([FRAME, FRAME]))
    shard = listed.load().read(4)
    assert shard is not None
    assert shard.equals(FRAME)


def test_files_on_no_list_any_more_are_cleaned_away(workspace: ObjectWorkspace) -> None:
    """Of results older than a week, those on the newest lists stay, pieces of killed runs go."""
    listed = dataset(workspace, keep=2)
    for name in ("one", "two", "three"):
        listed.save(result(workspace, name, age=8))
    result(workspace, "piece", age=8)
    listed.save(result(workspace, "four"))
    assert left(workspace) == ["four", "three"]


def test_young_files_stay(workspace: ObjectWorkspace) -> None:
    """They may be results of a run that has not come to its list yet."""
    listed = dataset(workspace, keep=1)
    result(workspace, "of-another-run", age=6)
    listed.save(result(workspace, "one", age=6))
    listed.save(result(workspace, "two"))
    assert left(workspace) == ["of-another-run", "one", "two"]


def test_saving_the_same_list_again_forgets_none(workspace: ObjectWorkspace) -> None:
    """A run that changes nothing does not push out the lists before."""
    listed = dataset(workspace, keep=2)
    listed.save(result(workspace, "one", age=8))
    for _ in range(3):
        listed.save(result(workspace, "two", age=8))
    assert left(workspace) == ["one", "two"]


def test_going_back_to_an_earlier_result_keeps_it(workspace: ObjectWorkspace) -> None:
    """Two configurations in turn find their results again."""
    listed = dataset(workspace, keep=2)
    for name in ("one", "two", "one", "two", "one"):
        listed.save(result(workspace, name, age=8))
    assert left(workspace) == ["one", "two"]


def test_other_tables_and_other_files_are_left_alone(workspace: ObjectWorkspace) -> None:
    """Cleaning up looks into the folder of its own table only."""
    other = Path(workspace.root, "other", "0000-x.parquet")
    other.parent.mkdir(parents=True)
    other.write_bytes(b"x")
    os.utime(other, (0, 0))
    dataset(workspace, keep=1).save(result(workspace, "one", age=8))
    assert other.exists()


def test_a_list_is_written_before_files_go(
    workspace: ObjectWorkspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where files cannot be removed the result is there all the same, and the log tells."""
    from modelfleet.stores.objects import Objects

    def refuse(*_: object) -> None:
        raise PermissionError("read only")

    listed = dataset(workspace, keep=1)
    listed.save(result(workspace, "one", age=8))
    monkeypatch.setattr(Objects, "delete", refuse)
    listed.save(result(workspace, "two"))
    assert listed.load() == result(workspace, "two")
    assert "old files stay" in caplog.text


def test_no_list_at_all_cannot_be_kept(workspace: ObjectWorkspace) -> None:
    """The newest result keeps its files in any case."""
    with pytest.raises(DatasetError, match="keep is 0"):
        dataset(workspace, keep=0)
