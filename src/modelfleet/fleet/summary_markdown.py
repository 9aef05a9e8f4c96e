"""A run as Markdown, for the job summary of a CI service."""

from collections.abc import Mapping
from typing import Any

from modelfleet.fleet.summary_text import summary_lines

__all__ = ["markdown_summary"]


def markdown_summary(summary: Mapping[str, Any], **places: str | None) -> str:
    """The lines at the end of ``kedro run`` as a table, and what people have to type.

    Args:
        summary: from :func:`modelfleet.fleet.summary.summarise_run`.
        places: as :func:`modelfleet.fleet.summary_text.summary_lines` takes them.
    """
    lines = summary_lines(summary, **places)
    rows = [
        f"| {name} | {_cell(text)} |" for name, text in lines.items() if text and name != "Next"
    ]
    title = f"## {_cell(summary['fleet'])}: release {summary['release'][:12]} is {summary['state']}"
    return "\n".join([title, "", "| | |", "|---|---|", *rows, *_next(summary), "", ""])


def _next(summary: Mapping[str, Any]) -> list[str]:
    """What to type where the release waits for people."""
    if not summary["next"]:
        return []
    waits = (
        "It does not serve all cohorts by itself: two people have to agree. One asks for it, an "
    )
    return ["", f"{waits}owner answers:", "", "```console", *summary["next"], "```"]


def _cell(text: str) -> str:
    """A text that ends no cell and opens no tag."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
