"""Parquet tables of pandas with a preview that survives missing times.

The preview of ``kedro_datasets.pandas.ParquetDataset`` hands ``NaT`` to Kedro-Viz, which cannot
write it as JSON and builds nothing at all.
"""

from kedro_datasets.pandas import ParquetDataset

from modelfleet.stores.frames import TablePreview

__all__ = ["ParquetTableDataset"]


class ParquetTableDataset(ParquetDataset):  # type: ignore[misc]  # kedro-datasets has no types
    """``pandas.ParquetDataset``, previewed as text."""

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows as text, empty where nothing is known."""
        head = self.load().head(nrows)
        return TablePreview(head.astype("string").fillna("").to_dict(orient="split"))
