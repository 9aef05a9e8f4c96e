"""What happened to every sensor, and why, in words."""

from typing import Any

import polars as pl

from modelfleet.fleet.ledger import build_ledger
from modelfleet.reporting.content import ReportContent
from modelfleet.reporting.words import explained

__all__ = ["find_outcomes", "unserved_in_service"]


def unserved_in_service() -> pl.Expr:
    """Whether nothing serves a sensor that its owner did not retire: then it needs a person."""
    return (pl.col("serves") == "none") & (pl.col("outcome") != "retired")


def find_outcomes(content: ReportContent) -> pl.DataFrame:
    """Say what happened to each sensor, and why.

    Outcomes are the ledger's own, so the page cannot say anything else than the ledger will.

    Returns:
        one row per known sensor, sorted: ``sensor_id``, ``cohort``, ``outcome``, ``serves``,
        ``codes`` (reasons) and ``why``, a sentence.

    Raises:
        LedgerError: a sensor is missing or stands twice.
    """
    ledger = build_ledger(
        content.sensors,
        content.admissions,
        content.baselines,
        content.candidates,
        content.verdicts,
        champions=content.standing,
    )
    table = (
        ledger.select("sensor_id", "cohort", "outcome", "serves", codes="reasons")
        .join(content.admissions.select("sensor_id", "explanation"), on="sensor_id", how="left")
        .join(_renamed(content.candidates, "reason", "failure"), on="sensor_id", how="left")
        .join(content.verdicts.select("sensor_id", "sentence"), on="sensor_id", how="left")
        .join(_renamed(content.baselines, "reason", "no_backup"), on="sensor_id", how="left")
        .sort("sensor_id")
    )
    why = pl.Series("why", [_why(row) for row in table.iter_rows(named=True)], dtype=pl.String)
    return table.select("sensor_id", "cohort", "outcome", "serves", "codes").with_columns(why)


def _renamed(frame: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    return frame.select("sensor_id", pl.col(column).cast(pl.String).alias(name))


def _why(row: dict[str, Any]) -> str:
    parts = [explained(text) for text in row["explanation"] or []]
    parts += [f"training failed: {row['failure']}"] if row["failure"] else []
    parts += [row["sentence"]] if row["sentence"] else []
    if row["serves"] == "none" and row["no_backup"]:
        parts.append(f"no backup: {row['no_backup'].replace('_', ' ')}")
    return "; ".join(parts)
