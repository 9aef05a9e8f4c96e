"""From what stands in the value column to numbers."""

import polars as pl

from modelfleet.domain.errors import SchemaError

__all__ = ["to_numbers"]

MISSING = ("", "nan", "null")
"""Text that says that there is no value, in lower case."""

DECIMAL_COMMA = r"^\s*[+-]?\d+,\d+\s*$"


def to_numbers(frame: pl.DataFrame, *, what: str = "raw readings") -> pl.DataFrame:
    """Add ``number`` (float, null where missing) and, where it is none, ``value_fault``.

    Text is parsed strictly. NaN and empty are missing values, not faults.

    Raises:
        SchemaError: the column is neither text nor numbers, or writes decimals with a comma.
    """
    kind = frame.schema["value"]
    if kind == pl.String:
        text = pl.col("value").str.strip_chars()
        empty = text.is_null() | text.str.to_lowercase().is_in(MISSING)
        number = text.cast(pl.Float64, strict=False)
        frame = frame.with_columns(number=number, unreadable=~empty & number.is_null())
        _refuse_decimal_commas(frame, what)
    elif kind.is_numeric():
        frame = frame.with_columns(number=pl.col("value").cast(pl.Float64), unreadable=False)
    else:
        raise SchemaError(f"{what}: values are {kind}; give numbers")
    number = pl.when(pl.col("number").is_nan()).then(None).otherwise("number")
    return frame.with_columns(
        number=number,
        value_fault=pl.when(pl.col("unreadable"))
        .then(pl.lit("unreadable_value"))
        .when(pl.col("number").is_infinite())
        .then(pl.lit("not_finite")),
    ).drop("unreadable")


def _refuse_decimal_commas(frame: pl.DataFrame, what: str) -> None:
    commas = frame.filter(pl.col("unreadable") & pl.col("value").str.contains(DECIMAL_COMMA))
    if commas.height:
        raise SchemaError(
            f"{what}: {commas.height} values have a decimal comma, such as "
            f"{commas['value'][0]!r} in row {commas['row'][0]}; "
            "set decimal_comma in the catalog entry's load_args, or write decimal points"
        )
