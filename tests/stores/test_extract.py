"""A period of the readings is read from the files that may hold it, and from no others."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from modelfleet.domain.errors import DataError
from modelfleet.stores.extract import extract_period
from modelfleet.stores.readings import DeltaReadings
from tests.fleet.ingest.batches import ingest, make_store, raw

DAYS = 4


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> DeltaReadings:
    """Four days in a batch each, in a folder whose name Delta escapes."""
    store = make_store(tmp_path_factory.mktemp("read ings"))
    days = [raw(*((24 * d + h, s, h) for s in "ab" for h in range(24))) for d in range(DAYS)]
    ingest(store, *((f"day-{number}", rows) for number, rows in enumerate(days)))
    return store.source()


def first(readings: DeltaReadings) -> datetime:
    """The first time."""
    time = readings.scan().select(pl.col("timestamp").min()).collect().item()
    assert isinstance(time, datetime)
    return time


@pytest.mark.parametrize("since", [0, 30, 24 * 2])
def test_only_files_of_the_period_are_opened(readings: DeltaReadings, since: int) -> None:
    """The same rows as a look at all of history would give."""
    begin, end = (first(readings) + timedelta(hours=h) for h in (since, 24 * 3))
    found = readings.between(begin, end)
    inside = pl.col("timestamp").is_between(begin, end, closed="left")
    expected = readings.scan().filter(inside).collect()
    columns = ["sensor_id", "timestamp", "value"]
    rows = found.rows.select(columns).collect().sort(columns)
    assert rows.equals(expected.select(columns).sort(columns))
    per_day = found.of_files // DAYS
    assert found.files == (3 - since // 24) * per_day
    assert found.bytes > 0


def test_without_a_beginning_all_before_the_end_is_read(readings: DeltaReadings) -> None:
    """And nothing from the end on."""
    end = first(readings) + timedelta(hours=48)
    rows = readings.between(None, end).rows.collect()
    assert rows.height == 2 * 48
    assert rows["timestamp"].max() < end


def test_a_period_without_readings_opens_nothing(readings: DeltaReadings) -> None:
    """A sensor fleet that fell silent is no error."""
    late = first(readings) + timedelta(days=400)
    found = readings.between(late, late + timedelta(days=1))
    assert (found.files, found.bytes) == (0, 0)
    assert found.rows.collect().height == 0


def test_a_table_that_is_gone_is_told(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(DataError, match="run the ingestion stage"):
        extract_period(str(tmp_path / "no"), 0, None, datetime.max.replace(tzinfo=UTC))
