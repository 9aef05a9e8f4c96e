"""A run of inference in a few figures, for programs, for MLflow and for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from modelfleet.domain.parameters.inference import InferenceParameters
from modelfleet.fleet.inference.plan import InferencePlan
from modelfleet.fleet.inference.reading import RecentReadings

__all__ = ["inference_metrics", "inference_summary", "prediction_lines"]

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
            "share_on_backup": account["share_on_backup"],
            "share_fallen_back": account["share_fallen_back"],
            **{f"source.{name}": count for name, count in account["sources"].items()},
            **{f"reason.{name}": account["reasons"].get(name, 0) for name in reasons},
        }
        for name, value in figures.items():
            metrics.setdefault(name, []).append({"value": float(value), "step": step})
    appended = sum(account["state"] == "appended" for account in summary["origins"])
    once = {"origins_appended": appended, "readings_rows": summary["readings"]["rows"]}
    once |= {"problems": len(summary["problems"])}
    return metrics | {name: [{"value": float(n), "step": 0}] for name, n in once.items()}


def prediction_lines(
    summary: Mapping[str, Any],
    *,
    predictions: str | None = None,
    mlflow_run: str | None = None,
) -> dict[str, str | None]:
    """A run of inference by the names of its lines; a line without text is left out.

    Args:
        summary: from :func:`inference_summary`.
        predictions: where they lie.
        mlflow_run: id of the run in MLflow.
    """
    origins = summary["origins"]
    last, limits = origins[-1], summary["limits"]
    worst = {
        figure: max(origins, key=lambda account: account[figure])
        for figure in ("share_on_backup", "share_fallen_back")
    }
    return {
        "Fleet": f"{summary['fleet']}, {summary['sensors']} sensors ({summary['environment']})",
        "Origin": _origins(origins),
        "Forecast by": _counts(last["sources"]),
        "Why no model": _counts(last["reasons"]) if last["reasons"] else None,
        "On backup": f"{_percent(worst['share_on_backup']['share_on_backup'])} of all steps "
        f"(limit {_percent(limits['max_backup_share'])}), "
        f"{_percent(worst['share_fallen_back']['share_fallen_back'])} of those of models "
        f"(limit {_percent(limits['max_fallback_share'])})",
        "Release": ", ".join(rid[:12] for rid in last["releases"]) or "none is proved",
        "Not proved": _problems(summary["problems"]),
        "Readings": _readings(summary["readings"]),
        "Predictions": predictions,
        "MLflow run": mlflow_run,
    }


def _origins(origins: Sequence[Mapping[str, Any]]) -> str:
    first, last = _time(origins[0]), _time(origins[-1])
    span = first if len(origins) == 1 else f"{len(origins)} from {first} to {last}"
    kept = [account for account in origins if account["state"] == "kept"]
    if not kept:
        return span
    if len(kept) == len(origins):
        return f"{span}, forecast before: nothing was added"
    return f"{span}; {len(kept)} of them were forecast before: nothing was added to these"


def _time(account: Mapping[str, Any]) -> str:
    return f"{account['origin'][:16].replace('T', ' ')} UTC"


def _problems(problems: Sequence[str]) -> str | None:
    if not problems:
        return None
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    return f"{problems[0]}{more}; `modelfleet audit` tells all"


def _readings(read: Mapping[str, Any]) -> str | None:
    if not read["rows"]:
        return None
    return f"{read['rows']:,} rows of version {read['version']}, since {read['since'][:16]}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nobody"
