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
                ],
                ["verdicts", "scorecard", "evaluation_stamp"],
                name="judge_fleet",
            ),
            Node(
                nodes.compare_exclusions,
                [
                    "sensors",
                    "events",
                    "baselines",
                    "candidates",
                    "unexcluded_candidates",
                    "verdicts",
                    "fleet_window",
                    "params:backtest",
                    "params:ingestion",
                    "params:evaluation",
                ],
                "exclusion_effects",
                name="compare_exclusions",
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
                ],
                "report",
                name="write_report",
            ),
        ],
        namespace="evaluation",
        prefix_datasets_with_namespace=False,
    )
