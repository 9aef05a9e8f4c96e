"""A Delta table as a raw source: one version, pinned."""

import pickle
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from kedro.io import DatasetError

from modelfleet.domain.errors import DataError
from modelfleet.stores.raw.delta import RawDeltaDataset

TABLE = pl.DataFrame({"sensor_id": ["a", "b c%/ü"], "value": [1.0, None]})


def put(place: Path, frame: pl.DataFrame = TABLE, **options: Any) -> RawDeltaDataset:
    """Write a version of the table."""
    frame.write_delta(place, **options)
    return RawDeltaDataset(filepath=str(place))


def test_one_batch_is_one_version(tmp_path: Path) -> None:
    """What was listed is what is read, whatever is written afterwards."""
    dataset = put(tmp_path / "plant")
    (batch,) = dataset.load().batches()
    put(tmp_path / "plant", mode="append")
    assert batch.name == "plant@0"
    assert pickle.loads(pickle.dumps(batch)).read().collect().equals(TABLE)
    (newer,) = dataset.load().batches()
    assert newer.name == "plant@1"
    assert newer.read().collect().height == 4


def test_identity_is_table_and_version(tmp_path: Path) -> None:
    """Stable while nothing is written; another table is another batch."""
    dataset = put(tmp_path / "plant")
    first = dataset.load().batches()[0].identity
    assert dataset.load().batches()[0].identity == first
    put(tmp_path / "plant", mode="append")
    old = RawDeltaDataset(filepath=str(tmp_path / "plant"), version=0)
    other = put(tmp_path / "other").load().batches()[0].identity
    assert old.load().batches()[0].identity == first
    assert len({first, dataset.load().batches()[0].identity, other}) == 3


def test_partitions_with_odd_values_are_read(tmp_path: Path) -> None:
    """Delta writes such names with escapes into its folders."""
    options = {"delta_write_options": {"partition_by": ["sensor_id"]}}
    (batch,) = put(tmp_path / "plant", **options).load().batches()
    assert batch.read().collect().sort("sensor_id").select(TABLE.columns).equals(TABLE)


def test_a_path_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """A limit of the libraries; without this, files would be called lost that are there."""
    (batch,) = put(tmp_path / "the plant").load().batches()
    with pytest.raises(DataError, match=r"the plant cannot be opened: .*move it to a plain path"):
        batch.read()


def test_no_table_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """A folder of Parquet files is none."""
    TABLE.write_parquet(tmp_path / "a.parquet")
    dataset = RawDeltaDataset(filepath=str(tmp_path))
    assert not dataset.exists()
    with pytest.raises(
        DataError, match=r"no Delta table at .*; correct filepath .*RawFilesDataset"
    ):
        dataset.load().batches()


def test_an_unknown_version_is_named(tmp_path: Path) -> None:
    """It is not replaced by another one."""
    put(tmp_path / "plant")
    with pytest.raises(DataError, match=r"version 7 of the Delta table at .*plant cannot be read"):
        RawDeltaDataset(filepath=str(tmp_path / "plant"), version=7).load().batches()


def test_vacuumed_files_are_named(tmp_path: Path) -> None:
    """The log still lists what time travel can no longer show."""
    dataset = put(tmp_path / "plant")
    (batch,) = dataset.load().batches()
    put(tmp_path / "plant", mode="overwrite")
    table = DeltaTable(tmp_path / "plant")
    table.vacuum(0, dry_run=False, enforce_retention_duration=False)
    with pytest.raises(DataError, match=r"version 0 .* lost 1 of its files: '.*parquet'"):
        batch.read()


def test_a_table_that_vanishes_is_an_error(tmp_path: Path) -> None:
    """Between listing and reading."""
    (batch,) = put(tmp_path / "plant").load().batches()
    shutil.rmtree(tmp_path / "plant")
    with pytest.raises(DataError, match="is gone; put it back"):
        batch.read()


def test_a_damaged_log_is_an_error(tmp_path: Path) -> None:
    """With the table's name."""
    dataset = put(tmp_path / "plant")
    for entry in (tmp_path / "plant" / "_delta_log").glob("*.json"):
        entry.write_text("{rubbish")
    with pytest.raises(DataError, match="plant cannot be read"):
        dataset.load().batches()


def test_it_is_read_and_described(tmp_path: Path) -> None:
    """Saving is refused; the preview is text; secrets stay hidden."""
    dataset = put(tmp_path / "plant")
    preview: Any = dataset.preview()
    assert dataset.exists()
    assert preview["data"] == [["a", "1.0"], ["b c%/ü", ""]]
    with pytest.raises(DatasetError, match="read, not saved"):
        dataset.save(TABLE)
    assert DeltaTable(tmp_path / "plant").version() == 0
    hidden = RawDeltaDataset(filepath="s3://b/t", credentials={"secret": "hush", "key": "hush"})
    assert "hush" not in f"{hidden!r} {hidden.load()!r}"
