"""Sensor ids as text: one written form each, never a number in one batch and text in another."""

from typing import Literal

import polars as pl

from modelfleet.domain.errors import SchemaError, listing

__all__ = ["IdKind", "check_id_kind", "id_kind", "one_form"]

IdKind = Literal["number", "text"]


def id_kind(ids: pl.Series) -> IdKind:
    """Whether a source writes its sensor ids as numbers or as text."""
    return "number" if ids.dtype.is_numeric() else "text"


def check_id_kind(now: IdKind, before: IdKind | None, ids: pl.Series, *, what: str) -> None:
    """Refuse a batch whose ids are of another kind than those stored.

    A number has no leading zeros: 7 may be the sensor 7 or what is left of 007.

    Raises:
        SchemaError: they are of another kind.
    """
    if before is not None and now != before:
        raise SchemaError(
            f"{what}: sensor ids are {now}s, such as {listing(ids.drop_nulls().head(2))}, those "
            f"stored before were {before}s; '007' and 7 would become one sensor or two by "
            "accident; write ids the same way in every batch"
        )


def one_form(ids: pl.Series) -> pl.Series:
    """Ids as text in Unicode's composed form (NFC): what looks the same is the same sensor."""
    text = ids.cast(pl.String)
    distinct = text.unique().drop_nulls()
    composed = distinct.str.normalize("NFC")
    if (composed == distinct).all():
        return text
    return text.replace(distinct, composed)
