"""From what stands in the value column to numbers."""

import polars as pl

from modelfleet.domain.errors import SchemaError
from modelfleet.fleet.ingest.reasons import REASON, because

__all__ = ["DECIMAL_COMMA", "to_numbers"]

MISSING = ("", "nan", "null")
"""Text that says that there is no value, in lower case."""

DECIMAL_COMMA = r"^\s*[+-]?\d+,\d+\s*$"


def to_numbers(rows: pl.LazyFrame, *, what: str = "raw readings") -> pl.LazyFrame:
    """Add ``number`` (float, null where missing) and, where it is none, ``value_fault``.

    Text is parsed strictly. NaN and empty are missing values, not faults.

    Raises:
        SchemaError: the column is neither text nor numbers.
    """
    kind = rows.collect_schema()["value"]
    unreadable = pl.lit(None, dtype=REASON)
    if kind == pl.String:
        text = pl.col("value").str.strip_chars()
        empty = text.is_null() | text.str.to_lowercase().is_in(MISSING)
        number = text.cast(pl.Float64, strict=False)
        unreadable = because(~empty & number.is_null(), "unreadable_value")
    elif kind.is_numeric() or kind == pl.Null:
        number = pl.col("value").cast(pl.Float64)
    else:
        raise SchemaError(f"{what}: values are {kind}; give numbers")
    return rows.with_columns(
        number=pl.when(number.is_nan()).then(None).otherwise(number),
        value_fault=pl.coalesce(unreadable, because(number.is_infinite(), "not_finite")),
    )
