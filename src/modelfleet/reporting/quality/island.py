"""The rows of the table of sensors on the data-quality page."""

from typing import Any

import polars as pl

from modelfleet.reporting.island import as_island, coverage_letters
from modelfleet.reporting.quality.content import QualityContent
from modelfleet.reporting.quality.rejections import rejected_by_sensor
from modelfleet.reporting.quality.trouble import rank_sensors
from modelfleet.reporting.views import CoverageMap
from modelfleet.reporting.words import explained

__all__ = ["quality_island"]

FIGURES = (
    "cohort",
    "kind",
    "readings",
    "history_weeks",
    "silence_hours",
    "coverage",
    "longest_gap_hours",
    "stuck_share",
    "longest_stuck_hours",
    "minimum",
    "maximum",
    "rejected_rows",
    "rejected_share",
    "strain",
    "strained_by",
)

MOST_STRAIN = 10.0
"""A limit that is exceeded by more than this is exceeded by far."""


def quality_island(
    content: QualityContent, coverage: CoverageMap, told: pl.DataFrame
) -> dict[str, list[Any]]:
    """Columns of the table, worst sensor first.

    ``map`` holds the place in these columns of each row of the coverage map, and ``week_ends``
    says when its weeks end.

    Args:
        content: of the page.
        coverage: the map.
        told: ``sensor_id``, ``kind`` and ``change`` of the sensors that changed.
    """
    ranked = rank_sensors(content.profiles, content.admissions, content.validation)
    said = ranked["explanation"].to_list()
    why = ["; ".join(explained(text) for text in texts or ()) for texts in said]
    times = ("first_reading", "last_reading")
    table = (
        ranked.select(
            "sensor_id",
            "place",
            "standing",
            *(pl.col(name) for name in FIGURES if name != "strain"),
            pl.col("strain").clip(upper_bound=MOST_STRAIN),  # infinity is no JSON
            *(pl.col(name).dt.strftime("%d %b %Y %H:%M").alias(name) for name in times),
            why=pl.Series(why, dtype=pl.String),
        )
        .join(content.sensors.select("sensor_id", "unit"), on="sensor_id", how="left")
        .join(rejected_by_sensor(content.rejected), on="sensor_id", how="left")
        .join(told.rename({"kind": "changed"}), on="sensor_id", how="left")
        .join(_letters(coverage), on="sensor_id", how="left")
        .sort("place")
    )
    places = {sensor: place for place, sensor in enumerate(table["sensor_id"].to_list())}
    return {
        **as_island(table),
        "map": [places[sensor] for sensor in coverage.sensors if sensor in places],
        "week_ends": [f"{coverage.week_end(c):%d %b %Y}" for c in range(coverage.shares.shape[1])],
    }


def _letters(coverage: CoverageMap) -> pl.DataFrame:
    return coverage_letters(coverage).rename({"coverage": "weekly"})
