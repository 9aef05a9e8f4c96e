"""No row is lost: what came in is stored, rejected with a reason, or an exact duplicate."""

from dataclasses import asdict, dataclass, field
from typing import Any

from modelfleet.domain.errors import AccountError

__all__ = ["Account"]


@dataclass(frozen=True)
class Account:
    """Where the rows of one batch went.

    Attributes:
        rows_in: raw rows, one per sensor and timestamp (cells, in a wide layout).
        stored: rows in the table of readings.
        duplicates: exact repetitions of a stored row.
        rejected: rows by reason.
        moved_to_grid: stored rows whose timestamp was off the grid, within tolerance.
        missing_values: stored rows without a value.
        ignored_columns: raw columns that nothing asked for.
    """

    rows_in: int
    stored: int
    duplicates: int
    rejected: dict[str, int]
    moved_to_grid: int = 0
    missing_values: int = 0
    ignored_columns: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Assert that the account balances.

        Raises:
            AccountError: with all figures.
        """
        out = self.stored + self.duplicates + sum(self.rejected.values())
        if self.rows_in != out:
            raise AccountError(
                f"{self.rows_in} rows came in, but {self.stored} stored + {self.duplicates} "
                f"duplicates + {sum(self.rejected.values())} rejected make {out}; "
                f"rejected by reason: {self.rejected}"
            )

    def as_dict(self) -> dict[str, Any]:
        """The account as JSON can hold it."""
        return asdict(self)
