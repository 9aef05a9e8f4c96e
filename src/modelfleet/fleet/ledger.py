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
    *,
    champions: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Put together what every stage said of every sensor.

    A sensor that its owner retired is served by nothing, whatever else is known of it. Where
    training failed, the model that serves goes on.

    Args:
        sensors: ``sensor_id``, ``cohort``: the fleet.
        admissions: ``sensor_id``, ``admitted``, ``reasons``.
        baselines: ``sensor_id``, ``outcome``, ``reason``, ``version``.
        candidates: ``sensor_id``, ``outcome``, ``reason``, ``version``; admitted sensors only.
        verdicts: ``sensor_id``, ``decision``, ``champion_version``, ``reasons``; trained sensors
            only.
        champions: ``sensor_id``, ``version`` of models that may go on serving; ``None`` if none.

    Raises:
        LedgerError: a sensor is missing or stands twice.
    """
    none = pl.lit([], dtype=pl.List(pl.String))
    table = sensors.select("sensor_id", "cohort")
    for part in (
        _prefixed(admissions, "admitted", "reasons", by="admission"),
        _prefixed(baselines, "outcome", "reason", "version", by="baseline"),
        _prefixed(candidates, "outcome", "reason", "version", by="candidate"),
        _prefixed(verdicts, "decision", "champion_version", "reasons", by="verdict"),
        _standing(champions),
    ):
        table = table.join(part, on="sensor_id", how="left")
    table = (
        table.with_columns(backup=pl.col("baseline_outcome") == "fitted")
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
        .when(pl.col("serves") == "champion")
        .then(pl.coalesce("verdict_champion_version", "standing"))
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


def _standing(champions: pl.DataFrame | None) -> pl.DataFrame:
    """Models that go on serving where training failed."""
    if champions is None:
        return pl.DataFrame(schema={"sensor_id": pl.String, "standing": pl.String})
    return champions.select("sensor_id", standing="version")


def _prefixed(frame: pl.DataFrame, *columns: str, by: str) -> pl.DataFrame:
    return frame.select("sensor_id", *(pl.col(c).alias(f"{by}_{c}") for c in columns))


def _outcome() -> pl.Expr:
    retired = pl.col("admission_reasons").list.contains(RETIRED).fill_null(value=False)
    admitted = pl.col("admission_admitted").fill_null(value=False)
    trained = (pl.col("candidate_outcome") == "trained").fill_null(value=False)
    decision = pl.col("verdict_decision").fill_null("baseline")
    return (
        pl.when(retired)
        .then(pl.lit("retired"))
        .when(~admitted)
        .then(pl.lit("quarantined"))
        .when(~trained)
        .then(pl.lit("failed"))
        .when(decision == "accept")
        .then(pl.lit("accepted"))
        .when(decision == "keep")
        .then(pl.lit("kept"))
        .otherwise(pl.lit("backup"))
    )


def _serves() -> pl.Expr:
    return (
        pl.when(pl.col("outcome") == "accepted")
        .then(pl.lit("model"))
        .when(
            (pl.col("outcome") == "kept")
            | ((pl.col("outcome") == "failed") & pl.col("standing").is_not_null())
        )
        .then(pl.lit("champion"))
        .when(pl.col("backup").fill_null(value=False) & (pl.col("outcome") != "retired"))
        .then(pl.lit("baseline"))
        .otherwise(pl.lit("none"))
    )


def _one(column: str) -> pl.Expr:
    """A reason as a list of one, or an empty list where there is none."""
    return pl.when(pl.col(column).is_not_null()).then(pl.concat_list(column))
