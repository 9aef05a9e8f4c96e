"""Small raw tables, such as the metadata of the sensors: CSV that is read as text, strictly.

``pandas.read_csv`` guesses where a file is not what its header says: a row with one field more than
the header turns the first column into an index and shifts all others, and of two columns of one
name the second gets another. Here the first is an error, and the second reaches the validator.
"""

from typing import Any

import pandas as pd
from kedro.io import DatasetError
from kedro_datasets.pandas import CSVDataset

from modelfleet.domain.errors import listing
from modelfleet.stores.frames import TablePreview

__all__ = ["RawTableDataset"]

AS_TEXT = {"dtype": str, "keep_default_na": False, "na_values": [""]}  # an id may be 007 or NA
OURS = ("header", "names", "index_col", "usecols", *AS_TEXT)


class RawTableDataset(CSVDataset):  # type: ignore[misc]  # kedro-datasets has no types
    """``pandas.CSVDataset`` for a delivered table; every cell is text, empty ones are null.

    Args:
        filepath: of the CSV file; anything that fsspec opens.
        load_args: options of ``pandas.read_csv`` that say how the file is written, such as ``sep``
            or ``encoding``; types and columns are not for them to choose.
        options: further arguments of ``pandas.CSVDataset``.

    Raises:
        DatasetError: ``load_args`` choose types or columns.
    """

    def __init__(
        self, *, filepath: str, load_args: dict[str, Any] | None = None, **options: Any
    ) -> None:
        chosen = sorted(set(load_args or {}) & set(OURS))
        if chosen:
            raise DatasetError(
                f"load_args of {filepath} choose {listing(chosen)}; a raw table is read as text, "
                "with the columns of its first line: leave them out, or use pandas.CSVDataset"
            )
        # The header is read as a row, so that a row which is longer is an error.
        read_args = {**(load_args or {}), **AS_TEXT, "header": None}
        super().__init__(filepath=filepath, load_args=read_args, **options)

    def load(self) -> pd.DataFrame:
        """Read the table; its columns keep the names that the file gives them.

        Raises:
            DatasetError: there is no such file, or it is empty, no CSV, or of another encoding.
        """
        try:
            rows: pd.DataFrame = super().load()
        except DatasetError as error:
            explained = _explain(str(self._filepath), error.__cause__)
            if explained is None:
                raise
            raise DatasetError(explained) from None
        header = list(rows.iloc[0])
        return rows.iloc[1:].set_axis(header, axis="columns").reset_index(drop=True)

    def save(self, data: Any) -> None:
        """Refused: a delivered table is what it is.

        Raises:
            DatasetError: always.
        """
        raise DatasetError("a raw table is read, not saved")

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows as text, empty where nothing is known."""
        return TablePreview(self.load().head(nrows).fillna("").to_dict(orient="split"))


def _explain(place: str, error: BaseException | None) -> str | None:
    """What is wrong with a file and what to do, or ``None`` for what nobody foresaw."""
    match error:
        case FileNotFoundError():
            return (
                f"there is no file {place}; deliver it, its header alone where there is nothing to "
                "say, or correct filepath in the catalog"
            )
        case pd.errors.EmptyDataError():
            return (
                f"{place} is empty, it has not even a header; a delivery may have broken off: "
                "deliver it again, its header alone where there is nothing to say"
            )
        case pd.errors.ParserError() | UnicodeError():
            return (
                f"{place} cannot be read as CSV: {str(error).strip()}; correct the file, or set "
                "sep or encoding in load_args of the catalog"
            )
        case _:
            return None
