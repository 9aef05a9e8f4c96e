"""Every sensor in the order in which people should look at it."""

import polars as pl

__all__ = ["rank_sensors"]

OUTCOMES = {"failed": 1, "quarantined": 2, "backup": 3, "kept": 4, "accepted": 5, "retired": 6}


def rank_sensors(outcomes: pl.DataFrame, scorecard: pl.DataFrame) -> pl.DataFrame:
    """Whom nothing serves, who failed, who is in quarantine, then by outcome and gain.

    Retired sensors ask for nothing and stand last.

    Returns:
        the outcomes, most urgent first, with ``gain`` and ``rank``, which begins at 1.
    """
    retired = pl.col("outcome") == "retired"
    urgency = (
        pl.when(retired)
        .then(OUTCOMES["retired"])
        .when(pl.col("serves") == "none")
        .then(0)
        .otherwise(pl.col("outcome").replace_strict(OUTCOMES, default=0, return_dtype=pl.Int32))
    )
    again = pl.col("outcome").replace_strict(OUTCOMES, default=0, return_dtype=pl.Int32)
    gain = pl.col("gain").cast(pl.Float64).fill_nan(None)
    return (
        outcomes.join(scorecard.select("sensor_id", gain), on="sensor_id", how="left")
        .sort(urgency, again, "gain", "sensor_id", nulls_last=True)
        .with_row_index("rank", offset=1)
    )
