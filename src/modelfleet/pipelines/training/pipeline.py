"""A candidate for every admitted sensor, and how the champions did meanwhile."""

from kedro.pipeline import Node, Pipeline

from modelfleet.pipelines.training import nodes

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """Recipes from configuration, backtested and fitted sensor by sensor."""
    return Pipeline(
        [
            Node(
                nodes.plan_training,
                [
                    "sensors",
                    "admissions",
                    "events",
                    "covariates",
                    "baselines",
                    "fleet_window",
                    "params:fleet",
                    "params:backtest",
                    "params:baseline",
                    "params:training",
                    "params:intervals",
                    "params:rules",
                    "params:ingestion",
                ],
                "training_task",
                name="plan_training",
            ),
            Node(
                nodes.train_candidates,
                [
                    "training_task",
                    "readings",
                    "workspace",
                    "baseline_stamp",
                    "params:training",
                    "params:rules",
                    "params:engine",
                ],
                ["candidates", "spot_checks", "training_sources", "training_stamp"],
                name="train_candidates",
            ),
            Node(
                nodes.train_unexcluded,
                [
                    "training_task",
                    "readings",
                    "workspace",
                    "sensors",
                    "baselines",
                    "params:baseline",
                    "params:evaluation",
                    "params:engine",
                ],
                "unexcluded_candidates",
                name="train_unexcluded",
            ),
            Node(
                nodes.compare_champions,
                [
                    "training_task",
                    "readings",
                    "workspace",
                    "candidates",
                    "champions",
                    "params:engine",
                ],
                "comparisons",
                name="compare_champions",
            ),
        ],
        namespace="training",
        prefix_datasets_with_namespace=False,
    )
