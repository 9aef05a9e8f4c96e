"""Raw files to readings."""

from kedro.pipeline import Node, Pipeline

from modelfleet.pipelines.ingestion import nodes

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """Raw rows to one reading per sensor and time, in UTC, with nothing lost."""
    return Pipeline(
        [
            Node(
                nodes.read_metadata,
                [
                    "raw_sensors",
                    "raw_events",
                    "raw_covariates",
                    "params:ingestion",
                    "params:events",
                    "params:fleet",
                ],
                ["registered_sensors", "events", "covariates"],
                name="read_metadata",
            ),
            Node(
                nodes.ingest_rows,
                [
                    "raw_readings",
                    "registered_sensors",
                    "ingestion_store",
                    "params:ingestion",
                    "params:fleet",
                ],
                [
                    "readings",
                    "rejected_readings",
                    "ingestion_batches",
                    "sensors",
                    "ingestion_account",
                ],
                name="ingest_rows",
            ),
            Node(
                nodes.check_metadata,
                ["sensors", "params:ingestion"],
                "sensor_notes",
                name="check_metadata",
            ),
            Node(
                nodes.find_window, ["readings", "params:fleet"], "fleet_window", name="find_window"
            ),
            Node(
                nodes.stamp_ingestion,
                ["readings", "sensors", "events", "covariates"],
                "ingestion_stamp",
                name="stamp_ingestion",
            ),
            Node(
                nodes.track_rows,
                ["ingestion_account", "ingestion_batches"],
                ["ingestion_metrics", "batch_accounts"],
                name="track_rows",
            ),
        ],
        namespace="ingestion",
        prefix_datasets_with_namespace=False,
    )
