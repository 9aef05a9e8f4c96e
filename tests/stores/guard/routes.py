"""Ways to write into a place of production, each taken from the catalog of an environment."""

from kedro.runner import SequentialRunner, ThreadRunner

from tests.releases import draft, sensor
from tests.reporting.quality.contents import make_state
from tests.stores.guard.ways import (
    FRAME,
    ROWS,
    Route,
    append,
    append_as_commands_do,
    confirm,
    csv,
    entry,
    escaping,
    governed,
    hard_linked,
    ingest_more,
    ingested,
    kept_result,
    linked,
    list_files,
    mlflow_artifact,
    ours,
    partitions,
    picture,
    post,
    publish,
    put,
    put_on_dask,
    put_on_loky,
    remove,
    run,
    run_apart,
    s3_options,
    save,
    settle,
    settle_the_handle,
    sql,
    table,
    witness,
)
from tests.stores.guard.world import ROOT
from tests.stores.test_outbox import note

__all__ = ["ROUTES"]

WORKSPACE = ours("workspace.WorkspaceDataset")
BUCKET = "s3a://plant/production/it"

DATASETS = [
    Route(
        "`pandas.CSVDataset`", "`catalog.save`", "relative path", csv(f"{ROOT}/it.csv"), save(FRAME)
    ),
    Route(
        "`pandas.CSVDataset`",
        "`catalog.save`",
        "absolute path with `..` and `//`",
        csv("{project}/data/test/..//production/it.csv"),
        save(FRAME),
    ),
    Route(
        "`pandas.CSVDataset`",
        "`catalog.save`",
        "`file://` URL",
        csv(f"file://{{project}}/{ROOT}/it.csv"),
        save(FRAME),
    ),
    Route(
        "`pandas.CSVDataset`",
        "`catalog.save`",
        "link to a folder",
        csv("data/test/link/new/it.csv"),
        save(FRAME),
        prepare=linked,
    ),
    Route(
        "`pandas.CSVDataset`",
        "`catalog.save`",
        "second name of a file (hard link)",
        csv("data/test/table.csv"),
        save(FRAME),
        prepare=hard_linked,
    ),
    Route(
        "`pandas.ParquetDataset`, versioned",
        "`catalog.save`",
        "path",
        entry("pandas.ParquetDataset", versioned=True),
        save(FRAME),
    ),
    Route(
        "`polars.EagerPolarsDataset`",
        "`catalog.save`",
        "path",
        entry("polars.EagerPolarsDataset", file_format="parquet"),
        save(ROWS),
    ),
    Route(
        "`CachedDataset` around CSV",
        "`catalog.save`",
        "path in the inner entry",
        lambda world: {
            "it": {"type": "CachedDataset", "dataset": csv(f"{ROOT}/it.csv")(world)["it"]}
        },
        save(FRAME),
    ),
    Route(
        "`MlflowArtifactDataset` around CSV",
        "`catalog.save`",
        "path in the inner entry",
        lambda world: {
            "it": {
                "type": "kedro_mlflow.io.artifacts.MlflowArtifactDataset",
                "dataset": csv(f"{ROOT}/it.csv")(world)["it"],
            }
        },
        mlflow_artifact,
    ),
    Route(
        "`PartitionedDataset`, overwriting",
        "`catalog.save`",
        "folder around production's",
        lambda world: {
            "it": {
                "type": "partitions.PartitionedDataset",
                "path": "data/production/../production",
                "dataset": "pandas.CSVDataset",
                "filename_suffix": ".csv",
                "overwrite": True,
            }
        },
        save({"a": FRAME}),
    ),
    Route(
        "`IncrementalDataset`",
        "`catalog.confirm`",
        "folder",
        lambda world: {
            "it": {
                "type": "partitions.IncrementalDataset",
                "path": f"{ROOT}/it",
                "dataset": "pandas.CSVDataset",
                "filename_suffix": ".csv",
            }
        },
        confirm,
        prepare=partitions,
    ),
    Route(
        "factory `{name}_kept`",
        "`catalog.save`",
        "path in the pattern",
        lambda world: {"{name}_kept": csv(f"{ROOT}/{{name}}.csv")(world)["it"]},
        lambda _, catalog: catalog.save("some_kept", FRAME),
    ),
    Route(
        "factory `{name}_table`",
        "`catalog.save`",
        "name with `..`",
        lambda world: {
            "{name}_table": {"type": "pandas.CSVDataset", "filepath": "data/test/{name}.csv"}
        },
        escaping,
    ),
    Route(
        "`pandas.DeltaTableDataset`",
        "`catalog.save`",
        "folder",
        entry("pandas.DeltaTableDataset", save_args={"mode": "append"}),
        save(FRAME),
    ),
    Route(
        "`pandas.DeltaTableDataset`",
        "`catalog.save`",
        "S3, `s3a://`",
        entry(
            "pandas.DeltaTableDataset", BUCKET, save_args={"mode": "append"}, credentials="bucket"
        ),
        save(FRAME),
        s3_options,
        needs="s3",
    ),
    Route(
        "`pandas.SQLTableDataset`",
        "`catalog.save`",
        "SQLite file",
        table(f"sqlite:///{{project}}/{ROOT}/it.db"),
        save(FRAME),
        prepare=lambda world: world.root.mkdir(exist_ok=True),
    ),
    Route(
        "`pandas.SQLTableDataset`",
        "`catalog.save`",
        "PostgreSQL, driver and host spelled otherwise",
        table(),
        save(FRAME),
        sql,
        needs="postgres",
    ),
]

STORES = [
    Route(
        "tables (`ParquetTableDataset`)",
        "`catalog.save`",
        "path",
        ours("tables.ParquetTableDataset"),
        save(FRAME),
    ),
    Route(
        "documents (`JsonDocumentDataset`)",
        "`catalog.save`",
        "path",
        ours("documents.JsonDocumentDataset"),
        save({"a": 1}),
    ),
    Route(
        "pictures (`FigureDataset`)",
        "`catalog.save`",
        "path",
        ours("figures.FigureDataset"),
        picture,
    ),
    Route(
        "quality history",
        "`catalog.save`",
        "path",
        ours("quality_history.QualityHistoryDataset"),
        save(make_state({"a": ("admitted", [], None, 1)})),
    ),
    Route(
        "lists of results (`ShardedFrameDataset`)",
        "`catalog.save`",
        "path",
        ours("sharded_frame.ShardedFrameDataset", path=f"{ROOT}/workspace"),
        list_files,
    ),
    Route("workspace", "`put` in this process", "folder", WORKSPACE, put),
    Route(
        "workspace", "`remove` in this process", "folder", WORKSPACE, remove, prepare=kept_result
    ),
    Route("workspace", "`put` in a process of joblib", "folder", WORKSPACE, put_on_loky),
    Route("workspace", "`put` on a Dask worker", "folder", WORKSPACE, put_on_dask, needs="dask"),
    Route(
        "workspace",
        "`put` in this process",
        "S3",
        ours("workspace.WorkspaceDataset", place="s3://plant/production/x/../it"),
        put,
        needs="s3",
    ),
    Route(
        "ingestion store",
        "a batch",
        "folders",
        ours(
            "ingestion_store.IngestionStoreDataset",
            rejected={"filepath": f"{ROOT}/rejected"},
            batches={"filepath": f"{ROOT}/batches"},
        ),
        ingest_more,
    ),
    Route(
        "ingestion store",
        "a batch",
        "rejected rows alone in production",
        ours(
            "ingestion_store.IngestionStoreDataset",
            place="data/test/it",
            rejected={"filepath": f"{ROOT}/rejected"},
            batches={"filepath": "data/test/batches"},
        ),
        ingest_more,
    ),
    Route(
        "readings",
        "`catalog.save` of what was loaded",
        "folder",
        ours("readings.ReadingsDataset", place=f"{ROOT}/readings"),
        settle,
        prepare=ingested,
    ),
    Route(
        "readings",
        "`settle` of the handle",
        "folder",
        ours("readings.ReadingsDataset", place=f"{ROOT}/readings"),
        settle_the_handle,
        prepare=ingested,
    ),
    Route(
        "releases",
        "`catalog.save`",
        "folder",
        ours("release_store.ReleaseDataset"),
        save(draft([sensor("n1")])),
    ),
    Route(
        "releases",
        "`publish` of the store",
        "S3",
        ours("release_store.ReleaseDataset", place="s3://plant/production/releases"),
        publish,
        needs="s3",
    ),
    Route(
        "channel",
        "`catalog.save`",
        "folder",
        governed("governance.ChannelDataset", filepath=f"{ROOT}/channel"),
        append,
    ),
    Route(
        "approvals",
        "what a command appends",
        "folder",
        governed("governance.ApprovalsDataset", filepath=f"{ROOT}/approvals"),
        append_as_commands_do,
    ),
    Route(
        "witness",
        "`put` of its objects",
        "folder",
        governed("governance.ApprovalsDataset", filepath=f"{ROOT}/approvals"),
        witness,
    ),
    Route(
        "MLflow mirror",
        "`catalog.save`",
        "releases of production",
        governed("mirror.RegisteredReleaseDataset", name="fleet"),
        save({"rid": "a" * 64, "state": "live"}),
    ),
    Route("notices", "`post` of the outbox", "folder", ours("outbox.OutboxDataset"), post),
    Route("notices", "`catalog.save`", "folder", ours("outbox.OutboxDataset"), save([note()])),
]

RUNNERS = [
    Route(
        "`SequentialRunner`",
        "a node's output",
        "path",
        csv(f"{ROOT}/it.csv"),
        run(SequentialRunner),
    ),
    Route("`ThreadRunner`", "a node's output", "path", csv(f"{ROOT}/it.csv"), run(ThreadRunner)),
    *(
        Route(
            f"`ParallelRunner`, {start}",
            "a node's output",
            "path",
            csv(f"{ROOT}/it.csv"),
            run_apart(start),
            needs="apart",
        )
        for start in ("fork", "forkserver", "spawn")
    ),
]

ROUTES = [*DATASETS, *STORES, *RUNNERS]
