"""What every sensor will read next."""

from kedro.pipeline import Node, Pipeline

from modelfleet.pipelines.inference import nodes

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """From the live releases and the latest readings to predictions, and an account of them."""
    return Pipeline(
        [
            Node(
                nodes.plan,
                [
                    "channel",
                    "live_releases",
                    "kept_predictions",
                    "readings",
                    "sensors",
                    "fleet_window",
                    "params:inference",
                ],
                "inference_plan",
                name="plan",
            ),
            Node(
                nodes.read_history,
                ["inference_plan", "readings", "params:baseline"],
                "recent_readings",
                name="read_history",
            ),
            Node(
                nodes.forecast,
                [
                    "inference_plan",
                    "recent_readings",
                    "sensors",
                    "events",
                    "covariates",
                    "fleet_window",
                    "params:fleet",
                    "params:backtest",
                    "params:baseline",
                    "params:training",
                    "params:ingestion",
                ],
                "predictions",
                name="forecast",
            ),
            Node(
                nodes.count_predictions,
                [
                    "predictions",
                    "inference_plan",
                    "recent_readings",
                    "run_info",
                    "params:fleet",
                    "params:inference",
                ],
                ["inference_summary", "inference_metrics"],
                name="count_predictions",
            ),
            Node(
                nodes.check_backups,
                ["inference_summary", "params:inference"],
                None,
                name="check_backups",
            ),
        ],
        namespace="inference",
        prefix_datasets_with_namespace=False,
    )
