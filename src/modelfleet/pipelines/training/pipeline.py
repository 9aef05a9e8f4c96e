"""A candidate for every admitted sensor."""

from kedro.pipeline import Node, Pipeline

from modelfleet.pipelines.training import nodes

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """Recipes from configuration, backtested and fitted sensor by sensor."""
    return Pipeline(
        [
            Node(
                nodes.train_candidates,
                [
                    "readings",
                    "workspace",
                    "sensors",
                    "admissions",
                    "events",
                    "covariates",
                    "baselines",
                    "fleet_window",
                    "baseline_stamp",
                    "params:fleet",
                    "params:backtest",
                    "params:baseline",
                    "params:training",
                    "params:ingestion",
                    "params:evaluation",
                    "params:engine",
                ],
                ["candidates", "unexcluded_candidates", "spot_checks", "training_stamp"],
                name="train_candidates",
            )
        ],
        namespace="training",
        prefix_datasets_with_namespace=False,
    )
