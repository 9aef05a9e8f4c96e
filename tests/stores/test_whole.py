"""Files are whole or not there."""

import json
from pathlib import Path

import pandas as pd
import pytest

from modelfleet.stores.documents import JsonDocumentDataset
from modelfleet.stores.tables import ParquetTableDataset
from modelfleet.stores.whole import whole_file


def test_a_file_takes_its_place_in_the_end(tmp_path: Path) -> None:
    """Until then the old one is read; folders are made; everybody may read it."""
    target = tmp_path / "deep" / "file"
    with whole_file(target) as first:
        first.write_text("old")
    with whole_file(target) as second:
        second.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o444
    assert list(target.parent.iterdir()) == [target]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    """And nothing else."""
    target = tmp_path / "file"
    target.write_text("old")

    def break_off() -> None:
        with whole_file(target) as temporary:
            temporary.write_text("ne")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        break_off()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_tables_and_documents_are_written_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is saved comes back; what breaks while it is saved changes nothing."""
    table = ParquetTableDataset(filepath=str(tmp_path / "table.parquet"))
    document = JsonDocumentDataset(filepath=str(tmp_path / "a.json"), save_args={"indent": 1})
    table.save(pd.DataFrame({"sensor_id": ["a"]}))
    document.save({"a": [1]})
    with pytest.raises(Exception, match="not JSON serializable"):
        document.save({"a": object()})
    monkeypatch.setattr(pd.DataFrame, "to_parquet", lambda *_, **__: 1 / 0)
    with pytest.raises(Exception, match="division"):
        table.save(pd.DataFrame({"sensor_id": ["b"]}))
    monkeypatch.undo()
    assert table.load()["sensor_id"].to_list() == ["a"]
    assert document.load() == {"a": [1]}
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": [1]}
    assert len(list(tmp_path.iterdir())) == 2
