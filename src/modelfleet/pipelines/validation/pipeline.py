"""Which sensors can be trusted."""

from kedro.pipeline import Node, Pipeline

from modelfleet.pipelines.validation import nodes

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """Profiles, expectations, admissions, and the page that shows them."""
    return Pipeline(
        [
            Node(
                nodes.measure_sensors,
                [
                    "readings",
                    "workspace",
                    "sensors",
                    "fleet_window",
                    "params:validation",
                    "params:engine",
                ],
                "measurements",
                name="measure_sensors",
            ),
            Node(
                nodes.complete_profiles,
                [
                    "measurements",
                    "sensors",
                    "rejected_readings",
                    "fleet_window",
                    "params:validation",
                ],
                "profiles",
                name="complete_profiles",
            ),
            Node(
                nodes.check_fleet,
                ["readings", "profiles", "ingestion_account", "params:validation"],
                "expectation_results",
                name="check_fleet",
            ),
            Node(
                nodes.admit_sensors,
                ["profiles", "expectation_results", "params:validation"],
                "admissions",
                name="admit_sensors",
            ),
            Node(
                nodes.remember_quality,
                [
                    "readings",
                    "profiles",
                    "admissions",
                    "ingestion_account",
                    "ingestion_batches",
                    "ingestion_stamp",
                    "fleet_window",
                    "run_info",
                    "params:validation",
                ],
                "quality_history",
                name="remember_quality",
            ),
            Node(
                nodes.write_quality_report,
                [
                    "quality_history",
                    "sensors",
                    "measurements",
                    "profiles",
                    "admissions",
                    "rejected_readings",
                    "ingestion_batches",
                    "sensor_notes",
                    "ingestion_account",
                    "expectation_results",
                    "fleet_window",
                    "run_info",
                    "params:fleet",
                    "params:validation",
                ],
                ["quality_report", "quality_changes"],
                name="write_quality_report",
            ),
            Node(
                nodes.stamp_validation,
                ["quality_changes", "expectation_results", "ingestion_stamp", "params:validation"],
                "validation_stamp",
                name="stamp_validation",
            ),
        ],
        namespace="validation",
        prefix_datasets_with_namespace=False,
    )
