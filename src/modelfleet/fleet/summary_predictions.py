"""A run of inference in a few lines of text."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["prediction_lines"]


def prediction_lines(
    summary: Mapping[str, Any],
    *,
    predictions: str | None = None,
    mlflow_run: str | None = None,
) -> dict[str, str | None]:
    """A run of inference by the names of its lines; a line without text is left out.

    Args:
        summary: from :func:`modelfleet.fleet.inference.inference_summary`.
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
        "Single steps": _partly(last["partly"]),
        "On backup": f"{_percent(worst['share_on_backup']['share_on_backup'])} of all steps "
        f"(limit {_percent(limits['max_backup_share'])}), "
        f"{_percent(worst['share_fallen_back']['share_fallen_back'])} of those of models "
        f"(limit {_percent(limits['max_fallback_share'])})",
        "Release": ", ".join(rid[:12] for rid in last["releases"]) or "none is proved",
        "Not to judge": _in_sample(origins),
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


def _partly(reasons: Mapping[str, int]) -> str | None:
    """Sensors on a model of which a backup made some steps."""
    if not reasons:
        return None
    return f"{sum(reasons.values())} of the sensors on a model have some by a backup: " + _counts(
        reasons
    )


def _in_sample(origins: Sequence[Mapping[str, Any]]) -> str | None:
    """Models that have learned from what they forecast here."""
    known = [account for account in origins if account["in_sample"]]
    if not known:
        return None
    return f"models that know later readings forecast {len(known)} of {len(origins)} origins"


def _problems(problems: Sequence[str]) -> str | None:
    if not problems:
        return None
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    return f"{problems[0]}{more}; `modelfleet audit` tells all"


def _readings(read: Mapping[str, Any]) -> str | None:
    if not read["files"]:
        return None
    if read["rows"] is None:
        return f"all of version {read['version']}"
    since = read["since"][:16].replace("T", " ")
    return f"{read['rows']:,} rows of version {read['version']}, since {since} UTC"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nobody"
