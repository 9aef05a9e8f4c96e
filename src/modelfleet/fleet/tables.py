"""Between Polars inside and the flat pandas tables that people look at.

Kedro-Viz previews, notebooks and CSV want flat columns, so a list of reason codes is one text
there, codes separated by ``"; "``.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pandas as pd  # takes a second to load, which commands can do without

__all__ = ["SEPARATOR", "from_pandas", "to_pandas"]

SEPARATOR = "; "


def to_pandas(frame: pl.DataFrame) -> "pd.DataFrame":
    """A flat pandas table; lists of text become one text."""
    lists = [name for name, kind in frame.schema.items() if kind == pl.List(pl.String)]
    flat = frame.with_columns(
        pl.col(name).list.eval(pl.element().str.replace_all(";", ",")).list.join(SEPARATOR)
        for name in lists
    )
    return flat.to_pandas()


def from_pandas(table: "pd.DataFrame", *, lists: Sequence[str] = ()) -> pl.DataFrame:
    """A Polars table; the texts in ``lists`` become lists of codes again."""
    frame = pl.from_pandas(table.reset_index(drop=True), nan_to_null=True)
    return frame.with_columns(
        pl.when(pl.col(name) == "")
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .otherwise(pl.col(name).cast(pl.String).str.split(SEPARATOR))
        .alias(name)
        for name in lists
    )
