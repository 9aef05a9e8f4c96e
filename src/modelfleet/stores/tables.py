"""Parquet tables of pandas that are whole or not there, and whose preview survives missing times.

``kedro_datasets.pandas.ParquetDataset`` leaves half a file behind when it is killed. Its preview
hands ``NaT`` to Kedro-Viz, which cannot write it as JSON and builds nothing at all.
"""

from pathlib import Path

import pandas as pd
from kedro_datasets.pandas import ParquetDataset

from modelfleet.stores.frames import TablePreview
from modelfleet.stores.whole import whole_file

__all__ = ["ParquetTableDataset"]


class ParquetTableDataset(ParquetDataset):  # type: ignore[misc]  # kedro-datasets has no types
    """``pandas.ParquetDataset``, written at once and previewed as text."""

    def save(self, data: pd.DataFrame) -> None:
        """Write the table, whole or not at all."""
        if self._protocol != "file":  # object stores put whole objects
            super().save(data)
            return
        with whole_file(Path(self._get_save_path())) as temporary:
            data.to_parquet(temporary, **self._save_args)

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows as text, empty where nothing is known."""
        head = self.load().head(nrows)
        return TablePreview(head.astype("string").fillna("").to_dict(orient="split"))
