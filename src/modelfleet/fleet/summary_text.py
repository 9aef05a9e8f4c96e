"""A run in a few lines of text."""

from collections.abc import Mapping
from typing import Any

__all__ = ["NEXT", "format_lines", "format_summary", "summary_lines"]

MOST_EVENTS = 4

NEXT = "Next"
"""The line with the commands for people."""


def format_summary(summary: Mapping[str, Any], **places: str | None) -> str:
    """What stands at the end of ``kedro run``.

    Args:
        summary: from :func:`modelfleet.fleet.summary.summarise_run`.
        places: as :func:`summary_lines` takes them.
    """
    return format_lines(summary_lines(summary, **places))


def summary_lines(
    summary: Mapping[str, Any],
    *,
    report: str | None = None,
    quality: str | None = None,
    mlflow_run: str | None = None,
) -> dict[str, str | None]:
    """A run by the names of its lines; a line without text is left out.

    Args:
        summary: from :func:`modelfleet.fleet.summary.summarise_run`.
        report: where the report lies.
        quality: where the data-quality page lies.
        mlflow_run: id of the run in MLflow.
    """
    skill = summary["median_skill"]
    return {
        "Fleet": f"{summary['fleet']}, {summary['sensors']} sensors ({summary['environment']})",
        "Outcomes": _counts(summary["outcomes"]),
        "Served by": _counts(summary["serves"]),
        "Median skill": "no candidate was judged"
        if skill is None
        else f"{100 * abs(skill):.1f} % {'less' if skill >= 0 else 'more'} error than the baseline",
        "Left out": _left_out(summary.get("excluded")),
        "Release": f"{summary['release'][:12]} ({summary['state']})",
        "Waiting": _waiting(summary.get("cohorts", {})),
        NEXT: "\n                ".join(summary.get("next", ())) or None,
        "Report": report,
        "Data quality": quality,
        "MLflow run": mlflow_run,
    }


def format_lines(lines: Mapping[str, str | None]) -> str:
    """Names and texts below each other, without those that have no text."""
    body = [f"  {name:<13} {text}" for name, text in lines.items() if text]
    return "\n".join(["", *body, ""])


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nobody"


def _left_out(excluded: Mapping[str, Any] | None) -> str | None:
    """The hours that no model learned from, and the events behind them, where there are any."""
    if not excluded or not excluded["events"]:
        return None
    names, more = excluded["events"][:MOST_EVENTS], len(excluded["events"]) - MOST_EVENTS
    events = ", ".join(names) + (f" and {more} more" if more > 0 else "")
    return f"{excluded['hours']:,.0f} hours of {excluded['sensors']} sensors: {events}"


def _waiting(cohorts: Mapping[str, str]) -> str | None:
    """The cohorts that are not live, by state, where others are."""
    states = sorted({state for state in cohorts.values() if state != "live"})
    if not states or len(set(cohorts.values())) == 1:
        return None
    named = {state: [c for c, each in cohorts.items() if each == state] for state in states}
    return "; ".join(f"{', '.join(names)} ({state})" for state, names in named.items())
