"""A Polars table in Delta."""

from typing import Any, NewType

import polars as pl
from kedro.io import DatasetError

from modelfleet.stores.delta import open_table, scan_table
from modelfleet.stores.describe import DescribedDataset

__all__ = ["DeltaFrameDataset"]

# Kedro-Viz finds previews by the name of this type.
TablePreview = NewType("TablePreview", dict[str, Any])


class DeltaFrameDataset(DescribedDataset[pl.LazyFrame, pl.DataFrame]):
    """A Delta table that the ingestion stage appends to, batch by batch.

    What its node hands over is the table as it left it, and saving that writes nothing.

    Args:
        filepath: where the table lies.
        unique: columns; of rows that are equal in all of them one is loaded.
        metadata: layer and description for Kedro-Viz.
    """

    def __init__(
        self,
        *,
        filepath: str,
        unique: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._unique = unique

    def load(self) -> pl.DataFrame:
        """Read the current version."""
        if open_table(self._filepath) is None:
            raise DatasetError(f"there is no table at {self._filepath}; run its pipeline first")
        rows = scan_table(self._filepath)
        if self._unique:
            rows = rows.unique(self._unique, keep="first", maintain_order=True)
        return rows.collect()

    def save(self, data: pl.LazyFrame) -> None:
        """Nothing to do: the rows are there."""

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows, for Kedro-Viz."""
        head = self.load().head(nrows).with_columns(pl.all().cast(pl.String))
        return TablePreview(head.to_pandas().to_dict(orient="split"))

    def _exists(self) -> bool:
        return open_table(self._filepath) is not None
