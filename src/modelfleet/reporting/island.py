"""The rows of a page's table, as compact JSON that its script reads."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from modelfleet.fleet.costing import COST_FIGURES
from modelfleet.reporting.content import ReportContent
from modelfleet.reporting.palette import coverage_steps
from modelfleet.reporting.views import CoverageMap, GainMap, rank_sensors, weekly_gains
from modelfleet.reporting.views.interventions import told_exclusion

__all__ = ["as_island", "coverage_letters", "table_island"]

FIGURES = (
    "unit",
    "baseline",
    "baseline_mae",
    "recipe",
    "mae",
    "mase",
    "mean_error",
    "valid_share",
    "rows",
    "carried_hours",
    "excluded_hours",
    "gain",
    "gain_error",
    "probability",
    "p_value",
    "better_weeks",
    "weeks",
)
WHERE_PRESENT = {
    **{name: name for name in (*COST_FIGURES, "currency", "replaced_share")},
    "coverage": "interval_coverage",
    "untracked_coverage": "untracked_coverage",
}
"""Columns of the scorecard that not every run has, and their names on the page."""

NO_STEP = "."
STEP_LETTERS = np.array([*"0123456789a", NO_STEP])
"""One letter per week: coverage in tenths, ``a`` for a full week."""


def table_island(
    content: ReportContent,
    outcomes: pl.DataFrame,
    coverage: CoverageMap,
    maps: Mapping[str, GainMap],
) -> dict[str, list[Any]]:
    """Columns of the report's table of all sensors, in the order of ``outcomes``.

    Args:
        content: of the report.
        outcomes: of every sensor.
        coverage: of every sensor.
        maps: name of a column to the map in which it says where a sensor stands.
    """
    ranks = rank_sensors(outcomes, content.scorecard).select("sensor_id", "rank")
    parts = (
        content.sensors.select("sensor_id", "kind"),
        _figures(content.scorecard),
        weekly_gains(content.candidates),
        coverage_letters(coverage),
        ranks,
        *(_places(name, found) for name, found in maps.items()),
        *_interventions(content),
    )
    table = outcomes.drop("codes")
    for part in parts:
        table = table.join(part, on="sensor_id", how="left")
    return as_island(table)


def as_island(table: pl.DataFrame) -> dict[str, list[Any]]:
    """Columns as JSON can hold them, ``sensor_id`` as ``id``; what is not finite becomes null."""
    figures = pl.col(pl.Float32, pl.Float64)
    rounded = table.with_columns(figures.fill_nan(None).round_sig_figs(4))
    finite = rounded.with_columns(pl.when(figures.is_finite()).then(figures))
    return finite.rename({"sensor_id": "id"}).to_dict(as_series=False)


def coverage_letters(coverage: CoverageMap) -> pl.DataFrame:
    """``sensor_id`` and ``coverage``: a letter per week, see :data:`STEP_LETTERS`."""
    letters = STEP_LETTERS[coverage_steps(coverage.shares)]
    return pl.DataFrame(
        {
            "sensor_id": pl.Series(coverage.sensors, dtype=pl.String),
            "coverage": pl.Series(["".join(row) for row in letters], dtype=pl.String),
        }
    )


def _figures(scorecard: pl.DataFrame) -> pl.DataFrame:
    trained = [
        pl.col(name).dt.strftime("%Y-%m-%d").alias(name) for name in ("trained_from", "trained_to")
    ]
    present = [
        _one_figure(scorecard, name).alias(said)
        for name, said in WHERE_PRESENT.items()
        if name in scorecard.columns
    ]
    return scorecard.select("sensor_id", *FIGURES, *trained, *present)


def _one_figure(table: pl.DataFrame, name: str) -> pl.Expr:
    """A column, or the mean of one that has a list per sensor."""
    weekly = isinstance(table.schema[name], pl.List)
    mean = pl.col(name).list.eval(pl.element().fill_nan(None)).list.mean()
    return mean if weekly else pl.col(name)


def _places(name: str, found: GainMap) -> pl.DataFrame:
    """Where each sensor stands on a map, from 0."""
    ids = pl.Series("sensor_id", found.sensors, dtype=pl.String)
    return pl.DataFrame([ids]).with_row_index(name)


def _interventions(content: ReportContent) -> list[pl.DataFrame]:
    """What people decided for a sensor, and what it is behind; only where there is anything."""
    found: list[pl.DataFrame] = []
    overridden = content.verdicts.get_column("override", default=pl.Series())
    if overridden.count():  # a column of nothing would only make the page longer
        found.append(content.verdicts.select("sensor_id", pl.col("override").cast(pl.String)))
    held: dict[str, list[str]] = {}
    for reason in content.hold:
        for sensor in reason.get("sensors") or ():
            held.setdefault(str(sensor), []).append(str(reason["code"]))
    if held:
        codes = [" ".join(each) for each in held.values()]
        found.append(pl.DataFrame({"sensor_id": list(held), "hold": codes}))
    if content.exclusion_effects is not None and content.exclusion_effects.height:
        rows = content.exclusion_effects.filter(pl.col("excluded_hours") > 0).to_dicts()
        told = {row["sensor_id"]: told_exclusion(row) for row in rows}
        schema = {"sensor_id": pl.String, "without": pl.String}
        found.append(pl.DataFrame([*told.items()], schema=schema, orient="row"))
    return found
