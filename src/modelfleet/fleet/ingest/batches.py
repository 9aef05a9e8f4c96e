"""Raw rows in batches: what a source hands over, and what is ingested in one commit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import polars as pl

__all__ = ["Batch", "RawSource"]


@dataclass(frozen=True)
class Batch:
    """A share of the raw rows.

    Attributes:
        name: what people call it, such as the name of a file; stands in accounts and errors.
        identity: changes when the content changes. A batch whose identity was ingested before is
            skipped without being read, so it is made from what costs nothing to ask: names, sizes,
            times, versions.
        read: opens the rows; nothing is read before.
        rereads: whether they may be read several times at little cost, as columnar files may.
            Otherwise they are read once, into a temporary file.
    """

    name: str
    identity: str
    read: Callable[[], pl.LazyFrame]
    rereads: bool = False


class RawSource(Protocol):
    """Where raw rows come from."""

    def batches(self) -> Iterable[Batch]:
        """All batches in the order in which they are to be ingested; lists, and reads no rows.

        Raises:
            DataError: nothing is there.
        """
        ...
