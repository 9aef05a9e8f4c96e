"""A batch of which too much cannot be read is a mistake in the file or its layout, not bad luck."""

from dataclasses import dataclass, field

import polars as pl

from modelfleet.domain.errors import DataError, SchemaError
from modelfleet.fleet.ingest.reasons import UNREADABLE
from modelfleet.fleet.ingest.values import DECIMAL_COMMA

__all__ = ["UnreadableRows"]

EXAMPLES = 10


@dataclass
class UnreadableRows:
    """Counts the rows of a batch that cannot be read, and remembers the first of them.

    Attributes:
        what: names the batch.
        rows: all rows of the batch.
        most: share of them that may be unreadable.
    """

    what: str
    rows: int
    most: float
    unreadable: int = 0
    seen: int = 0
    examples: list[tuple[int, str | None, str | None]] = field(default_factory=list)

    def add(self, rejected: pl.DataFrame, rows: int) -> None:
        """Count a part of the batch, and refuse the batch as soon as it is too much.

        Args:
            rejected: the part's rejected rows, as text.
            rows: all its rows.

        Raises:
            SchemaError: decimals are written with a comma.
            DataError: too many rows cannot be read.
        """
        bad = rejected.filter(pl.col("reason").is_in(UNREADABLE))
        self._refuse_commas(bad.filter(pl.col("reason") == "unreadable_value"))
        self.seen += rows
        self.unreadable += bad.height
        first = bad.head(EXAMPLES).select("row", "timestamp", "value").rows()
        self.examples = sorted(self.examples + first)[:EXAMPLES]
        if self.unreadable > self.most * self.rows:
            least = "" if self.seen == self.rows else "at least "
            raise DataError(
                f"{self.what}: {least}{self.unreadable} of {self.rows} rows cannot be read, more "
                f"than {self.most:.1%}; the first are (row, timestamp, value) {self.examples}; "
                "correct the file, or ingestion.readings in parameters_ingestion.yml"
            )

    def _refuse_commas(self, no_number: pl.DataFrame) -> None:
        commas = no_number.filter(pl.col("value").str.contains(DECIMAL_COMMA))
        if commas.height:
            first = commas.head(EXAMPLES).select("row", "value").rows()
            raise SchemaError(
                f"{self.what}: {commas.height} values have a decimal comma; the first are (row, "
                f"value) {first}; set decimal_comma in the catalog entry's load_args, or write "
                "decimal points"
            )
