"""The data-quality page: what came in, what is missing, what is wrong and what changed."""

from typing import Any

import polars as pl

from modelfleet.reporting.drawings import draw_map
from modelfleet.reporting.page import render_page
from modelfleet.reporting.quality.batches import list_batches
from modelfleet.reporting.quality.changes import QualityChanges, find_changes
from modelfleet.reporting.quality.content import QualityContent
from modelfleet.reporting.quality.island import quality_island
from modelfleet.reporting.quality.rejections import list_rejections
from modelfleet.reporting.quality.summary import summarise_quality
from modelfleet.reporting.quality.telling import (
    tell_facts,
    tell_figures,
    tell_groups,
    tell_sensors,
)
from modelfleet.reporting.views import map_coverage

__all__ = ["render_quality_report"]

MOST_NAMED = 6
"""Sensors that are named of each kind of change; all of them stand in the table."""


def render_quality_report(content: QualityContent) -> tuple[str, dict[str, Any]]:
    """Render the page.

    Returns:
        a complete HTML document without any reference to the outside but its sister page, and the
        changes as JSON can hold them.
    """
    shown = content.validation.report
    changes = find_changes(content.history, coverage_change=shown.coverage_change)
    return render_page("quality.html.j2", _context(content, changes)), changes.as_dict()


def _context(content: QualityContent, changes: QualityChanges) -> dict[str, Any]:
    shown = content.validation.report
    coverage = map_coverage(content.measurements, content.admissions, end=content.axis.end)
    told = tell_sensors(changes, content.admissions)
    batches = list_batches(content.batches)
    return {
        "content": content,
        "head": summarise_quality(content, changes),
        "changes": changes,
        "status": _status(content, changes),
        "facts": tell_facts(changes),
        "figures": tell_figures(changes),
        "groups": tell_groups(told, most=MOST_NAMED),
        "more_rejected": _more_rejected(changes),
        "batches": batches.reverse().head(shown.batches).to_dicts(),
        "batch_count": batches.height,
        "rejections": list_rejections(
            content.rejected,
            content.account["rejected"],
            content.batches,
            examples=shown.examples,
        ),
        "map": draw_map(coverage),
        "notes": _notes(content.notes),
        "expectations": sorted(content.expectations, key=lambda each: bool(each["success"])),
        "island": quality_island(content, coverage, told),
    }


def _notes(notes: pl.DataFrame) -> list[dict[str, Any]]:
    """Notes on the metadata, each with its sensors, the most frequent first."""
    groups = notes.group_by("note").agg(pl.col("sensor_id").unique().sort())
    most = pl.col("sensor_id").list.len()
    return groups.sort(most, "note", descending=[True, False]).to_dicts()


def _more_rejected(changes: QualityChanges) -> list[tuple[str, int]]:
    """The sensors with most newly rejected rows; those of another table cannot be subtracted."""
    table = changes.more_rejected if changes.same_table else changes.more_rejected.clear()
    return table.head(MOST_NAMED).rows()


def _status(content: QualityContent, changes: QualityChanges) -> str:
    """``unchanged`` if another run saw this state first, else ``first`` or ``changed``."""
    if changes.latest.run != content.run["run_id"]:
        return "unchanged"
    return "changed" if changes.before else "first"
