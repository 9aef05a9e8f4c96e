"""A Polars table in Delta, written only when its content changed."""

from typing import Any, NewType

import polars as pl
from kedro.io import DatasetError

from modelfleet.domain.lineage import digest_of
from modelfleet.stores.delta import commit_value, open_table, replace_table
from modelfleet.stores.describe import DescribedDataset

__all__ = ["DeltaFrameDataset"]

# Kedro-Viz finds previews by the name of this type.
TablePreview = NewType("TablePreview", dict[str, Any])

DIGEST = "content_digest"


class DeltaFrameDataset(DescribedDataset[pl.DataFrame, pl.DataFrame]):
    """A whole table per save; earlier versions stay readable by time travel."""

    def load(self) -> pl.DataFrame:
        """Read the current version."""
        table = open_table(self._filepath)
        if table is None:
            raise DatasetError(f"there is no table at {self._filepath}; run its pipeline first")
        return pl.scan_delta(table).collect()

    def save(self, data: pl.DataFrame) -> None:
        """Replace the content, unless it is the same."""
        digest = digest_of(str(data.schema), data.write_csv(None))
        if commit_value(open_table(self._filepath), DIGEST) != digest:
            replace_table(self._filepath, data, values={DIGEST: digest}, partition_by=[])

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows, for Kedro-Viz."""
        head = self.load().head(nrows).with_columns(pl.all().cast(pl.String))
        return TablePreview(head.to_pandas().to_dict(orient="split"))

    def _exists(self) -> bool:
        return open_table(self._filepath) is not None
