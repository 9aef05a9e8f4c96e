"""Ways to write into a place of production, each taken from the catalog of an environment."""

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from kedro.runner import AbstractRunner, SequentialRunner, ThreadRunner

from modelfleet.domain.approvals import Owners
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.stores.governance import append_automatic
from tests.fleet.ingest.batches import ingest, raw
from tests.governed import Governed, decision
from tests.releases import draft, sensor
from tests.reporting.quality.contents import make_state
from tests.stores.guard.nodes import made
from tests.stores.guard.tasks import put_there
from tests.stores.guard.world import ROOT, World
from tests.stores.test_outbox import note

__all__ = ["ROUTES", "Route"]

FRAME = made()
ROWS = pl.from_pandas(FRAME)
DAY = raw(*((hour, "a", hour) for hour in range(24)))
LATER = "file-{}.parquet"

Entries = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Route:
    """One way to write.

    Attributes:
        what: kind of dataset or store, as docs/environments.md has it.
        how: what is called.
        where: how its place is spelled, or what holds it.
        entries: of the catalog; the asset that is written is ``it``.
        write: takes the way.
        credentials: that entries name.
        needs: fixture of a server.
        prepare: what has to be there before the catalog is built.
    """

    what: str
    how: str
    where: str
    entries: Callable[[World], Entries]
    write: Callable[[World, DataCatalog], object]
    credentials: Callable[[World], dict[str, Any]] = lambda _: {}
    needs: str | None = None
    prepare: Callable[[World], object] = lambda _: None

    def __str__(self) -> str:
        return f"{self.what}, {self.how}, {self.where}"


def here(place: str, world: World) -> str:
    """A place in the project."""
    return place.replace("{project}", str(world.path))


def entry(kind: str, place: str = f"{ROOT}/it", **more: Any) -> Callable[[World], Entries]:
    """An asset of a kind at a place."""
    return lambda world: {"it": {"type": kind, "filepath": here(place, world), **more}}


def csv(place: str, **more: Any) -> Callable[[World], Entries]:
    """A table of pandas."""
    return entry("pandas.CSVDataset", place, save_args={"index": False}, **more)


def ours(module: str, **more: Any) -> Callable[[World], Entries]:
    """A dataset of this project."""
    return entry(f"modelfleet.stores.{module}", **more)


def governed(kind: str, **more: Any) -> Callable[[World], Entries]:
    """An asset through which releases go live."""
    owners = Governed().owners.model_dump(mode="json")
    places = {
        name: f"{{project}}/{ROOT}/{name}" for name in ("channel", "approvals", "releases", "witness")
    }

    def entries(world: World) -> Entries:
        governance = {name: here(place, world) for name, place in places.items()}
        governance |= {"environment": "local", "owners": owners}
        config = {"type": f"modelfleet.stores.{kind}", "governance": governance, **more}
        return {"it": config}

    return entries


def save(data: Any) -> Callable[[World, DataCatalog], object]:
    """What a node and a notebook do."""
    return lambda _, catalog: catalog.save("it", data)


def run(runner: type[AbstractRunner]) -> Callable[[World, DataCatalog], object]:
    """A pipeline of one node, with no hook of ours."""
    return lambda _, catalog: runner().run(Pipeline([Node(made, None, "it")]), catalog)


def run_apart(start: str) -> Callable[[World, DataCatalog], object]:
    """The same in other processes, which build the catalog from conf/ themselves."""

    def write(world: World, catalog: DataCatalog) -> None:
        world.options["apart"].run(world.path, world.options["env"], start)

    return write


def linked(world: World) -> None:
    """A folder of test's that leads into production."""
    (world.path / "data/test").mkdir(exist_ok=True)
    world.root.mkdir(exist_ok=True)
    link = world.path / "data/test/link"
    if not link.exists():
        link.symlink_to(world.root)


def hard_linked(world: World) -> None:
    """A file of production's with a second name in test, as a quick copy leaves it."""
    for folder in (world.root, world.path / "data/test"):
        folder.mkdir(exist_ok=True)
    file = world.root / "table.csv"
    if not file.exists():
        file.write_text("sensor_id\n")
        os.link(file, world.path / "data/test/table.csv")


def escaping(_: World, catalog: DataCatalog) -> None:
    catalog.save("../production/it_table", FRAME)


def kept_result(world: World) -> None:
    """A result that lies in production's workspace, beside the one that is to go."""
    for name in ("kind/0001-ff.parquet", "kind/0002-ff.parquet"):
        file = world.root / "it" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"PAR1")


def confirm(_: World, catalog: DataCatalog) -> None:
    catalog.confirm("it")


def partitions(world: World) -> None:
    (world.root / "it").mkdir(parents=True, exist_ok=True)
    FRAME.to_csv(world.root / "it/a.csv", index=False)


def mlflow_artifact(_: World, catalog: DataCatalog) -> None:
    from kedro_mlflow.io.catalog.switch_catalog_logging import switch_catalog_logging

    switch_catalog_logging(catalog, False)  # the bytes are the point here, not the artifact
    catalog.save("it", FRAME)


def put(_: World, catalog: DataCatalog) -> None:
    catalog.load("it").put("kind/0001-ff.parquet", ROWS)


def put_on_dask(world: World, catalog: DataCatalog) -> None:
    from distributed import Client

    with Client(world.options["dask"].address, set_as_default=False) as client:
        client.submit(put_there, catalog.load("it"), pure=False).result(timeout=60)


def put_on_loky(_: World, catalog: DataCatalog) -> None:
    from joblib import Parallel, delayed

    Parallel(n_jobs=2, backend="loky")(delayed(put_there)(catalog.load("it")) for _ in range(2))


def remove(_: World, catalog: DataCatalog) -> None:
    catalog.load("it").remove(["kind/0002-ff.parquet"])


def ingest_more(_: World, catalog: DataCatalog) -> None:
    ingest(catalog.load("it"), (datetime.now(UTC).isoformat(), DAY))


def ingested(world: World) -> None:
    """Readings of production that know more than what is kept of them."""
    from modelfleet.stores.ingestion_store import DeltaIngestionStore

    places = (world.root / name for name in ("readings", "rejected", "batches"))
    ingest(DeltaIngestionStore(*map(str, places)), (datetime.now(UTC).isoformat(), DAY))


def settle(_: World, catalog: DataCatalog) -> None:
    catalog.save("it", catalog.load("it"))


def settle_the_handle(_: World, catalog: DataCatalog) -> None:
    catalog.load("it").settle()


def append(_: World, catalog: DataCatalog) -> None:
    """Another entry each time."""
    count = len(catalog.load("it").read().entries)
    catalog.save("it", decision(f"{count:064x}"))


def append_as_commands_do(_: World, catalog: DataCatalog) -> None:
    governance = catalog.load("it")
    append_automatic(governance, decision(f"{len(governance.channel.read().entries):064x}"))


def witness(_: World, catalog: DataCatalog) -> None:
    """Write down that more was seen."""
    governance = catalog.load("it")
    seen = governance.witness.objects.names()
    governance.witness.objects.put("local.json", f'{{"position": {len(seen)}}}'.encode())


def publish(_: World, catalog: DataCatalog) -> None:
    catalog.load("it").publish(draft([sensor("n1")]))


def post(_: World, catalog: DataCatalog) -> None:
    catalog.load("it").post(note(by=datetime.now(UTC).isoformat()))


def list_files(world: World, catalog: DataCatalog) -> None:
    catalog.save("it", ShardedFrame(str(world.root / "workspace"), "d", (), 0))


def picture(_: World, catalog: DataCatalog) -> None:
    catalog.save("it", b"png")


def s3_options(world: World) -> dict[str, Any]:
    return {"bucket": world.options["s3"].options}


def sql(world: World) -> dict[str, Any]:
    """SQLAlchemy's spelling of the database, with another name of the host and a driver."""
    con = world.options["postgres"].con("owner").replace("postgresql://", "postgresql+psycopg://")
    return {"db": {"con": con.replace("127.0.0.1", "LOCALHOST")}}


TABLE = {"table_name": "kept", "save_args": {"if_exists": "replace", "index": False}}


def table(con: str | None = None) -> Callable[[World], Entries]:
    """A table of a database, by its address or by the name of credentials."""

    def entries(world: World) -> Entries:
        known = {"con": here(con, world)} if con else "db"
        return {"it": {"type": "pandas.SQLTableDataset", **TABLE, "credentials": known}}

    return entries


WORKSPACE = ours("workspace.WorkspaceDataset")
BUCKET = "s3a://plant/production/it"

DATASETS = [
    Route("`pandas.CSVDataset`", "`catalog.save`", "relative path", csv(f"{ROOT}/it.csv"), save(FRAME)),
    Route("`pandas.CSVDataset`", "`catalog.save`", "absolute path with `..` and `//`",
          csv(f"{{project}}/data/test/..//production/it.csv"), save(FRAME)),
    Route("`pandas.CSVDataset`", "`catalog.save`", "`file://` URL",
          csv(f"file://{{project}}/{ROOT}/it.csv"), save(FRAME)),
    Route("`pandas.CSVDataset`", "`catalog.save`", "link to a folder",
          csv("data/test/link/new/it.csv"), save(FRAME), prepare=linked),
    Route("`pandas.CSVDataset`", "`catalog.save`", "second name of a file (hard link)",
          csv("data/test/table.csv"), save(FRAME), prepare=hard_linked),
    Route("`pandas.ParquetDataset`, versioned", "`catalog.save`", "path",
          entry("pandas.ParquetDataset", versioned=True), save(FRAME)),
    Route("`polars.EagerPolarsDataset`", "`catalog.save`", "path",
          entry("polars.EagerPolarsDataset", file_format="parquet"), save(ROWS)),
    Route("`CachedDataset` around CSV", "`catalog.save`", "path in the inner entry",
          lambda world: {"it": {"type": "CachedDataset", "dataset": csv(f"{ROOT}/it.csv")(world)["it"]}},
          save(FRAME)),
    Route("`MlflowArtifactDataset` around CSV", "`catalog.save`", "path in the inner entry",
          lambda world: {"it": {"type": "kedro_mlflow.io.artifacts.MlflowArtifactDataset",
                                "dataset": csv(f"{ROOT}/it.csv")(world)["it"]}},
          mlflow_artifact),
    Route("`PartitionedDataset`, overwriting", "`catalog.save`", "folder around production's",
          lambda world: {"it": {"type": "partitions.PartitionedDataset", "path": "data/production/../production",
                                "dataset": "pandas.CSVDataset", "filename_suffix": ".csv", "overwrite": True}},
          save({"a": FRAME})),
    Route("`IncrementalDataset`", "`catalog.confirm`", "folder",
          lambda world: {"it": {"type": "partitions.IncrementalDataset", "path": f"{ROOT}/it",
                                "dataset": "pandas.CSVDataset", "filename_suffix": ".csv"}},
          confirm, prepare=partitions),
    Route("factory `{name}_kept`", "`catalog.save`", "path in the pattern",
          lambda world: {"{name}_kept": csv(f"{ROOT}/{{name}}.csv")(world)["it"]},
          lambda _, catalog: catalog.save("some_kept", FRAME)),
    Route("factory `{name}_table`", "`catalog.save`", "name with `..`",
          lambda world: {"{name}_table": {"type": "pandas.CSVDataset", "filepath": "data/test/{name}.csv"}},
          escaping),
    Route("`pandas.DeltaTableDataset`", "`catalog.save`", "folder",
          entry("pandas.DeltaTableDataset", save_args={"mode": "append"}), save(FRAME)),
    Route("`pandas.DeltaTableDataset`", "`catalog.save`", "S3, `s3a://`",
          entry("pandas.DeltaTableDataset", BUCKET, save_args={"mode": "append"}, credentials="bucket"),
          save(FRAME), s3_options, needs="s3"),
    Route("`pandas.SQLTableDataset`", "`catalog.save`", "SQLite file",
          table(f"sqlite:///{{project}}/{ROOT}/it.db"), save(FRAME), prepare=lambda world: world.root.mkdir(exist_ok=True)),
    Route("`pandas.SQLTableDataset`", "`catalog.save`", "PostgreSQL, driver and host spelled otherwise",
          table(), save(FRAME), sql, needs="postgres"),
]  # fmt: skip

STORES = [
    Route("tables (`ParquetTableDataset`)", "`catalog.save`", "path",
          ours("tables.ParquetTableDataset"), save(FRAME)),
    Route("documents (`JsonDocumentDataset`)", "`catalog.save`", "path",
          ours("documents.JsonDocumentDataset"), save({"a": 1})),
    Route("pictures (`FigureDataset`)", "`catalog.save`", "path", ours("figures.FigureDataset"), picture),
    Route("quality history", "`catalog.save`", "path",
          ours("quality_history.QualityHistoryDataset"), save(make_state({"a": ("admitted", [], None, 1)}))),
    Route("lists of results (`ShardedFrameDataset`)", "`catalog.save`", "path",
          ours("sharded_frame.ShardedFrameDataset", path=f"{ROOT}/workspace"), list_files),
    Route("workspace", "`put` in this process", "folder", WORKSPACE, put),
    Route("workspace", "`remove` in this process", "folder", WORKSPACE, remove, prepare=kept_result),
    Route("workspace", "`put` in a process of joblib", "folder", WORKSPACE, put_on_loky),
    Route("workspace", "`put` on a Dask worker", "folder", WORKSPACE, put_on_dask, needs="dask"),
    Route("workspace", "`put` in this process", "S3",
          ours("workspace.WorkspaceDataset", place="s3://plant/production/x/../it"), put, needs="s3"),
    Route("ingestion store", "a batch", "folders",
          ours("ingestion_store.IngestionStoreDataset", rejected={"filepath": f"{ROOT}/rejected"},
               batches={"filepath": f"{ROOT}/batches"}), ingest_more),
    Route("ingestion store", "a batch", "rejected rows alone in production",
          ours("ingestion_store.IngestionStoreDataset", place="data/test/it",
               rejected={"filepath": f"{ROOT}/rejected"}, batches={"filepath": "data/test/batches"}), ingest_more),
    Route("readings", "`catalog.save` of what was loaded", "folder",
          ours("readings.ReadingsDataset", place=f"{ROOT}/readings"), settle, prepare=ingested),
    Route("readings", "`settle` of the handle", "folder",
          ours("readings.ReadingsDataset", place=f"{ROOT}/readings"), settle_the_handle, prepare=ingested),
    Route("releases", "`catalog.save`", "folder", ours("release_store.ReleaseDataset"), save(draft([sensor("n1")]))),
    Route("releases", "`publish` of the store", "S3",
          ours("release_store.ReleaseDataset", place="s3://plant/production/releases"), publish, needs="s3"),
    Route("channel", "`catalog.save`", "folder",
          governed("governance.ChannelDataset", filepath=f"{ROOT}/channel"), append),
    Route("approvals", "what a command appends", "folder",
          governed("governance.ApprovalsDataset", filepath=f"{ROOT}/approvals"), append_as_commands_do),
    Route("witness", "`put` of its objects", "folder",
          governed("governance.ApprovalsDataset", filepath=f"{ROOT}/approvals"), witness),
    Route("MLflow mirror", "`catalog.save`", "releases of production",
          governed("mirror.RegisteredReleaseDataset", name="fleet"), save({"rid": "a" * 64, "state": "live"})),
    Route("notices", "`post` of the outbox", "folder", ours("outbox.OutboxDataset"), post),
    Route("notices", "`catalog.save`", "folder", ours("outbox.OutboxDataset"), save([note()])),
]  # fmt: skip

RUNNERS = [
    Route("`SequentialRunner`", "a node's output", "path", csv(f"{ROOT}/it.csv"), run(SequentialRunner)),
    Route("`ThreadRunner`", "a node's output", "path", csv(f"{ROOT}/it.csv"), run(ThreadRunner)),
    *(
        Route(f"`ParallelRunner`, {start}", "a node's output", "path", csv(f"{ROOT}/it.csv"), run_apart(start), needs="apart")
        for start in ("fork", "forkserver", "spawn")
    ),
]  # fmt: skip

ROUTES = [*DATASETS, *STORES, *RUNNERS]
