"""The page: one self-contained HTML file that works offline."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from modelfleet.reporting.content import ReportContent
from modelfleet.reporting.drawings import draw_histogram, draw_lines
from modelfleet.reporting.island import table_island
from modelfleet.reporting.page import render_page
from modelfleet.reporting.summary import summarise
from modelfleet.reporting.views import (
    count_cohorts,
    count_funnel,
    distribute_skill,
    find_outcomes,
    map_coverage,
    pick_extremes,
)

__all__ = ["render_report"]

MOST_WORST = 12
MOST_EVENTS = 200
DAY_MINUTES = 24 * 60


def render_report(content: ReportContent) -> str:
    """Render the report of one run.

    Nothing that comes from outside, such as a sensor's name, is trusted: all text is escaped, in
    the page and in the data that its script reads.

    Returns:
        a complete HTML document without any reference to the outside.

    Raises:
        LedgerError: a sensor is missing from the tables or stands in them twice.
    """
    return render_page("report.html.j2", _context(content))


def _context(content: ReportContent) -> dict[str, Any]:
    outcomes = find_outcomes(content)
    coverage = map_coverage(content.profiles, content.admissions, end=content.end)
    skill = distribute_skill(content.scorecard)
    return {
        "content": content,
        "summary": summarise(outcomes, content.scorecard, content.expectations),
        "funnel": count_funnel(content.admissions, content.candidates, content.verdicts),
        "skill": skill,
        "histogram": draw_histogram(skill) if skill.judged else None,
        "worst": _worst(outcomes, content.scorecard),
        "pictures": _pictures(content),
        "cohorts": count_cohorts(outcomes, content.scorecard),
        "events": _events(content.events),
        "parameters": dict(_flattened(content.parameters)),
        "island": table_island(content, outcomes, coverage),
    }


def _worst(outcomes: pl.DataFrame, scorecard: pl.DataFrame) -> list[dict[str, Any]]:
    """Whom no model serves, most urgent first: unserved, failed, quarantined, then by gain.

    Retired sensors are left out: they ask for nothing.
    """
    served = pl.when(pl.col("serves") == "none").then(0).otherwise(1)
    rank = pl.col("outcome").replace_strict(
        {"failed": 0, "quarantined": 1}, default=2, return_dtype=pl.Int32
    )
    return (
        outcomes.filter(
            ~pl.col("serves").is_in(["model", "champion"]) & (pl.col("outcome") != "retired")
        )
        .join(scorecard.select("sensor_id", "gain"), on="sensor_id", how="left")
        .sort(served, rank, "gain", "sensor_id", nulls_last=True)
        .head(MOST_WORST)
        .to_dicts()
    )


def _events(events: pl.DataFrame | None) -> list[dict[str, Any]]:
    """Known periods, the latest first."""
    if events is None:
        return []
    ordered = events.sort("start", descending=True, nulls_last=True).head(MOST_EVENTS)
    day = [pl.col(name).dt.strftime("%d %b %Y").fill_null("–") for name in ("start", "end")]
    return ordered.select("kind", *day, pl.col("note").fill_null("")).to_dicts()


def _pictures(content: ReportContent) -> list[dict[str, Any]]:
    per_day = max(DAY_MINUTES // content.step_minutes, 1)
    found = pick_extremes(
        content.traces,
        content.verdicts,
        count=content.examples,
        steps=content.example_days * per_day,
    )
    return [
        {"name": name, "lines": [draw_lines(each, steps_per_day=per_day) for each in group]}
        for name, group in (("Worst", found.worst), ("Best", found.best))
        if group
    ]


def _flattened(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
