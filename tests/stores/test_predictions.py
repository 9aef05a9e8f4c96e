"""Predictions are appended once per origin, whole or not at all, whoever else is at work."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from kedro.io import DatasetError
from polars.testing import assert_frame_equal

from modelfleet.fleet.inference import PREDICTION_SCHEMA, Kept
from modelfleet.stores.delta import open_table, scan_table
from modelfleet.stores.predictions import (
    DeltaPredictions,
    KeptPredictionsDataset,
    PredictionsDataset,
    append_origin,
)
from tests.faults import KILLS, at_once, in_child, kill_at_random, with_full_disk
from tests.fleet.inference.predictions import DAY, predicted

pytestmark = pytest.mark.xdist_group("faults")

NEXT = DAY + timedelta(days=1)
MANY = tuple(f"S{number:04}" for number in range(400))


def append(folder: str) -> bool:
    """What the processes do that race, are killed or find the disk full."""
    return append_origin(f"{folder}/predictions", predicted(sensors=MANY, steps=24))


def stored(folder: Path) -> pl.DataFrame:
    """All that is there, sorted."""
    return scan_table(f"{folder}/predictions").collect().sort("origin", "sensor_id", "timestamp")


def test_an_origin_is_appended_once(tmp_path: Path) -> None:
    """Again is nothing, also by another release; another origin is a file and a version more."""
    path = f"{tmp_path}/predictions"
    assert append_origin(path, predicted())
    assert not append_origin(path, predicted(release="s" * 64, readings_version=4))
    assert append_origin(path, predicted(NEXT))
    assert_frame_equal(stored(tmp_path), pl.concat([predicted(), predicted(NEXT)]))
    table = open_table(path)
    assert table is not None
    assert (table.version(), len(table.file_uris())) == (1, 2)
    assert len(list(Path(path).glob("*.parquet"))) == 2, "what was not appended is not left behind"


def test_what_is_stored_says_what_it_was_made_by(tmp_path: Path) -> None:
    """A run asks before it forecasts; before the first one nothing is there."""
    asked = DeltaPredictions(f"{tmp_path}/predictions")
    assert asked.kept([DAY]) == {}
    append_origin(f"{tmp_path}/predictions", predicted(sensors=("a",)))
    append_origin(f"{tmp_path}/predictions", predicted(NEXT, release=None))
    assert asked.kept([DAY, NEXT, NEXT + timedelta(days=1)]) == {
        DAY: Kept(("r" * 64,), 3),
        NEXT: Kept((), 3),
    }


def test_older_versions_stay_readable(tmp_path: Path) -> None:
    """What was known on a day can be looked at later."""
    append_origin(f"{tmp_path}/predictions", predicted())
    append_origin(f"{tmp_path}/predictions", predicted(NEXT))
    before = scan_table(f"{tmp_path}/predictions", version=0).collect()
    assert before["origin"].unique().to_list() == [DAY]


def test_an_origin_is_read_from_its_own_file(tmp_path: Path) -> None:
    """The log tells of each file which origins it holds."""
    for day in range(5):
        append_origin(f"{tmp_path}/predictions", predicted(DAY + timedelta(days=day)))
    table = open_table(f"{tmp_path}/predictions")
    assert table is not None
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    assert (actions["min.origin"] == actions["max.origin"]).all()
    assert actions["min.origin"].n_unique() == 5


def test_of_several_runs_at_once_one_appends(tmp_path: Path) -> None:
    """The others find that it is done, whether there was a table before or not."""
    for origin in (DAY, NEXT):
        results = at_once([append] * 4, (str(tmp_path / f"{origin:%d}"),))
        assert sorted(results) == [("done", "False")] * 3 + [("done", "True")]
        assert_frame_equal(stored(tmp_path / f"{origin:%d}"), predicted(sensors=MANY, steps=24))


def test_a_killed_run_leaves_all_or_nothing(tmp_path: Path) -> None:
    """And the next one appends what is missing."""
    for number in range(KILLS):
        folder = tmp_path / str(number)
        append_origin(f"{folder}/predictions", predicted(NEXT))
        kill_at_random(append, str(folder), within=0.1, seed=number)
        left = stored(folder).filter(pl.col("origin") == DAY)
        assert left.height in {0, 24 * len(MANY)}
        assert append(str(folder)) == (left.height == 0)
        assert stored(folder).filter(pl.col("origin") == DAY).height == 24 * len(MANY)


def test_a_full_disk_is_told_and_leaves_the_table_as_it_was(tmp_path: Path) -> None:
    """No half of an origin; once there is space, the same run appends it."""
    append_origin(f"{tmp_path}/predictions", predicted(NEXT))
    before = stored(tmp_path)
    kind, message = in_child(with_full_disk, 4096, append, str(tmp_path))
    assert kind == "DataError"
    assert f"{tmp_path}/predictions cannot be written" in message
    assert "free space" in message
    assert_frame_equal(stored(tmp_path), before)
    assert append(str(tmp_path))


def test_the_asset_appends_scans_and_shows(tmp_path: Path) -> None:
    """As Kedro and Kedro-Viz use it."""
    asset = PredictionsDataset(filepath=str(tmp_path / "predictions"))
    assert not asset.exists()
    with pytest.raises(DatasetError, match="kedro run --pipelines ingestion,inference"):
        asset.load()
    asset.save(predicted())
    asset.save(predicted(NEXT))
    asset.save(predicted(NEXT))
    assert asset.exists()
    assert asset.load().collect().height == 8
    shown = asset.preview()
    assert shown["columns"] == PREDICTION_SCHEMA.names()
    assert {row[1][:10] for row in shown["data"]} == {"2019-01-02"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (pl.concat([predicted(), predicted(NEXT)]), "origin by origin"),
        (predicted().drop("error"), "have the columns"),
        (predicted().head(0), "origin by origin"),
    ],
    ids=["two origins", "a column is missing", "nothing"],
)
def test_what_is_no_origin_is_refused(rows: pl.DataFrame, words: str, tmp_path: Path) -> None:
    """A fault of the code writes nothing."""
    asset = PredictionsDataset(filepath=str(tmp_path / "predictions"))
    with pytest.raises(DatasetError, match=words):
        asset.save(rows)
    assert not asset.exists()


def test_what_was_forecast_before_is_not_saved(tmp_path: Path) -> None:
    """It is looked at through an asset of its own."""
    asset = KeptPredictionsDataset(filepath=str(tmp_path / "predictions"))
    assert asset.exists()
    assert asset.load().kept([DAY]) == {}
    with pytest.raises(DatasetError, match="save to `predictions`"):
        asset.save({})
