"""A run as Markdown, for the job summary of a CI service."""

from collections.abc import Mapping
from typing import Any

from modelfleet.fleet.summary_predictions import prediction_lines
from modelfleet.fleet.summary_text import NEXT, summary_lines

__all__ = ["markdown_predictions", "markdown_summary"]


def markdown_summary(summary: Mapping[str, Any], **places: str | None) -> str:
    """The lines at the end of ``kedro run`` as a table, and what people have to type.

    Args:
        summary: from :func:`modelfleet.fleet.summary.summarise_run`.
        places: as :func:`modelfleet.fleet.summary_text.summary_lines` takes them.
    """
    lines = summary_lines(summary, **places)
    rows = _rows({name: text for name, text in lines.items() if name != NEXT})
    title = f"## {_cell(summary['fleet'])}: release {summary['release'][:12]} is {summary['state']}"
    return "\n".join([title, "", *rows, *_next(summary), "", ""])


def markdown_predictions(summary: Mapping[str, Any], **places: str | None) -> str:
    """A run of inference as a table.

    Args:
        summary: from :func:`modelfleet.fleet.inference.inference_summary`.
        places: as :func:`modelfleet.fleet.summary_predictions.prediction_lines` takes them.
    """
    rows = _rows(prediction_lines(summary, **places))
    return "\n".join([f"## {_cell(summary['fleet'])}: forecasts", "", *rows, "", ""])


def _rows(lines: Mapping[str, str | None]) -> list[str]:
    """Names and texts as a table."""
    texts = [f"| {name} | {_cell(text)} |" for name, text in lines.items() if text]
    return ["| | |", "|---|---|", *texts]


def _next(summary: Mapping[str, Any]) -> list[str]:
    """What people type where something waits for them."""
    commands = summary.get("next", ())
    return ["", "Next:", "", "```console", *commands, "```"] if commands else []


def _cell(text: str) -> str:
    """A text that ends no cell and opens no tag."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
