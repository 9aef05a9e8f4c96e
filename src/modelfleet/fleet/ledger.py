"""One row per known sensor and run: what happened, what serves, and why."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from modelfleet.domain.errors import LedgerError, listing
from modelfleet.fleet.retirement import RETIRED

__all__ = ["LEDGER_SCHEMA", "OUTCOMES", "SERVES", "LedgerTotals", "build_ledger", "ledger_totals"]

OUTCOMES = ("accepted", "kept", "backup", "quarantined", "failed", "retired")
SERVES = ("model", "champion", "baseline", "none")

FAILED = "training_failed"
NO_CANDIDATE = "no_candidate"
"""Reason of a failed sensor, followed by what its exception said."""

LEDGER_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "cohort": pl.String(),
        "outcome": pl.String(),
        "serves": pl.String(),
        "version": pl.String(),
        "reasons": pl.List(pl.String),
    }
)

LedgerTotals = dict[str, dict[str, int]]


def build_ledger(
    sensors: pl.DataFrame,
    admissions: pl.DataFrame,
    baselines: pl.DataFrame,
    candidates: pl.DataFrame,
    verdicts: pl.DataFrame,
) -> pl.DataFrame:
    """Put together what every stage said of every sensor.

    A sensor that its owner retired is served by nothing, whatever else is known of it.

    Args:
        sensors: ``sensor_id``, ``cohort``: the fleet.
        admissions: ``sensor_id``, ``admitted``, ``reasons``.
        baselines: ``sensor_id``, ``outcome``, ``reason``, ``version``.
        candidates: ``sensor_id``, ``outcome``, ``reason``, ``version``; admitted sensors only.
        verdicts: ``sensor_id``, ``accepted``, ``reasons``; trained sensors only.

    Raises:
        LedgerError: a sensor is missing or stands twice.
    """
    none = pl.lit([], dtype=pl.List(pl.String))
    table = (
        sensors.select("sensor_id", "cohort")
        .join(
            _prefixed(admissions, "admitted", "reasons", by="admission"), on="sensor_id", how="left"
        )
        .join(
            _prefixed(baselines, "outcome", "reason", "version", by="baseline"),
            on="sensor_id",
            how="left",
        )
        .join(
            _prefixed(candidates, "outcome", "reason", "version", by="candidate"),
            on="sensor_id",
            how="left",
        )
        .join(_prefixed(verdicts, "accepted", "reasons", by="verdict"), on="sensor_id", how="left")
        .with_columns(backup=pl.col("baseline_outcome") == "fitted")
        .with_columns(outcome=_outcome())
        .with_columns(serves=_serves())
    )
    why = [
        pl.col("admission_reasons").fill_null(none),
        pl.when(pl.col("outcome") == "failed")
        .then(pl.concat_list(pl.lit(FAILED), pl.col("candidate_reason").fill_null(NO_CANDIDATE)))
        .otherwise(none),
        pl.col("verdict_reasons").fill_null(none),
        pl.when((pl.col("serves") == "none") & (pl.col("outcome") != "retired"))
        .then(_one("baseline_reason"))
        .otherwise(none),
    ]
    version = (
        pl.when(pl.col("serves") == "model")
        .then("candidate_version")
        .when(pl.col("serves") == "baseline")
        .then("baseline_version")
    )
    ledger = (
        table.with_columns(reasons=pl.concat_list(why), version=version)
        .sort("sensor_id")
        .select(LEDGER_SCHEMA.names())
        .cast(LEDGER_SCHEMA)
    )
    check_ledger(ledger, sensors["sensor_id"].to_list())
    return ledger


def check_ledger(ledger: pl.DataFrame, fleet: Sequence[str]) -> None:
    """Assert that no sensor disappeared: one row each, with a known outcome.

    Raises:
        LedgerError: names the sensors.
    """
    counted = Counter(ledger["sensor_id"].to_list())
    problems = {
        "missing": sorted(set(fleet) - counted.keys()),
        "unknown": sorted(counted.keys() - set(fleet)),
        "more than once": sorted(name for name, count in counted.items() if count > 1),
        "without an outcome": ledger.filter(
            ~pl.col("outcome").is_in(OUTCOMES).fill_null(value=False)
            | ~pl.col("serves").is_in(SERVES).fill_null(value=False)
        )["sensor_id"].to_list(),
    }
    found = [f"{what}: {listing(names)}" for what, names in problems.items() if names]
    if found:
        raise LedgerError(
            f"the ledger must have one row for each of {len(fleet)} sensors; {'; '.join(found)}"
        )


def ledger_totals(ledger: pl.DataFrame) -> LedgerTotals:
    """Sensors per outcome and per what serves them, zeros included; each sums to the fleet."""
    outcomes, serves = Counter(ledger["outcome"].to_list()), Counter(ledger["serves"].to_list())
    return {
        "outcomes": {name: outcomes[name] for name in OUTCOMES},
        "serves": {name: serves[name] for name in SERVES},
    }


def _prefixed(frame: pl.DataFrame, *columns: str, by: str) -> pl.DataFrame:
    return frame.select("sensor_id", *(pl.col(c).alias(f"{by}_{c}") for c in columns))


def _outcome() -> pl.Expr:
    retired = pl.col("admission_reasons").list.contains(RETIRED).fill_null(value=False)
    admitted = pl.col("admission_admitted").fill_null(value=False)
    trained = (pl.col("candidate_outcome") == "trained").fill_null(value=False)
    accepted = pl.col("verdict_accepted").fill_null(value=False)
    return (
        pl.when(retired)
        .then(pl.lit("retired"))
        .when(~admitted)
        .then(pl.lit("quarantined"))
        .when(~trained)
        .then(pl.lit("failed"))
        .when(accepted)
        .then(pl.lit("accepted"))
        .otherwise(pl.lit("backup"))
    )


def _serves() -> pl.Expr:
    return (
        pl.when(pl.col("outcome") == "accepted")
        .then(pl.lit("model"))
        .when(pl.col("backup").fill_null(value=False) & (pl.col("outcome") != "retired"))
        .then(pl.lit("baseline"))
        .otherwise(pl.lit("none"))
    )


def _one(column: str) -> pl.Expr:
    """A reason as a list of one, or an empty list where there is none."""
    return pl.when(pl.col(column).is_not_null()).then(pl.concat_list(column))
