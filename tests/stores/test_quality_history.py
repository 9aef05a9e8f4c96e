"""The file that remembers two states: whole or absent, and never lost to a re-run."""

from pathlib import Path

import pytest
from kedro.io import DatasetError

from modelfleet.domain.errors import DataError
from modelfleet.stores.quality_history import QualityHistoryDataset
from tests.reporting.quality.contents import make_state

FIRST = make_state({"a": ("quarantined", ["dead", "stuck"], None, 1)})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the history is to lie; its folder is not there yet."""
    return tmp_path / "08_reporting" / "quality_history.json"


@pytest.fixture
def dataset(file: Path) -> QualityHistoryDataset:
    """An empty history."""
    return QualityHistoryDataset(filepath=str(file))


def test_before_the_first_run_there_is_nothing(dataset: QualityHistoryDataset, file: Path) -> None:
    """Looking makes nothing, and the error says which stages to run."""
    assert not dataset.exists()
    with pytest.raises(DatasetError, match="run `kedro run --pipelines ingestion,validation`"):
        dataset.load()
    assert not file.parent.exists()


def test_saving_remembers_the_state_before(dataset: QualityHistoryDataset) -> None:
    """What is saved is one state; what is loaded are the newest two."""
    dataset.save(FIRST)
    assert dataset.exists()
    assert dataset.load().before is None
    dataset.save(make_state(stamp="s2"))
    dataset.save(make_state(stamp="s3"))
    found = dataset.load()
    assert found.before is not None
    assert (found.before.stamp, found.latest.stamp) == ("s2", "s3")


def test_an_unchanged_state_writes_nothing(dataset: QualityHistoryDataset, file: Path) -> None:
    """A re-run neither touches the file nor loses the state before the last change."""
    dataset.save(FIRST)
    dataset.save(make_state(stamp="s2"))
    before = file.read_bytes(), file.stat().st_mtime_ns
    dataset.save(make_state(stamp="s2", run="run-9", version=4))
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "7", "[1]", '[{"run": "x"}]', '[{"sensors": [1]}]', "[[], [], []]"],
)
def test_a_damaged_file_says_what_to_do(
    dataset: QualityHistoryDataset, file: Path, content: str
) -> None:
    """It is not taken for a first run without a word."""
    file.parent.mkdir()
    file.write_text(content)
    for look in (dataset.load, lambda: dataset.save(FIRST)):
        with pytest.raises((DataError, DatasetError), match=r"quality_history\.json.*delete it"):
            look()


def test_preview_is_text(dataset: QualityHistoryDataset) -> None:
    """Kedro-Viz writes it as JSON, unknown figures included."""
    dataset.save(FIRST)
    (row,) = dataset.preview()["data"]
    assert row[:3] == ["a", "quarantined", "dead; stuck"]
