"""What all raw sources have in common: they are previewed as text and never saved."""

from typing import Any

import polars as pl
from kedro.io import AbstractDataset, DatasetError

from modelfleet.fleet.ingest.batches import RawSource
from modelfleet.stores.frames import TablePreview

__all__ = ["RawSourceDataset"]


class RawSourceDataset(AbstractDataset[Any, RawSource]):
    """Loads a source of raw rows.

    Loading looks at nothing, so errors come from the source itself, with their own type.
    """

    def save(self, data: Any) -> None:
        """Refused: raw rows are what they are.

        Raises:
            DatasetError: always.
        """
        raise DatasetError("a raw source is read, not saved")

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows of the first batch as text, for Kedro-Viz.

        Raises:
            DataError: nothing is there, or it cannot be read.
        """
        first = next(iter(self.load().batches()))
        head = first.read().head(nrows).collect()
        text = head.with_columns(pl.all().cast(pl.String).fill_null(""))
        return TablePreview(text.to_pandas().to_dict(orient="split"))
