"""Files as a raw source: every file is read, or the error names it."""

import os
import pickle
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from kedro.io import DatasetError

from modelfleet.domain.errors import ConfigurationError, DataError
from modelfleet.stores.raw.files import RawFiles, RawFilesDataset
from tests.rights import run_bound

ROWS = "timestamp,sensor_id,value\n2024-01-01T00:00Z,007,1.50\n2024-01-01T01:00Z,7,bad\n"
LISTED = """
import sys
from modelfleet.stores.raw.files import RawFilesDataset

RawFilesDataset(filepath=sys.argv[1], file_format="csv").load().batches()
"""
TABLE = pl.DataFrame({"sensor_id": ["a", "b"], "value": [1.0, None]})


def source(place: Path, **options: Any) -> RawFiles:
    """The source that the catalog would load."""
    options = {"file_format": "csv", **options}
    return RawFilesDataset(filepath=str(place), **options).load()


def write(folder: Path, *names: str, text: str = ROWS) -> None:
    """Put files into a folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def names(place: Path, **options: Any) -> list[str]:
    """Names of the batches in order."""
    return [batch.name for batch in source(place, **options).batches()]


def identities(place: Path, **options: Any) -> dict[str, str]:
    """Identity by name."""
    return {batch.name: batch.identity for batch in source(place, **options).batches()}


class TestListing:
    """Which files are batches, and in which order."""

    def test_a_folder_is_read_recursively_in_the_order_of_names(self, tmp_path: Path) -> None:
        """Days and subfolders too; an ending may be in capitals."""
        write(tmp_path, "b.csv", "2024/02/x.csv", "2024/01/z.CSV", "a.csv", "notes.txt")
        assert names(tmp_path) == ["2024/01/z.CSV", "2024/02/x.csv", "a.csv", "b.csv"]

    def test_hidden_and_temporary_files_are_left_out(self, tmp_path: Path) -> None:
        """What a copying program or a spreadsheet leaves behind is no delivery."""
        left_out = [".a.csv", "~$a.csv", "_tmp/a.csv", ".git/a.csv", "a.csv.tmp", "a.csv~"]
        write(tmp_path, "a.csv", *left_out)
        assert names(tmp_path) == ["a.csv"]

    def test_a_single_file_may_have_any_ending(self, tmp_path: Path) -> None:
        """The name in the catalog is what counts."""
        write(tmp_path, "export.txt")
        assert names(tmp_path / "export.txt") == ["export.txt"]

    @pytest.mark.parametrize("make", [False, True], ids=["absent", "without files"])
    def test_no_files_is_an_error_that_names_the_place(self, tmp_path: Path, make: bool) -> None:
        """An empty folder is a mistake, not a fleet without readings."""
        folder = tmp_path / "plant"
        if make:
            write(folder, "a.parquet")
        with pytest.raises(DataError, match=r"no \.csv files at .*plant; correct filepath"):
            source(folder).batches()

    def test_missing_expected_files_are_named(self, tmp_path: Path) -> None:
        """All of them at once."""
        write(tmp_path, "north/1.csv")
        expected = ["north/*.csv", "south/*.csv", "total.csv"]
        with pytest.raises(DataError, match=r"missing .*'south/\*\.csv', 'total\.csv'; deliver"):
            source(tmp_path, expected=expected).batches()

    def test_empty_files_are_named_before_any_is_read(self, tmp_path: Path) -> None:
        """A file without bytes is a delivery that broke off."""
        write(tmp_path, "a.csv")
        write(tmp_path, "b.csv", "c.csv", text="")
        with pytest.raises(DataError, match=r"empty \(0 bytes\): 'b\.csv', 'c\.csv'"):
            source(tmp_path).batches()

    def test_a_folder_that_may_not_be_entered_is_an_error(self, tmp_path: Path) -> None:
        """It is not left out in silence."""
        write(tmp_path, "a.csv", "closed/b.csv")
        (tmp_path / "closed").chmod(0)
        try:
            done = run_bound("-c", LISTED, str(tmp_path), cwd=tmp_path)
        finally:
            (tmp_path / "closed").chmod(0o700)
        last = done.stderr.splitlines()[-1]
        assert "DataError: " in last
        assert "cannot be listed: Permission denied" in last
        assert "closed" in last

    def test_a_file_that_cannot_be_looked_at_is_an_error(self, tmp_path: Path) -> None:
        """A link that leads nowhere is named, not left out."""
        write(tmp_path, "a.csv")
        (tmp_path / "b.csv").symlink_to(tmp_path / "nowhere.csv")
        with pytest.raises(DataError, match=r"cannot be listed: No such file.*b\.csv"):
            source(tmp_path).batches()


class TestIdentity:
    """A batch is recognised without being read."""

    def test_it_stays_while_nothing_changes(self, tmp_path: Path) -> None:
        """Whatever else arrives, and wherever the folder is moved."""
        write(tmp_path / "in", "a.csv", "b.csv")
        before = identities(tmp_path / "in")
        assert len(set(before.values())) == 2
        write(tmp_path / "in", "c.csv")
        (tmp_path / "in").rename(tmp_path / "moved")
        after = identities(tmp_path / "moved")
        assert {name: after[name] for name in before} == before

    def test_it_changes_with_the_content(self, tmp_path: Path) -> None:
        """By size, or by time where the size is the same."""
        write(tmp_path, "a.csv", "b.csv", "c.csv")
        before = identities(tmp_path)
        write(tmp_path, "a.csv", text=ROWS + "2024-01-01T02:00Z,7,1\n")
        status = (tmp_path / "b.csv").stat()
        os.utime(tmp_path / "b.csv", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
        after = identities(tmp_path)
        assert [name for name in before if before[name] != after[name]] == ["a.csv", "b.csv"]

    def test_listing_reads_no_content(self, tmp_path: Path) -> None:
        """Rubbish is listed; it is refused when it is opened."""
        write(tmp_path, "a.parquet", text="rubbish")
        assert names(tmp_path, file_format="parquet") == ["a.parquet"]


class TestReading:
    """Rows as they are, or an error that names the file."""

    def test_csv_is_text(self, tmp_path: Path) -> None:
        """Ids keep their zeros, and one bad value does not stop the file."""
        write(tmp_path, "a.csv")
        frame = source(tmp_path).batches()[0].read().collect()
        assert frame["sensor_id"].to_list() == ["007", "7"]
        assert frame["value"].to_list() == ["1.50", "bad"]

    def test_options_reach_the_reader(self, tmp_path: Path) -> None:
        """Separator and decimal comma, as in much of Europe."""
        write(tmp_path, "a.csv", text="sensor_id;value\n7;1,5\n")
        options = {
            "separator": ";",
            "decimal_comma": True,
            "schema_overrides": {"value": "Float64"},
        }
        frame = source(tmp_path, load_args=options).batches()[0].read().collect()
        assert frame.rows() == [("7", 1.5)]

    def test_an_unknown_option_is_named(self, tmp_path: Path) -> None:
        """It is the configuration that is wrong, not the file."""
        write(tmp_path, "a.csv")
        batch = source(tmp_path, load_args={"seperator": ";"}).batches()[0]
        with pytest.raises(ConfigurationError, match=r"scan_csv.*seperator"):
            batch.read()

    def test_a_name_is_no_pattern(self, tmp_path: Path) -> None:
        """Brackets, stars, spaces, signs and umlauts are part of a name."""
        odd = ["a [1].csv", "b*.csv", "c%20#?.csv", "ü.csv"]
        for name in odd:
            write(tmp_path, name, text=f"sensor_id\n{name}\n")
        batches = source(tmp_path).batches()
        assert [batch.read().collect().item() for batch in batches] == odd

    def test_a_batch_travels_to_another_process(self, tmp_path: Path) -> None:
        """What opens it can be pickled."""
        TABLE.write_parquet(tmp_path / "a.parquet")
        (batch,) = source(tmp_path, file_format="parquet").batches()
        assert pickle.loads(pickle.dumps(batch)).read().collect().equals(TABLE)

    def test_reading_writes_nothing(self, tmp_path: Path) -> None:
        """The folder holds afterwards what it held before."""
        write(tmp_path, "a.csv")
        before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
        dataset = RawFilesDataset(filepath=str(tmp_path), file_format="csv")
        dataset.load().batches()[0].read().collect()
        dataset.preview()
        with pytest.raises(DatasetError, match="read, not saved"):
            dataset.save(TABLE)
        assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")} == before

    @pytest.mark.parametrize("keep", [3, 40, -1, -9], ids=lambda keep: f"first {keep} bytes")
    def test_a_truncated_parquet_file_is_named(self, tmp_path: Path, keep: int) -> None:
        """Wherever it ends, the footer is not there."""
        file = tmp_path / "a.parquet"
        TABLE.write_parquet(file)
        file.write_bytes(file.read_bytes()[:keep])
        (batch,) = source(tmp_path, file_format="parquet").batches()
        with pytest.raises(DataError, match=r"a\.parquet \(\d+ bytes\) cannot be read as parquet"):
            batch.read()

    def test_a_damaged_footer_is_an_error_or_harmless(self, tmp_path: Path) -> None:
        """No damage ends the process or comes through as another kind of error."""
        file = tmp_path / "a.parquet"
        TABLE.write_parquet(file)
        whole = file.read_bytes()
        length = int.from_bytes(whole[-8:-4], "little")
        refused = 0
        for position in range(len(whole) - 8 - length, len(whole), 3):
            file.write_bytes(
                whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :]
            )
            try:
                source(file, file_format="parquet").batches()[0].read()
            except DataError as error:
                refused += "a.parquet" in str(error)
        assert refused > 20

    def test_a_csv_file_called_parquet_is_named(self, tmp_path: Path) -> None:
        """The ending does not make it one."""
        write(tmp_path, "a.parquet")
        with pytest.raises(DataError, match="of another kind"):
            source(tmp_path, file_format="parquet").batches()[0].read()

    def test_a_file_that_vanishes_is_named(self, tmp_path: Path) -> None:
        """Between listing and reading, somebody tidied up."""
        write(tmp_path, "a.csv", "b.csv")
        batches = source(tmp_path).batches()
        (tmp_path / "b.csv").unlink()
        batches[0].read()
        with pytest.raises(DataError, match=r"b\.csv was listed and is gone"):
            batches[1].read()

    def test_a_file_that_is_still_being_written_is_named(self, tmp_path: Path) -> None:
        """Its identity would stand for rows that nobody has read."""
        write(tmp_path, "a.csv")
        (batch,) = source(tmp_path).batches()
        with (tmp_path / "a.csv").open("a") as file:
            file.write("2024-01-01T02:00Z,7,1\n")
        with pytest.raises(DataError, match=r"a\.csv changed since it was listed"):
            batch.read()

    @pytest.mark.parametrize("file_format", ["csv", "parquet"])
    def test_an_expected_file_must_hold_rows(self, tmp_path: Path, file_format: str) -> None:
        """A header alone is no delivery where one is expected; elsewhere it is a quiet day."""
        file = tmp_path / f"day.{file_format}"
        if file_format == "csv":
            write(tmp_path, file.name, text="timestamp,sensor_id,value\n")
        else:
            TABLE.clear().write_parquet(file)
        options: dict[str, Any] = {"file_format": file_format}
        assert source(tmp_path, **options).batches()[0].read().collect().is_empty()
        for one in (source(tmp_path, expected=["day*"], **options), source(file, **options)):
            with pytest.raises(DataError, match=r"day.* is expected and has no rows"):
                one.batches()[0].read()


class TestDataset:
    """What Kedro and Kedro-Viz ask of it."""

    def test_it_says_whether_it_is_there(self, tmp_path: Path) -> None:
        """A folder without files of the kind holds nothing."""
        dataset = RawFilesDataset(filepath=str(tmp_path / "in"), file_format="csv")
        assert not dataset.exists()
        write(tmp_path / "in", "a.txt")
        assert not dataset.exists()
        write(tmp_path / "in", "a.csv")
        assert dataset.exists()

    def test_preview_is_text(self, tmp_path: Path) -> None:
        """Missing values are empty, so that a browser can read it."""
        TABLE.write_parquet(tmp_path / "a.parquet")
        dataset = RawFilesDataset(filepath=str(tmp_path), file_format="parquet")
        preview: Any = dataset.preview(nrows=2)
        assert preview["columns"] == ["sensor_id", "value"]
        assert preview["data"] == [["a", "1.0"], ["b", ""]]

    def test_secrets_are_not_shown(self) -> None:
        """Neither by the dataset, nor by its source, nor by a batch."""
        credentials = {"key": "the-key", "secret": "the-secret"}
        dataset = RawFilesDataset(filepath="s3://b/p", file_format="csv", credentials=credentials)
        shown = f"{dataset!r} {dataset} {dataset._describe()} {dataset.load()!r}"
        assert "s3://b/p" in shown
        assert "the-" not in shown

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"file_format": "xlsx"}, "'xlsx' is unknown"),
            ({"filepath": "ftp://host/x"}, "neither a path nor an s3:// URL"),
            (
                {"load_args": {"schema_overrides": {"value": "float"}}},
                "'float' is no type of Polars",
            ),
            ({"credentials": {"password": "hush"}}, "have no 'password'; they are 'endpoint'"),
        ],
    )
    def test_wrong_options_are_named(self, options: dict[str, Any], message: str) -> None:
        """Before anything is read, and without the values of credentials."""
        with pytest.raises(ConfigurationError, match=message) as refused:
            RawFilesDataset(**{"filepath": "x", "file_format": "csv", **options})
        assert "hush" not in str(refused.value)
