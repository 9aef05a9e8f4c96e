"""Which sensors can be trusted."""

from kedro.pipeline import Node, Pipeline

from modelfleet.pipelines.validation import nodes

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """Profiles, expectations and admissions."""
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
                ["profiles", "expectation_results", "ingestion_stamp", "params:validation"],
                ["admissions", "validation_stamp"],
                name="admit_sensors",
            ),
        ],
        namespace="validation",
        prefix_datasets_with_namespace=False,
    )
