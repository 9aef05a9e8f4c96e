"""Small raw tables: what is not as its header says is an error, not another table."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DatasetError

from modelfleet.stores.raw.tables import RawTableDataset


def load(folder: Path, content: bytes | str, **options: Any) -> pd.DataFrame:
    """A file with this content, as the catalog loads it."""
    file = folder / "sensors.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return RawTableDataset(filepath=str(file), **options).load()


def test_cells_are_text(tmp_path: Path) -> None:
    """An id may be 007 or NA; only an empty cell is missing."""
    table = load(tmp_path, "id,low\n007,1.50\nNA,\n")
    assert list(table.columns) == ["id", "low"]
    assert table["id"].tolist() == ["007", "NA"]
    assert table["low"].fillna("-").tolist() == ["1.50", "-"]


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    """It says that there is nothing, which is not the same as saying nothing."""
    table = load(tmp_path, "id,low\n")
    assert list(table.columns) == ["id", "low"]
    assert table.empty


def test_columns_keep_their_names(tmp_path: Path) -> None:
    """A second column of one name, and one of none, are for the validator to see."""
    table = load(tmp_path, "\ufeffid,id,\n1,2,3\n")
    assert list(table.columns[:2]) == ["id", "id"]
    assert pd.isna(table.columns[2])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty, it has not even a header; .* deliver it again"),
        ("\n\n", "is empty"),
        ("a,b\n1,2,3\n4,5,6\n", "Expected 2 fields in line 2, saw 3; correct the file, or set sep"),
        ("a,b\n1,2\n4,5,\n", "Expected 2 fields in line 3, saw 3"),
        ('a,b\n1,"2\n', "cannot be read as CSV: .*EOF inside string"),
        ("ä,b\n1,2\n".encode("latin-1"), "can't decode byte 0xe4.* or set sep or encoding"),
        ("a,b\n1,2\n".encode("utf-16"), "cannot be read as CSV"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | str, message: str
) -> None:
    """With the line, and with what to do; an index would be made of the longer rows otherwise."""
    with pytest.raises(DatasetError, match=rf"sensors\.csv .*{message}"):
        load(tmp_path, content)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what may stand in it where there is nothing to say."""
    with pytest.raises(DatasetError, match=r"no file .*events\.csv; deliver it, its header alone"):
        RawTableDataset(filepath=str(tmp_path / "events.csv")).load()


def test_what_nobody_foresaw_keeps_its_cause(tmp_path: Path) -> None:
    """An option that does not exist is pandas' to explain."""
    with pytest.raises(DatasetError) as caught:
        load(tmp_path, "a\n1\n", load_args={"sepp": ";"})
    assert isinstance(caught.value.__cause__, TypeError)


def test_options_say_how_a_file_is_written_and_no_more(tmp_path: Path) -> None:
    """Separator and encoding; types and columns are those of the file."""
    options = {"sep": ";", "encoding": "latin-1"}
    table = load(tmp_path, "a;ä\n1,5;ü\n".encode("latin-1"), load_args=options)
    assert table.to_dict("list") == {"a": ["1,5"], "ä": ["ü"]}
    with pytest.raises(DatasetError, match="choose 'dtype', 'header'; a raw table is read as text"):
        RawTableDataset(filepath="x.csv", load_args={"header": 1, "dtype": str})


def test_it_is_previewed_and_never_saved(tmp_path: Path) -> None:
    """Missing cells are empty, so that a browser can read the preview."""
    load(tmp_path, "a,b\n1,\n")
    dataset = RawTableDataset(filepath=str(tmp_path / "sensors.csv"))
    preview: Any = dataset.preview(nrows=1)
    assert preview["data"] == [["1", ""]]
    with pytest.raises(DatasetError, match="read, not saved"):
        dataset.save(pd.DataFrame())
