"""Verdicts, and the pages that explain them."""

from kedro.pipeline import Node, Pipeline

from modelfleet.pipelines.evaluation import nodes

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """The gate over all candidates, figures and the report."""
    return Pipeline(
        [
            Node(
                nodes.judge_fleet,
                [
                    "sensors",
                    "baselines",
                    "candidates",
                    "training_stamp",
                    "params:backtest",
                    "params:evaluation",
                    "params:costs",
                ],
                ["verdicts", "scorecard", "evaluation_stamp"],
                name="judge_fleet",
            ),
            Node(
                nodes.draw_figures,
                [
                    "measurements",
                    "admissions",
                    "candidates",
                    "verdicts",
                    "scorecard",
                    "fleet_window",
                    "params:evaluation",
                ],
                ["skill_figure", "funnel_figure", "examples_figure", "quality_figure"],
                name="draw_figures",
            ),
            Node(
                nodes.write_report,
                [
                    "sensors",
                    "measurements",
                    "admissions",
                    "baselines",
                    "candidates",
                    "verdicts",
                    "scorecard",
                    "events",
                    "ingestion_account",
                    "expectation_results",
                    "fleet_window",
                    "run_info",
                    "params:fleet",
                    "params:evaluation",
                    "params:overrides",
                ],
                "report",
                name="write_report",
            ),
        ],
        namespace="evaluation",
        prefix_datasets_with_namespace=False,
    )
