"""What serves every sensor from now on."""

from kedro.pipeline import Node, Pipeline

from modelfleet.pipelines.promotion import nodes

__all__ = ["create_pipeline"]


def create_pipeline() -> Pipeline:
    """The ledger, the release and whether it goes live."""
    return Pipeline(
        [
            Node(
                nodes.check_consistency,
                [
                    "ingestion_stamp",
                    "evaluation_stamp",
                    "params:fleet",
                    "params:backtest",
                    "params:validation",
                    "params:baseline",
                    "params:training",
                    "params:evaluation",
                    "params:overrides",
                    "params:intervals",
                    "params:rules",
                    "params:costs",
                ],
                "consistency",
                name="check_consistency",
            ),
            Node(
                nodes.write_ledger,
                [
                    "consistency",
                    "sensors",
                    "admissions",
                    "baselines",
                    "candidates",
                    "verdicts",
                    "champions",
                    "params:overrides",
                ],
                "ledger",
                name="write_ledger",
            ),
            Node(
                nodes.assemble_release,
                [
                    "sensors",
                    "ledger",
                    "candidates",
                    "baselines",
                    "scorecard",
                    "verdicts",
                    "champions",
                    "evaluation_stamp",
                    "readings",
                    "report",
                    "quality_report",
                    "run_info",
                    "hold_reasons",
                    "params:fleet",
                    "params:backtest",
                    "params:validation",
                    "params:baseline",
                    "params:training",
                    "params:evaluation",
                    "params:overrides",
                    "params:intervals",
                    "params:rules",
                    "params:costs",
                ],
                ["release_draft", "release_card"],
                name="assemble_release",
            ),
            Node(
                nodes.trace_release,
                [
                    "release_draft",
                    "sensors",
                    "events",
                    "covariates",
                    "baseline_sources",
                    "training_sources",
                    "champions",
                    "run_info",
                    "params:backtest",
                    "params:ingestion",
                ],
                ["release", "run_lineage"],
                name="trace_release",
            ),
            Node(
                nodes.decide_release,
                [
                    "release",
                    "release_card",
                    "sensors",
                    "hold_reasons",
                    "approvals",
                    "params:promotion",
                ],
                ["channel", "promotion_decision"],
                name="decide_release",
            ),
            Node(
                nodes.announce,
                ["channel", "promotion_decision", "release_card", "hold_reasons", "run_info"],
                "notices",
                name="announce",
            ),
            Node(
                nodes.register_release,
                ["release_card", "promotion_decision"],
                "registered_release",
                name="register_release",
            ),
            Node(
                nodes.summarise,
                [
                    "ledger",
                    "scorecard",
                    "release_card",
                    "promotion_decision",
                    "run_info",
                    "run_lineage",
                    "params:fleet",
                ],
                ["run_summary", "fleet_metrics"],
                name="summarise",
            ),
        ],
        namespace="promotion",
        prefix_datasets_with_namespace=False,
    )
