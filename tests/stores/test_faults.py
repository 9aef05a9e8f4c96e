"""Ingestion under faults: a typed error or the unbroken run's result, never half a table."""

import shutil
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

import polars as pl
import pytest

from modelfleet.domain.errors import DataError, OvertakenError
from modelfleet.fleet.ingest import Batch, ingest_source
from modelfleet.stores import ingestion_store
from modelfleet.stores.delta import open_table
from modelfleet.stores.ingestion_store import DeltaIngestionStore
from modelfleet.stores.raw.files import RawFilesDataset
from tests.faults import (
    KILLS,
    at_once,
    close,
    in_child,
    kill_at_random,
    with_full_disk,
    without_rights,
)
from tests.fleet.ingest.batches import Batches, ingest, make_store, raw, table
from tests.fleet.ingest.test_ingest import NOW, SENSORS, settings
from tests.fleet.test_pieces import FLEET

pytestmark = pytest.mark.xdist_group("faults")

MANY = [
    (
        f"batch-{number}",
        raw(
            *((24 * number + h, s, h if h % 5 else -1) for s in "abcdefgh" for h in range(24)),
            *((24 * number - 3, s, 21) for s in "ab" if number),
        ),
    )
    for number in range(6)
]


def ingest_everything(folder: str) -> None:
    """What the processes do that are disturbed."""
    ingest(make_store(Path(folder)), *MANY)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> DeltaIngestionStore:
    """What an undisturbed run makes."""
    store = make_store(tmp_path_factory.mktemp("unbroken"))
    ingest(store, *MANY)
    return store


def assert_readable(store: DeltaIngestionStore) -> None:
    """Whatever happened, what is there can be read."""
    for path in (store.readings, store.rejected, store.batches):
        found = open_table(path)
        if found is not None:
            assert found.to_pyarrow_table().num_rows >= 0


def assert_same(store: DeltaIngestionStore, unbroken: DeltaIngestionStore) -> None:
    """The three tables and the digests are those of the unbroken run."""
    assert table(store) == table(unbroken)
    assert store.accounts() == unbroken.accounts()
    assert store.source().shards() == unbroken.source().shards()
    rejected = [
        each.rejected_rows().collect().sort("batch", "row", "sensor_id").rows()
        for each in (store, unbroken)
    ]
    assert rejected[0] == rejected[1]


def test_a_killed_ingestion_leaves_whole_batches_and_the_next_run_completes_it(
    tmp_path: Path, unbroken: DeltaIngestionStore
) -> None:
    """SIGKILL at random moments: tables stay readable, the re-run's equal the unbroken run's."""
    interrupted = 0
    for kill in range(KILLS):
        folder = tmp_path / f"kill-{kill}"
        interrupted += kill_at_random(ingest_everything, str(folder), within=0.5, seed=kill)
        store = make_store(folder)
        assert_readable(store)
        ingest(store, *MANY)
        assert_same(store, unbroken)
    assert interrupted >= KILLS // 4


@pytest.mark.parametrize("size", [100, 700, 1200, 2000, 3000, 5000])
def test_a_full_disk_is_told_and_forgotten(
    size: int, tmp_path: Path, unbroken: DeltaIngestionStore
) -> None:
    """Wherever the space ends: what to do is said, and with space the run completes."""
    name, message = in_child(with_full_disk, size, ingest_everything, str(tmp_path))
    if name != "done":
        assert name == "DataError", message
        assert "free space or correct the permissions" in message
    store = make_store(tmp_path)
    assert_readable(store)
    ingest(store, *MANY)
    assert_same(store, unbroken)
    files = {file.name for file in Path(store.readings).rglob("*.parquet")}
    newest = open_table(store.readings).version()
    versions = [open_table(store.readings, version=number) for number in range(newest + 1)]
    assert files == {
        path.rpartition("/")[2]
        for version in versions
        for path in version.get_add_actions(flatten=True).column("path").to_pylist()
    }, "nothing is left behind that is part of no version"


def test_the_disk_of_that_test_is_really_full(tmp_path: Path) -> None:
    """Otherwise it would prove nothing."""
    assert in_child(with_full_disk, 100, ingest_everything, str(tmp_path))[0] == "DataError"


def test_a_folder_that_may_not_be_written_is_told(
    tmp_path: Path, unbroken: DeltaIngestionStore
) -> None:
    """The place is named, and nothing in it has changed."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    folder = tmp_path / "store"
    ingest(make_store(folder), *MANY[:2])
    close(folder)
    before = sorted(folder.rglob("*"))
    try:
        name, message = in_child(without_rights, ingest_everything, str(folder))
    finally:
        for each in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
            each.chmod(0o755)
    assert name == "DataError", message
    assert str(folder) in message
    assert "correct the permissions" in message
    assert sorted(folder.rglob("*")) == before
    ingest(make_store(folder), *MANY)
    assert_same(make_store(folder), unbroken)


def lines(day: int, sensors: str = "abcdefgh") -> str:
    """A daily file."""
    rows = (f"2021-01-{day:02}T{h:02}:00,{s},{h}" for s in sensors for h in range(24))
    return "\n".join(["time,id,v", *rows]) + "\n"


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_file_that_vanishes_takes_only_its_own_batch(file_format: str, tmp_path: Path) -> None:
    """It is gone after it was opened: what came before is kept, and the next run goes on."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for day in (1, 2, 3):
        frame = pl.read_csv(lines(day).encode(), infer_schema=False)
        getattr(frame, f"write_{file_format}")(folder / f"{day}.{file_format}")
    source = RawFilesDataset(filepath=str(folder), file_format=file_format).load()
    store = make_store(tmp_path / "store")
    second = folder / f"2.{file_format}"

    def run(batches: list[Batch]) -> None:
        listed = Listed(batches, {(1, 2): lambda: shutil.move(second, tmp_path / "away")})
        ingest_source(listed, store, SENSORS, ingestion=settings(), fleet=FLEET, now=NOW)

    with pytest.raises(DataError, match=rf"2\.{file_format}"):
        run(source.batches())
    assert_readable(store)
    assert [account.batch for account in store.accounts()] == [f"1.{file_format}"]
    shutil.move(tmp_path / "away", second)
    ingest_source(source, store, SENSORS, ingestion=settings(), fleet=FLEET, now=NOW)
    assert len(table(store)) == 3 * 8 * 24


class Listed:
    """Batches of a source; when one is read for the first or the second time, something happens.

    The first time only looks whether it can be opened, before anything is written.
    """

    def __init__(
        self, given: list[Batch], events: dict[tuple[int, int], Callable[[], object]]
    ) -> None:
        self._batches = [
            Batch(
                b.name,
                b.identity,
                self._read(b, {n: e for (at, n), e in events.items() if at == i}),
                b.rereads,
            )
            for i, b in enumerate(given)
        ]

    def batches(self) -> list[Batch]:
        return self._batches

    @staticmethod
    def _read(batch: Batch, events: dict[int, Callable[[], object]]) -> Callable[[], pl.LazyFrame]:
        calls: list[int] = []

        def read() -> pl.LazyFrame:
            calls.append(1)
            frame = batch.read()
            events.get(len(calls), lambda: None)()
            return frame

        return read


def assert_two_are_one(
    folder: Path, work: Callable[..., None], unbroken: DeltaIngestionStore
) -> None:
    """Two processes at once: each ends well or is told of the other; the re-run completes them."""
    told = at_once([work] * 2, (str(folder),))
    refused = [message for name, message in told if name != "done"]
    assert all(name in {"done", "DataError", "OvertakenError"} for name, _ in told), told
    assert all("at the same time" in message for message in refused), refused
    store = make_store(folder)
    assert_readable(store)
    if not refused:
        assert_same(store, unbroken)
    ingest(store, *MANY)
    assert_same(store, unbroken)


def test_two_ingestions_at_once_lose_and_double_nothing(
    tmp_path: Path, unbroken: DeltaIngestionStore
) -> None:
    """Each ends well or says that the other was there; together, or run again, they are one run."""
    for round_number in range(8):
        assert_two_are_one(tmp_path / f"race-{round_number}", ingest_everything, unbroken)


def ingest_without_lock(folder: str) -> None:
    """As on two machines, whose kernels do not know each other's locks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingestion_store, "one_at_a_time", nullcontext)
        ingest_everything(folder)


def test_two_machines_at_once_lose_and_double_nothing(
    tmp_path: Path, unbroken: DeltaIngestionStore
) -> None:
    """Where no lock tells the second one, the tables themselves do."""
    for round_number in range(12):
        assert_two_are_one(tmp_path / f"race-{round_number}", ingest_without_lock, unbroken)


@pytest.mark.parametrize("batch", range(3))
@pytest.mark.parametrize("moment", [1, 2], ids=["before it began", "while it worked"])
@pytest.mark.parametrize("only", ["everything", "refused rows"])
def test_who_is_overtaken_by_the_same_batches_leaves_no_trace(
    batch: int, moment: int, only: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one takes them all after this one saw that they are new: neither is doubled."""
    monkeypatch.setattr(ingestion_store, "one_at_a_time", nullcontext)
    bad = [(f"bad-{number}", raw((number, "a", -1))) for number in range(3)]
    given = MANY[:3] if only == "everything" else bad
    once, store = make_store(tmp_path / "once"), make_store(tmp_path / "store")
    ingest(once, *given)
    events = {(batch, moment): lambda: ingest(store, *given)}
    listed = Listed(Batches(given).batches(), events)
    with suppress(OvertakenError):
        ingest_source(listed, store, SENSORS, ingestion=settings(), fleet=FLEET, now=NOW)
    for found in (store, once):
        assert len(found.accounts()) == 3
    assert store.accounts() == once.accounts()
    rows = [s.rejected_rows().collect().sort("batch", "row", "sensor_id") for s in (store, once)]
    assert rows[0].equals(rows[1])
    if only == "everything":
        assert_same(store, once)
