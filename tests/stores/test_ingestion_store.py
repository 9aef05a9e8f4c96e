"""Ingestion batch by batch: each whole or not at all, once, and at the cost of the new rows."""

import json
import pickle
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kedro.io import DatasetError

from modelfleet.domain.errors import ConfigurationError, DataError
from modelfleet.fleet.ingest.digests import ContentDigest, add_digests, digest_shards
from modelfleet.stores import ingestion_store
from modelfleet.stores.delta import open_table
from modelfleet.stores.frames import DeltaFrameDataset
from modelfleet.stores.ingestion_store import DeltaIngestionStore, IngestionStoreDataset
from modelfleet.stores.readings import DeltaReadings, ReadingsDataset
from tests.fleet.ingest.batches import ingest, make_store, raw, table

DAY = raw(*((hour, sensor, hour) for sensor in "ab" for hour in range(24)))
NEXT = raw(*((hour, sensor, hour) for sensor in "ab" for hour in range(24, 48)))


@pytest.fixture
def store(tmp_path: Path) -> DeltaIngestionStore:
    """An empty store."""
    return make_store(tmp_path / "store")


def versions(store: DeltaIngestionStore) -> list[int | None]:
    """Version of each of the three tables."""
    tables = [open_table(path) for path in (store.readings, store.rejected, store.batches)]
    return [None if found is None else found.version() for found in tables]


def test_a_batch_is_taken_once(store: DeltaIngestionStore) -> None:
    """A batch that is known is not read again and changes nothing."""
    first = ingest(store, ("day", DAY))
    before = versions(store)
    assert ingest(store, ("day", DAY)) == first
    assert versions(store) == before
    assert first.rows_in == first.stored == 48


def test_new_batches_are_appended(store: DeltaIngestionStore) -> None:
    """What is there stays in its files; a batch makes one commit."""
    ingest(store, ("day", DAY))
    files = set(Path(store.readings).rglob("*.parquet"))
    total = ingest(store, ("day", DAY), ("next", NEXT))
    assert files < set(Path(store.readings).rglob("*.parquet"))
    assert store.source().version == 1
    assert total.stored == len(table(store)) == 96
    assert [account.batch for account in store.accounts()] == ["day", "next"]


def test_rows_that_come_again_in_another_batch_are_duplicates(store: DeltaIngestionStore) -> None:
    """A file delivered twice under two names stores nothing twice."""
    ingest(store, ("day", DAY))
    total = ingest(store, ("again", DAY), ("both", pl.concat([DAY, NEXT])))
    assert (total.rows_in, total.stored, total.duplicates) == (48 + 48 + 96, 96, 96)


def test_a_value_that_contradicts_a_stored_one_is_rejected(store: DeltaIngestionStore) -> None:
    """The stored value stays, the other is kept with its reason."""
    ingest(store, ("day", DAY))
    total = ingest(store, ("late", raw((3, "a", 99), (4, "a", 4))))
    assert total.rejected == {"conflicts_with_stored": 1}
    assert total.duplicates == 1
    assert {t.hour: v for s, t, v in table(store) if s == "a"}[3] == 3
    assert store.rejected_rows().collect()["batch"].to_list() == ["late"]


def test_with_corrections_a_later_value_replaces_the_stored_one(store: DeltaIngestionStore) -> None:
    """A new version holds the correction and everything else; the old version stays readable."""
    ingest(store, ("day", DAY))
    before = store.source()
    total = ingest(store, ("late", raw((3, "a", 99), (30, "b", 1))), corrections=True)
    assert total.corrections == 1
    after = {(s, t.day, t.hour): v for s, t, v in table(store)}
    assert after["a", 1, 3] == 99
    assert after["b", 2, 6] == 1
    assert len(after) == 49
    old = before.scan().filter(pl.col("sensor_id") == "a").collect().sort("timestamp")
    assert old["value"][3] == 3


def test_a_missing_value_contradicts_nothing(store: DeltaIngestionStore) -> None:
    """It is filled when its value arrives, and does not erase one."""
    ingest(store, ("gaps", raw((0, "a", None), (1, "a", 1), (2, "a", None), (2, "a", 2))))
    total = ingest(store, ("late", raw((0, "a", 0.5), (1, "a", None))))
    assert [value for _, _, value in table(store)] == [0.5, 1, 2]
    assert (total.corrections, total.duplicates, total.rejected) == (1, 2, {})


def test_a_folder_may_have_a_space_in_its_name(tmp_path: Path) -> None:
    """Nobody should have to move a project."""
    store = make_store(tmp_path / "my project (1)")
    ingest(store, ("day", DAY))
    total = ingest(store, ("next", NEXT), ("late", raw((3, "a", 99))), corrections=True)
    assert (total.stored, total.corrections) == (97, 1)
    assert len(table(store)) == 96
    assert_digests_are_true(store)


def test_late_rows_are_told(store: DeltaIngestionStore, caplog: pytest.LogCaptureFixture) -> None:
    """Rows older than the newest make a new version, and somebody should know."""
    ingest(store, ("next", NEXT))
    total = ingest(store, ("day", DAY))
    assert total.late == 48
    assert "48 late rows" in caplog.text
    assert store.source().version == 1


def test_other_settings_need_other_tables(store: DeltaIngestionStore) -> None:
    """A changed time zone would contradict every stored row: it is refused before any work."""
    ingest(store, ("day", DAY))
    with pytest.raises(ConfigurationError, match="ingest anew"):
        ingest(store, ("next", NEXT), time_zone="Europe/Rome")
    assert len(table(store)) == 48


def test_a_bad_batch_leaves_those_before_it(store: DeltaIngestionStore) -> None:
    """The error names the batch; what was whole is kept, of the bad one nothing is."""
    bad = raw(*((hour, "a", "bad") for hour in range(24)))
    with pytest.raises(DataError, match="second: 24 of 24 rows cannot be read"):
        ingest(store, ("first", DAY), ("second", bad))
    assert [account.batch for account in store.accounts()] == ["first"]
    assert len(table(store)) == 48


def test_a_batch_of_refused_rows_is_known_too(store: DeltaIngestionStore) -> None:
    """Nothing to store is no reason to read it every day."""
    refused = raw((0, "a", -1), (1, "a", -2))
    total = ingest(store, ("refused", refused))
    assert total.rejected == {"below_lower_limit": 2}
    before = versions(store)
    ingest(store, ("refused", refused))
    assert versions(store) == before
    with pytest.raises(DataError, match="not one row could be stored"):
        store.source()
    assert store.sensor_ids() == []


def test_however_many_files_are_known_the_tables_are_opened_once(
    store: DeltaIngestionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder keeps its files: every day lists all of them again."""
    ingest(store, ("day", DAY), ("next", NEXT))
    opened = []
    real = ingestion_store.open_table
    monkeypatch.setattr(ingestion_store, "open_table", lambda p: opened.append(p) or real(p))
    asked = ["id-day", "id-next", *(f"id-{number}" for number in range(500))]
    assert store.kept(asked) == {"id-day", "id-next"}
    assert sorted(opened) == sorted([store.batches, store.readings])


def test_of_two_ingestions_at_once_one_is_told_to_run_again(
    store: DeltaIngestionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is stored twice, no digest forgets a row, and the re-run completes."""
    ingest(store, ("day", DAY))
    stale = open_table(store.readings)
    ingest(store, ("other", raw((100, "b", 1))))
    import modelfleet.stores.ingestion_store as module

    real = module.open_table

    def old(path: str) -> object:
        return stale if path == store.readings else real(path)

    monkeypatch.setattr(module, "open_table", old)
    with pytest.raises(DataError, match="at the same time"):
        ingest(store, ("next", NEXT))
    monkeypatch.undo()
    ingest(store, ("next", NEXT))
    assert len(table(store)) == 97
    assert_digests_are_true(store)


def assert_digests_are_true(store: DeltaIngestionStore) -> None:
    """What commits say of the content is what the content says."""
    source = store.source()
    rows = source.scan().select("shard", "sensor_id", "timestamp", "value").collect()
    found = digest_shards(rows.sort("shard", "sensor_id", "timestamp"))
    kept = {shard: text for shard, text in source.shards().items() if not text.startswith("0-")}
    assert {shard: str(digest) for shard, digest in found.items()} == kept


rows = st.lists(
    st.tuples(
        st.integers(0, 30), st.sampled_from("abc"), st.sampled_from([0.0, 1.0, 2.0, None, "bad"])
    ),
    min_size=1,
    max_size=40,
)
quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(rows=rows, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(
    rows: list[tuple[int, str, float]], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Permuted rows, and with them permuted sensors, give the same table, digests and account."""
    shuffled = random.Random(seed).sample(rows, len(rows))
    stores = [make_store(tmp_path_factory.mktemp("store")) for _ in range(2)]
    accounts = []
    for store, given_rows in zip(stores, (rows, shuffled), strict=True):
        try:
            accounts.append(ingest(store, ("batch", raw(*given_rows))))
        except DataError:
            accounts.append(None)
    assert accounts[0] == accounts[1]
    if accounts[0] and accounts[0].stored:
        assert table(stores[0]) == table(stores[1])
        assert stores[0].source().shards() == stores[1].source().shards()
        assert_digests_are_true(stores[0])


@quick
@given(
    rows=st.dictionaries(
        st.tuples(st.integers(0, 30), st.sampled_from("abc")),
        st.sampled_from([0.0, 1.0, None]),
        min_size=2,
        max_size=40,
    ),
    cut=st.integers(1, 39),
)
def test_split_and_repeated_batches_give_the_same_table(
    rows: dict[tuple[int, str], float | None], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """For data without conflicts it does not matter in which batches they come, or how often."""
    whole = [(hour, sensor, value) for (hour, sensor), value in rows.items()]
    one, two = (make_store(tmp_path_factory.mktemp("store")) for _ in range(2))
    ingest(one, ("whole", raw(*whole)))
    parts = [part for part in (whole[:cut], whole[cut:]) if part]
    split = [(f"part-{i}", raw(*part)) for i, part in enumerate(parts)]
    ingest(two, *split)
    ingest(two, *split, ("again", raw(*whole)))
    assert table(one) == table(two)
    assert one.source().shards() == two.source().shards()
    assert_digests_are_true(two)


class TestDatasets:
    """What the catalog hands out."""

    def test_a_worker_reads_its_shard_of_one_version_sorted(
        self, store: DeltaIngestionStore
    ) -> None:
        """The handle travels to workers and reads one version, whatever happens after."""
        ingest(store, ("next", NEXT), ("day", DAY))
        handle: DeltaReadings = pickle.loads(pickle.dumps(store.source()))
        shard = min(handle.shards())
        before = handle.read(shard)
        assert before.equals(before.sort("sensor_id", "timestamp"))
        ingest(store, ("more", raw(*((h, s, 1) for h in range(60, 70) for s in "ab"))))
        assert handle.read(shard).equals(before)
        assert store.source().read(shard).height > before.height

    def test_ids_never_become_paths(self, store: DeltaIngestionStore) -> None:
        """Folders are named after shards."""
        ingest(store, ("odd", raw((0, "../x", 1), (1, "/etc/passwd", 1), (2, "a\0b", 1))))
        names = {path.name for path in Path(store.readings).iterdir()}
        assert all(name == "_delta_log" or name.startswith("shard=") for name in names)

    def test_old_versions_are_kept_for_years(self, store: DeltaIngestionStore) -> None:
        """What a model was trained on must stay readable."""
        ingest(store, ("day", DAY))
        kept = open_table(store.readings).metadata().configuration
        assert kept["delta.logRetentionDuration"] == "interval 3650 days"
        assert kept["delta.deletedFileRetentionDuration"] == "interval 3650 days"

    def test_looking_makes_nothing(self, tmp_path: Path) -> None:
        """Datasets of tables that are not there yet say what to do, and write nothing."""
        readings = ReadingsDataset(filepath=str(tmp_path / "readings"))
        frame = DeltaFrameDataset(filepath=str(tmp_path / "rejected"))
        place = {"filepath": str(tmp_path / "x")}
        dataset = IngestionStoreDataset(
            filepath=str(tmp_path / "readings"), rejected=place, batches=place
        )
        assert not readings.exists()
        with pytest.raises(DatasetError, match="--pipelines ingestion"):
            readings.load()
        with pytest.raises(DatasetError, match="run its pipeline first"):
            frame.load()
        with pytest.raises(DatasetError, match="batch by batch"):
            dataset.save(1)
        assert dataset.load().accounts() == []
        assert dataset.load().sensor_ids() == []
        assert not list(tmp_path.iterdir())

    def test_readings_lie_where_the_catalog_says(self, store: DeltaIngestionStore) -> None:
        """Two entries that disagree would read other rows than were kept."""
        ingest(store, ("day", DAY))
        ReadingsDataset(filepath=store.readings).save(store.source())
        with pytest.raises(DatasetError, match="the same filepath"):
            ReadingsDataset(filepath=store.batches).save(store.source())

    def test_previews_are_json(self, store: DeltaIngestionStore) -> None:
        """Kedro-Viz shows the first rows."""
        ingest(store, ("day", DAY), ("bad", raw((0, "a", -1), (0, "a", -1))))
        preview = json.loads(json.dumps(ReadingsDataset(filepath=store.readings).preview(2)))
        assert preview["columns"] == ["sensor_id", "timestamp", "value"]
        refused = DeltaFrameDataset(
            filepath=store.rejected, unique=["sensor_id", "timestamp", "value", "reason"]
        )
        assert len(refused.preview()["data"]) == 1


class TestDigests:
    """Digests by content, kept up to date at the cost of the batch."""

    def test_a_digest_survives_as_text(self) -> None:
        """It stands in the commit."""
        digest = ContentDigest(3, 2**64 - 1, 5)
        assert ContentDigest.parse(str(digest)) == digest

    def test_adding_and_taking_away(self) -> None:
        """A set and another set make both; without one the other is left."""
        one, two = {1: ContentDigest(1, 5, 7)}, {1: ContentDigest(2, 2**64 - 1, 3)}
        both = add_digests(one, two)
        assert both[1] == ContentDigest(3, 4, 10)
        assert add_digests(both, two, sign=-1) == one
        assert digest_shards(pl.DataFrame(schema={"sensor_id": pl.String})) == {}

    @pytest.mark.parametrize(
        "other",
        [
            raw((0, "a", 1), (1, "a", 2), (0, "b", 0)),
            raw((0, "a", 1), (1, "a", None), (2, "a", None), (0, "b", 0)),
            raw((0, "a", 1), (1, "a", None), (0, "c", 0)),
            raw((0, "a", 1), (2, "a", None), (0, "b", 0)),
            raw((0, "a", 0), (1, "a", None), (0, "b", 1)),
        ],
    )
    def test_every_change_of_content_shows(self, other: pl.DataFrame, tmp_path: Path) -> None:
        """A filled gap, a further row, another sensor, another time, swapped values."""
        base = raw((0, "a", 1), (1, "a", None), (0, "b", 0))
        found = []
        for name, frame in (("base", base), ("other", other)):
            store = make_store(tmp_path / name)
            ingest(store, (name, frame))
            found.append(store.source().shards())
        assert found[0] != found[1]
