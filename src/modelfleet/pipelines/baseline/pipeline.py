"""The backup of every sensor."""

from kedro.pipeline import Node, Pipeline

from modelfleet.pipelines.baseline import nodes

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """Forecasters without machine learning, fitted and backtested like any model."""
    return Pipeline(
        [
            Node(
                nodes.fit_baselines,
                [
                    "readings",
                    "workspace",
                    "sensors",
                    "admissions",
                    "events",
                    "fleet_window",
                    "validation_stamp",
                    "params:fleet",
                    "params:backtest",
                    "params:baseline",
                    "params:intervals",
                    "params:ingestion",
                    "params:engine",
                ],
                ["baselines", "baseline_sources", "baseline_stamp"],
                name="fit_baselines",
            )
        ],
        namespace="baseline",
        prefix_datasets_with_namespace=False,
    )
