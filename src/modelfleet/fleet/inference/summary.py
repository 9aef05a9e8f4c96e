"""A run of inference in a few figures, for programs and for MLflow."""

from collections.abc import Mapping, Sequence
from typing import Any

from modelfleet.domain.parameters.inference import InferenceParameters
from modelfleet.fleet.inference.plan import InferencePlan
from modelfleet.fleet.inference.reading import RecentReadings

__all__ = ["inference_metrics", "inference_summary"]

Metrics = dict[str, list[dict[str, float]]]


def inference_summary(
    accounts: Sequence[Mapping[str, Any]],
    plan: InferencePlan,
    recent: RecentReadings,
    *,
    fleet: str,
    parameters: InferenceParameters,
    run: Mapping[str, str],
) -> dict[str, Any]:
    """What stands at the end of a run of inference.

    Returns:
        ``schema``, ``run_id``, ``started_at``, ``environment``, ``fleet``, ``sensors`` (known now),
        ``readings`` (version, rows, files and bytes that were read), ``problems`` (what is not
        proved), ``limits`` and ``origins``, the accounts of
        :func:`~modelfleet.fleet.inference.account.account_for`.
    """
    return {
        "schema": 1,
        "run_id": run["run_id"],
        "started_at": run["started_at"],
        "environment": run["environment"],
        "fleet": fleet,
        "sensors": plan.sensors,
        "readings": {"version": plan.readings_version, **recent.account()},
        "problems": list(plan.problems),
        "limits": {
            "max_backup_share": parameters.max_backup_share,
            "max_fallback_share": parameters.max_fallback_share,
        },
        "origins": [dict(account) for account in accounts],
    }


def inference_metrics(summary: Mapping[str, Any]) -> Metrics:
    """The figures of a run, one value per origin, for a tracking server."""
    metrics: Metrics = {}
    reasons = sorted({reason for each in summary["origins"] for reason in each["reasons"]})
    for step, account in enumerate(summary["origins"]):
        figures = {
            "sensors": account["sensors"],
            "partly": sum(account["partly"].values()),
            "share_on_backup": account["share_on_backup"],
            "share_fallen_back": account["share_fallen_back"],
            **{f"source.{name}": count for name, count in account["sources"].items()},
            **{f"reason.{name}": account["reasons"].get(name, 0) for name in reasons},
        }
        for name, value in figures.items():
            metrics.setdefault(name, []).append({"value": float(value), "step": step})
    appended = sum(account["state"] == "appended" for account in summary["origins"])
    once = {"origins_appended": appended, "problems": len(summary["problems"])}
    if (count := summary["readings"]["rows"]) is not None:
        once["readings_rows"] = count
    return metrics | {name: [{"value": float(n), "step": 0}] for name, n in once.items()}
