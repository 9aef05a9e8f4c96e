"""Reading never writes: production is the same to the byte and to the nanosecond afterwards."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.io import DataCatalog

from modelfleet.domain.errors import ProtectedError
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.stores.delivery import Courier, deliver, deliver_quietly
from modelfleet.stores.governance import Governance, audit, open_live, request_states
from modelfleet.stores.release_rows import provenance_of, rows_of_sensor
from tests.fleet.ingest.batches import ingest, raw
from tests.governed import Governed, decision
from tests.releases import draft, sensor
from tests.reporting.quality.contents import make_state
from tests.stores.guard.nodes import made
from tests.stores.guard.tasks import put_there
from tests.stores.guard.world import ROOT, World, make_world, state_of
from tests.stores.test_outbox import note

DAY = raw(*((hour, name, hour) for name in "ab" for hour in range(24)), (25, "a", "no number"))
FILE = "kind/0001-ff.parquet"
RELEASE = draft([sensor("n1"), sensor("n2")])


def entries(world: World) -> dict[str, Any]:
    """An asset of every kind that reads production."""
    places = ("channel", "approvals", "releases", "witness")
    governance = {
        **{name: f"{world.root}/{name}" for name in places},
        "environment": "local",
        "owners": Governed().owners.model_dump(mode="json"),
    }
    kinds = {
        "ingestion_store": ("ingestion_store.IngestionStoreDataset", "readings", {
            "rejected": {"filepath": f"{ROOT}/rejected"}, "batches": {"filepath": f"{ROOT}/batches"}}),
        "readings": ("readings.ReadingsDataset", "readings", {}),
        "rejected_readings": ("frames.DeltaFrameDataset", "rejected", {}),
        "workspace": ("workspace.WorkspaceDataset", "workspace", {}),
        "results": ("sharded_frame.ShardedFrameDataset", "results.json", {"path": f"{ROOT}/workspace"}),
        "table": ("tables.ParquetTableDataset", "table.parquet", {}),
        "document": ("documents.JsonDocumentDataset", "document.json", {}),
        "history": ("quality_history.QualityHistoryDataset", "history.json", {}),
        "release": ("release_store.ReleaseDataset", "releases", {}),
        "channel": ("governance.ChannelDataset", "channel", {"governance": governance}),
        "approvals": ("governance.ApprovalsDataset", "approvals", {"governance": governance}),
        "champions": ("champions.ChampionsDataset", "channel", {"governance": governance}),
        "notices": ("outbox.OutboxDataset", "notices", {}),
    }  # fmt: skip
    return {
        name: {"type": f"modelfleet.stores.{kind}", "filepath": f"{ROOT}/{place}", **more}
        for name, (kind, place, more) in kinds.items()
    }


def fill(world: World) -> None:
    """What runs and people leave in production."""
    catalog = world.catalog("production")
    ingest(catalog.load("ingestion_store"), ("day", DAY))
    catalog.save("readings", catalog.load("readings"))
    ingest(catalog.load("ingestion_store"), ("next", raw((30, "a", 1), (31, "b", 2))))
    put_there(catalog.load("workspace"))
    root = catalog.load("workspace").root
    catalog.save("results", ShardedFrame.of(root, {1: FILE}, 1))
    catalog.save("table", made())
    catalog.save("document", {"a": 1})
    catalog.save("history", make_state({"a": ("admitted", [], None, 1)}))
    catalog.save("release", RELEASE)
    provenance = catalog.load("release").provenance_digest(RELEASE.rid)
    catalog.save("channel", decision(RELEASE.rid, "north", provenance=provenance))
    catalog.save("notices", [note()])


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project whose assets lie in production."""
    world = make_world(tmp_path / "project")
    world.declare(entries(world))
    return world


def look(catalog: DataCatalog) -> None:
    """Read through every asset, and through all that it hands out to read."""
    for name in catalog:
        assert catalog.exists(name)
        loaded = catalog.load(name)
        assert loaded is not None
        catalog.release(name)
        dataset = catalog.get(name)
        assert str(dataset)
        if hasattr(dataset, "preview"):
            dataset.preview()
    look_at_readings(catalog)
    look_at_releases(catalog)
    workspace, outbox = catalog.load("workspace"), catalog.load("notices")
    assert workspace.find([FILE, "kind/0002-ff.parquet"]) == {FILE}
    assert workspace.read(FILE) is not None
    assert workspace.read("kind/0002-ff.parquet") is None
    assert catalog.load("results").scan().collect().height == 1
    assert len(outbox.all()) == len(outbox.unfinished()) == 1
    deliver_quietly(outbox, SimpleNamespace())


def look_at_readings(catalog: DataCatalog) -> None:
    readings, store = catalog.load("readings"), catalog.load("ingestion_store")
    assert readings.spans().height == 2
    assert readings.news().collect().height == 2
    assert sum(readings.read(shard).height for shard in readings.shards()) == 50
    assert readings.since(0).collect().height == 2
    assert readings.scan().collect().height == 50
    assert store.kept(["id-day", "id-next", "other"]) == {"id-day", "id-next"}
    assert len(store.accounts()) == 2
    assert store.sensor_ids() == ["a", "b"]
    assert store.rejected_rows().collect().height == 1
    store.last_time(), store.id_kind(), store.source(), store.batch_rows().collect()


def look_at_releases(catalog: DataCatalog) -> None:
    governance: Governance = catalog.load("approvals")
    assert set(open_live(governance).serves) == {"north"}
    assert catalog.load("champions") is not None
    assert audit(governance).entries
    assert request_states(governance) == []
    store = catalog.load("release")
    assert store.rids() == [RELEASE.rid]
    assert rows_of_sensor(store, "n1", tables={"serves": ["version"]})
    assert provenance_of(store, RELEASE.rid)
    assert governance.witness.seen()
    assert governance.channel.live()


def test_reading_leaves_no_trace(world: World) -> None:
    """No lock, no checkpoint, nothing kept for next time, nothing delivered, nothing remembered."""
    fill(world)
    before = state_of(world.root)
    assert len(before) > 40
    look(world.catalog("test"))
    assert state_of(world.root) == before
    assert not (world.path / "data/test").exists()


def test_reading_what_is_not_there_makes_no_folder(world: World) -> None:
    """Before production's first run there is nothing to see, and nothing afterwards."""
    catalog = world.catalog("test")
    for name in catalog:
        if catalog.exists(name):  # a door may open on nothing
            catalog.load(name)
    assert catalog.load("workspace").find([FILE]) == set()
    assert catalog.load("notices").all() == []
    assert open_live(catalog.load("approvals")).serves == {}
    assert catalog.load("ingestion_store").kept(["a"]) == set()
    assert not world.root.exists()


def test_a_batch_that_was_cut_short_is_left_to_production(world: World) -> None:
    """Its account is completed by whoever may write there."""
    fill(world)
    batches = world.root / "batches"
    batches.rename(world.path / "elsewhere")
    before = state_of(world.root)
    assert world.catalog("test").load("ingestion_store").kept(["id-day"]) == {"id-day"}
    assert state_of(world.root) == before
    assert world.catalog("production").load("ingestion_store").kept(["id-day"]) == {"id-day"}
    assert batches.exists()


def test_notices_of_production_are_delivered_by_production(world: World) -> None:
    """A run of test tells nobody; who asks for it is refused."""
    fill(world)
    outbox = world.catalog("test").load("notices")
    told: list[str] = []
    courier = dataclasses.replace(
        Courier(SimpleNamespace(), lambda _: ()),  # type: ignore[arg-type]
        send=lambda _notice, url: told.append(url),  # type: ignore[func-returns-value,return-value]
    )
    with pytest.raises(ProtectedError, match="belongs to the environment 'production'"):
        deliver(outbox, courier, everything=True)
    assert told == []
