"""The workspace: files that are whole or absent, in a folder and in a bucket."""

import os
import pickle
from pathlib import Path

import polars as pl
import pytest
from kedro.io import DatasetError

from modelfleet.stores.objects import Objects
from modelfleet.stores.workspace import ObjectWorkspace, WorkspaceDataset
from tests.faults import in_child, with_full_disk
from tests.servers import S3Server

pytestmark = pytest.mark.xdist_group("servers")

FILE = "kind/0004-ffff.parquet"
FRAME = pl.DataFrame(
    {"sensor_id": ["a", "b"], "loss": [[1.0, 2.0], None]},
    schema={"sensor_id": pl.String, "loss": pl.List(pl.Float32)},
)


@pytest.fixture(params=["folder", "bucket"])
def workspace(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ObjectWorkspace:
    """An empty workspace; what opens the bucket stands in the environment, as on a cluster."""
    if request.param == "folder":
        return ObjectWorkspace(str(tmp_path / "a [1] folder"))
    server: S3Server = request.getfixturevalue("s3_server")
    for name, value in server.options.items():
        monkeypatch.setenv(name.upper(), value)
    server.put("fleet", "made", b"")
    return ObjectWorkspace(f"s3://fleet/{tmp_path.name}")


def test_what_is_put_is_found_and_read(workspace: ObjectWorkspace) -> None:
    """By its name, with its types; what was never put is not there."""
    assert workspace.find([FILE]) == set()
    workspace.put(FILE, FRAME)
    workspace.put(FILE, FRAME)
    assert workspace.find([FILE, "kind/0005-ffff.parquet"]) == {FILE}
    back = workspace.read(FILE)
    assert back is not None
    assert back.equals(FRAME)
    assert back.schema == FRAME.schema


def test_what_is_removed_is_gone(workspace: ObjectWorkspace) -> None:
    """Removing what is not there is no mistake, and reading it gives nothing."""
    workspace.remove([FILE])
    workspace.put(FILE, FRAME)
    workspace.remove([FILE, "kind/0005-ffff.parquet"])
    assert workspace.find([FILE]) == set()
    assert workspace.read(FILE) is None


def test_the_bytes_do_not_depend_on_chunks(workspace: ObjectWorkspace) -> None:
    """A result that was joined from pieces is the result that was made at once."""
    pieces = pl.concat([FRAME[:1], FRAME[1:]], rechunk=False)
    assert pieces.n_chunks() == 2
    workspace.put(FILE, FRAME)
    workspace.put("kind/joined.parquet", pieces)
    objects = Objects(workspace.root)
    assert objects.get(FILE) == objects.get("kind/joined.parquet")


def test_a_damaged_result_counts_as_absent(workspace: ObjectWorkspace) -> None:
    """It is computed again instead of failing every run."""
    workspace.put(FILE, FRAME)
    objects = Objects(workspace.root)
    objects.put(FILE, (objects.get(FILE) or b"")[:50])
    assert workspace.find([FILE]) == set()


def test_a_file_that_a_power_cut_left_empty_counts_as_absent(tmp_path: Path) -> None:
    """A file system may keep the name and lose the bytes; a bucket never does."""
    workspace = ObjectWorkspace(str(tmp_path))
    Objects(workspace.root).put(FILE, b"")
    assert workspace.find([FILE]) == set()


def test_workers_get_the_place_and_no_secret(workspace: ObjectWorkspace) -> None:
    """A workspace travels to workers; what opens it does not."""
    assert pickle.loads(pickle.dumps(workspace)) == workspace
    assert b"secret" not in pickle.dumps(workspace)


def put_much(folder: str) -> None:
    """Store more than there is space for."""
    ObjectWorkspace(folder).put(FILE, pl.DataFrame({"a": range(10_000)}))


def test_a_full_disk_leaves_no_half_result(tmp_path: Path) -> None:
    """A write that fails in the middle leaves no file that a reader could take for a result."""
    _, message = in_child(with_full_disk, 1_000, put_much, str(tmp_path))
    assert "File too large" in message
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_others_may_read_what_a_worker_wrote(tmp_path: Path) -> None:
    """Files have the rights that every new file of the user has."""
    ObjectWorkspace(str(tmp_path)).put(FILE, FRAME)
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o666 & ~umask


def test_looking_at_the_workspace_makes_nothing(tmp_path: Path) -> None:
    """The dataset hands out a handle; results come from workers only."""
    dataset = WorkspaceDataset(filepath=str(tmp_path / "workspace"))
    workspace = dataset.load()
    assert workspace.find([FILE]) == set()
    workspace.remove([FILE])
    with pytest.raises(DatasetError, match="workers"):
        dataset.save(1)
    assert not list(tmp_path.iterdir())
