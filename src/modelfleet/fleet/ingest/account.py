"""No row is lost: what came in is stored, merged, rejected with a reason, or a duplicate."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from modelfleet.domain.errors import AccountError

__all__ = ["Account"]


@dataclass(frozen=True)
class Account:
    """Where the rows of one batch, or of all batches, went.

    Attributes:
        rows_in: raw rows, one per sensor and timestamp (cells, in a wide layout).
        stored: rows that are new in the table of readings, or that correct it.
        duplicates: rows that say what another row says, in the batch or stored before; a missing
            value says nothing and repeats any other.
        rejected: rows by reason.
        merged: rows on a finer grid that went into the value of another row of their step.
        batch: name of the batch; empty for all of them.
        moved_to_grid: stored rows whose timestamp was off the grid, within tolerance.
        missing_values: stored rows without a value.
        late: stored rows older than the newest row stored before.
        corrections: stored rows that replace a stored value, or fill one that was missing.
        ignored_columns: raw columns that nothing asked for.
    """

    rows_in: int
    stored: int
    duplicates: int
    rejected: dict[str, int]
    batch: str = ""
    merged: int = 0
    moved_to_grid: int = 0
    missing_values: int = 0
    late: int = 0
    corrections: int = 0
    ignored_columns: list[str] = field(default_factory=list)

    @classmethod
    def total(cls, accounts: Sequence["Account"]) -> Self:
        """All batches together."""
        rejected: Counter[str] = Counter()
        for account in accounts:
            rejected.update(account.rejected)
        sums = {name: sum(getattr(account, name) for account in accounts) for name in COUNTS}
        columns = {column for account in accounts for column in account.ignored_columns}
        return cls(**sums, rejected=dict(sorted(rejected.items())), ignored_columns=sorted(columns))

    def check(self) -> None:
        """Assert that the account balances.

        Raises:
            AccountError: with all figures.
        """
        rejected = sum(self.rejected.values())
        out = self.stored + self.duplicates + self.merged + rejected
        if self.rows_in != out:
            raise AccountError(
                f"{self.batch or 'raw readings'}: {self.rows_in} rows came in, but {self.stored} "
                f"stored + {self.duplicates} duplicates + {self.merged} merged + {rejected} "
                f"rejected make {out}; rejected by reason: {self.rejected}"
            )

    def as_dict(self) -> dict[str, Any]:
        """The account as JSON can hold it."""
        return asdict(self)


COUNTS = (
    "rows_in",
    "stored",
    "duplicates",
    "merged",
    "moved_to_grid",
    "missing_values",
    "late",
    "corrections",
)
