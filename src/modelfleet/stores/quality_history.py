"""The state of the data now and before its last change, in one JSON file."""

import polars as pl
from kedro.io import DatasetError

from modelfleet.domain.errors import DataError
from modelfleet.reporting.quality import QualityHistory, QualityState
from modelfleet.stores.describe import DescribedDataset
from modelfleet.stores.frames import TablePreview
from modelfleet.stores.objects import Objects

__all__ = ["QualityHistoryDataset"]


class QualityHistoryDataset(DescribedDataset[QualityState, QualityHistory]):
    """Saves the state of a run; loads it with the state before the last change.

    A state that is known already is not written again, so the state before the last change stays,
    however often an unchanged fleet is run. The file is there as a whole or not at all.

    Args:
        filepath: where the file lies, in a folder or a bucket.
        metadata: layer and description for Kedro-Viz.
    """

    def load(self) -> QualityHistory:
        """Both states."""
        found = self._read()
        if found is None:
            raise DatasetError(
                f"there is no history at {self._filepath}; "
                "run `kedro run --pipelines ingestion,validation` first"
            )
        return found

    def save(self, data: QualityState) -> None:
        """Remember a state, unless it is what the last run found."""
        known = self._read()
        history = QualityHistory(data) if known is None else known.then(data)
        if history is not known:
            folder, name = self._place()
            folder.put(name, history.to_json().encode())

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first sensors of the state now, for Kedro-Viz."""
        sensors = self.load().latest.sensors.head(nrows)
        text = sensors.with_columns(pl.col("reasons").list.join("; ")).cast(pl.String)
        return TablePreview(text.to_pandas().to_dict(orient="split"))

    def _read(self) -> QualityHistory | None:
        folder, name = self._place()
        content = folder.get(name)
        if content is None:
            return None
        try:
            return QualityHistory.from_json(content)
        except (ValueError, TypeError, AttributeError, pl.exceptions.PolarsError) as error:
            raise DataError(
                f"{self._filepath} cannot be read: {error}; delete it: the data-quality page then "
                "tells changes from the next one on"
            ) from error

    def _place(self) -> tuple[Objects, str]:
        folder, _, name = self._filepath.rpartition("/")
        return Objects(folder), name

    def _exists(self) -> bool:
        folder, name = self._place()
        return folder.get(name) is not None
