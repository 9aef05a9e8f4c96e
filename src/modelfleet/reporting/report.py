"""The page: one self-contained HTML file that works offline."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from modelfleet.fleet.event_overlap import excluded_by
from modelfleet.reporting.content import ReportContent
from modelfleet.reporting.drawings import draw_gains, draw_histogram, draw_lines
from modelfleet.reporting.island import table_island
from modelfleet.reporting.page import render_page
from modelfleet.reporting.summary import summarise
from modelfleet.reporting.views import (
    GainMap,
    add_costs,
    count_cohorts,
    count_exclusions,
    count_funnel,
    count_replaced,
    describe_coverage,
    describe_hold,
    distribute_skill,
    find_outcomes,
    list_overrides,
    map_coverage,
    map_gains,
    pick_extremes,
    rank_sensors,
    weekly_gains,
    with_decision,
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
    judged = with_decision(content.scorecard, content.verdicts)
    skill = distribute_skill(judged)
    maps = _maps(content, judged)
    return {
        "content": content,
        "summary": summarise(outcomes, content.scorecard, content.expectations),
        "hold": describe_hold(content.hold),
        "funnel": count_funnel(content.admissions, content.candidates, content.verdicts),
        "skill": skill,
        "histogram": draw_histogram(skill) if skill.judged else None,
        "gains": {name: draw_gains(found) for name, found in maps.items()},
        "worst": _worst(outcomes, content.scorecard),
        "pictures": _pictures(content),
        "cohorts": count_cohorts(outcomes, content.scorecard),
        "costs": add_costs(outcomes, content.scorecard),
        "covered": describe_coverage(judged),
        "replaced": count_replaced(judged),
        "overrides": list_overrides(content.overrides, content.verdicts),
        "exclusions": count_exclusions(content.exclusion_effects),
        "events": _events(content.events, content.excluded_kinds),
        "parameters": dict(_flattened(content.parameters)),
        "island": table_island(content, outcomes, coverage, maps),
    }


def _worst(outcomes: pl.DataFrame, scorecard: pl.DataFrame) -> list[dict[str, Any]]:
    """Whom no model serves, most urgent first; retired sensors ask for nothing."""
    served = pl.col("serves").is_in(["model", "champion"])
    ranked = rank_sensors(outcomes, scorecard)
    return ranked.filter(~served & (pl.col("outcome") != "retired")).head(MOST_WORST).to_dicts()


def _maps(content: ReportContent, judged: pl.DataFrame) -> dict[str, GainMap]:
    """The map of weekly gains in both orders, by the name of its column in the island."""
    weekly = weekly_gains(content.candidates)
    return {
        "place_worst": map_gains(weekly, judged, end=content.end),
        "place_cohort": map_gains(weekly, judged, end=content.end, by_cohort=True),
    }


def _events(events: pl.DataFrame | None, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Known periods, the latest first, and whether they are left out of learning."""
    if events is None:
        return []
    ordered = events.sort("start", descending=True, nulls_last=True).head(MOST_EVENTS)
    day = [pl.col(name).dt.strftime("%d %b %Y").fill_null("–") for name in ("start", "end")]
    shown = ordered.with_columns(*day, pl.col("note").fill_null("")).to_dicts()
    return [{**event, "left_out": excluded_by(event, kinds) is not None} for event in shown]


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
