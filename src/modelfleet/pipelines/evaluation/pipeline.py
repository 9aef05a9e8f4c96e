"""Verdicts, and the pages that explain them."""

from kedro.pipeline import Node, Pipeline

from modelfleet.pipelines.evaluation import nodes

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """The gate over all candidates, figures and the report.

    Pictures take longer than the page, so that they are begun first and kept last.
    """
    return Pipeline(
        [
            Node(
                nodes.judge_candidates,
                [
                    "sensors",
                    "admissions",
                    "baselines",
                    "candidates",
                    "comparisons",
                    "champions",
                    "training_stamp",
                    "fleet_window",
                    "run_info",
                    "params:backtest",
                    "params:evaluation",
                    "params:overrides",
                    "params:intervals",
                    "params:costs",
                ],
                ["verdicts", "scorecard", "hold_reasons", "evaluation_stamp"],
                name="judge_candidates",
            ),
            Node(
                nodes.begin_pictures,
                [
                    "measurements",
                    "admissions",
                    "candidates",
                    "verdicts",
                    "scorecard",
                    "fleet_window",
                    "params:evaluation",
                ],
                "pictures",
                name="begin_pictures",
            ),
            Node(
                nodes.judge_rules,
                ["sensors", "admissions", "baselines", "candidates", "verdicts", "params:rules"],
                "rule_breaks",
                name="judge_rules",
            ),
            Node(
                nodes.compare_exclusions,
                [
                    "sensors",
                    "events",
                    "baselines",
                    "candidates",
                    "unexcluded_candidates",
                    "comparisons",
                    "champions",
                    "verdicts",
                    "fleet_window",
                    "params:backtest",
                    "params:ingestion",
                    "params:evaluation",
                    "params:overrides",
                ],
                "exclusion_effects",
                name="compare_exclusions",
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
                    "hold_reasons",
                    "champions",
                    "exclusion_effects",
                    "events",
                    "ingestion_account",
                    "expectation_results",
                    "fleet_window",
                    "run_info",
                    "params:fleet",
                    "params:backtest",
                    "params:evaluation",
                    "params:overrides",
                ],
                "report",
                name="write_report",
            ),
            Node(
                nodes.keep_pictures,
                ["pictures", "report"],
                ["skill_figure", "funnel_figure", "examples_figure", "quality_figure"],
                name="keep_pictures",
            ),
        ],
        namespace="evaluation",
        prefix_datasets_with_namespace=False,
    )
