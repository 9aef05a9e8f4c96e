"""Predictions in a Delta table: appended once per origin, in one file and one commit.

An origin is a transaction of the table. Of two runs that forecast the same one at once, one
commits, and the other finds that it is done; a run that is killed leaves nothing that belongs to
the table.
"""

import json
import logging
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
from kedro.io import DatasetError

from modelfleet.fleet.inference import PREDICTION_SCHEMA, Kept
from modelfleet.stores.delta import open_table, scan_table
from modelfleet.stores.delta_commit import Commit, NewFiles, commit_once
from modelfleet.stores.describe import DescribedDataset
from modelfleet.stores.frames import TablePreview

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["KeptPredictionsDataset", "PredictionsDataset", "append_origin"]

logger = logging.getLogger(__name__)

ORIGIN, RELEASES = "origin", "releases"
KEY = ["sensor_id", "timestamp"]


class PredictionsDataset(DescribedDataset[pl.DataFrame, pl.LazyFrame]):
    """Appends the predictions of an origin, unless they are there; scans all of them."""

    def load(self) -> pl.LazyFrame:
        """The table as it is, to be filtered and collected."""
        if open_table(self._filepath) is None:
            raise DatasetError(
                f"there are no predictions at {self._filepath}; "
                "run `kedro run --pipelines ingestion,inference` first"
            )
        return scan_table(self._filepath)

    def save(self, data: pl.DataFrame) -> None:
        """Append the predictions of one origin; those of an origin that is there are left out."""
        origin = _check(data)
        if append_origin(self._filepath, data):
            logger.info("origin %s: appended %d rows", _told(origin), data.height)
        else:
            logger.warning(
                "origin %s was forecast by another run meanwhile: nothing was added", _told(origin)
            )

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows of the newest origin, for Kedro-Viz."""
        rows = self.load()
        newest = rows.filter(pl.col(ORIGIN) == pl.col(ORIGIN).max()).sort(KEY).head(nrows)
        text = newest.collect().with_columns(pl.all().cast(pl.String))
        return TablePreview(text.to_pandas().to_dict(orient="split"))

    def _exists(self) -> bool:
        return open_table(self._filepath) is not None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "format": "delta"}


class KeptPredictionsDataset(DescribedDataset[Any, "DeltaPredictions"]):
    """What was forecast before: a run looks at it before it forecasts."""

    def load(self) -> "DeltaPredictions":
        """The table, whether it is there or not."""
        return DeltaPredictions(self._filepath)

    def save(self, data: Any) -> None:
        """Refused: predictions are appended through ``predictions``."""
        raise DatasetError("what was forecast before is looked at; save to `predictions` instead")

    def _exists(self) -> bool:
        return True


class DeltaPredictions:
    """A :class:`~modelfleet.fleet.inference.KeptPredictions` in Delta."""

    def __init__(self, path: str) -> None:
        self._path = path

    def kept(self, origins: Collection[datetime]) -> Mapping[datetime, Kept]:
        """See :class:`~modelfleet.fleet.inference.KeptPredictions`."""
        table = open_table(self._path)
        done = [
            origin
            for origin in origins
            if table is not None and table.transaction_version(_identity(origin)) is not None
        ]
        if not done:
            return {}
        rows = scan_table(self._path).filter(
            pl.col(ORIGIN).is_between(min(done), max(done)) & pl.col(ORIGIN).is_in(done)
        )
        made = rows.group_by(ORIGIN).agg(
            pl.col("release").drop_nulls().unique().sort(), pl.col("readings_version").first()
        )
        return {
            origin: Kept(tuple(releases), version)
            for origin, releases, version in made.collect().iter_rows()
        }


def append_origin(path: str, rows: pl.DataFrame) -> bool:
    """Append the predictions of one origin.

    Args:
        path: of the table.
        rows: all of them, :data:`~modelfleet.fleet.inference.PREDICTION_SCHEMA`.

    Returns:
        ``False`` where the table has predictions of this origin: it is left as it is.

    Raises:
        DataError: the table cannot be written; it is as it was.
    """
    origin = _check(rows)
    files = NewFiles(path)

    def write(_table: "DeltaTable | None") -> Commit:
        if not files.added:
            files.write(rows.sort(KEY))
        return files, []

    releases = rows["release"].drop_nulls().unique().sort().to_list()
    told = {ORIGIN: origin.isoformat(), RELEASES: json.dumps(releases)}
    try:
        return commit_once(path, PREDICTION_SCHEMA, _identity(origin), write, values=told)
    finally:
        files.remove()  # of what was committed nothing is listed any more


def _identity(origin: datetime) -> str:
    return f"origin {origin.astimezone(UTC).isoformat()}"


def _told(origin: datetime) -> str:
    return f"{origin:%Y-%m-%d %H:%M} UTC"


def _check(rows: pl.DataFrame) -> datetime:
    """The one origin of some predictions."""
    if rows.schema != PREDICTION_SCHEMA:
        raise DatasetError(
            f"predictions have the columns {dict(rows.schema)}, not {dict(PREDICTION_SCHEMA)}"
        )
    origins = rows[ORIGIN].unique().to_list()
    if len(origins) != 1 or origins[0] is None:
        raise DatasetError(f"predictions are appended origin by origin; here are {origins}")
    origin: datetime = origins[0]
    return origin
