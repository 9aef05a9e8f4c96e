"""What the gate decided, by verdict: accepted, kept at the champion, or rejected."""

import polars as pl

__all__ = ["DECISIONS", "decision", "with_decision"]

DECISIONS = ("accepted", "kept", "rejected")


def decision(verdicts: pl.DataFrame) -> pl.Expr:
    """The column ``decision`` in these words; tables of a gate without champions have none."""
    keeps = pl.col("decision") == "keep" if "decision" in verdicts.columns else pl.lit(value=False)
    return (
        pl.when(pl.col("accepted").cast(pl.Boolean).fill_null(value=False))
        .then(pl.lit("accepted"))
        .when(keeps.fill_null(value=False))
        .then(pl.lit("kept"))
        .otherwise(pl.lit("rejected"))
        .alias("decision")
    )


def with_decision(scorecard: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """The scorecard's rows of judged sensors, each with its ``decision``."""
    said = verdicts.select("sensor_id", decision(verdicts))
    return scorecard.drop("decision", strict=False).join(
        said, on="sensor_id", how="inner", maintain_order="left"
    )
