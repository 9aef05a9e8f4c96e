"""Commits of files that we wrote ourselves to a Delta table: part by part, then all at once.

A table's own writer takes one frame per commit; a batch that is larger than memory comes in parts.
"""

import io
import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import polars as pl

from modelfleet.domain.errors import DataError, OvertakenError
from modelfleet.stores.delta import RETENTION, open_table
from modelfleet.stores.objects import Objects

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable, Schema
    from deltalake.transaction import AddAction, RemoveAction

__all__ = ["OVERTAKEN", "Commit", "NewFiles", "commit_files", "commit_once", "statistics_of"]

SHARD = "shard"
FIRST = "_delta_log/00000000000000000000.json"
"""The first entry of a table's log."""
OVERTAKEN = (
    "another ingestion wrote to the same tables at the same time; nothing of this batch was "
    "stored; run again"
)


Commit = tuple["NewFiles", Sequence[tuple[str, int]]]
"""Files, and further transactions that their commit claims."""


@dataclass
class NewFiles:
    """Files in the folder of a table that are no part of it before they are committed.

    Attributes:
        root: folder or URL of the table.
        added: what was written, as a commit names it.
    """

    root: str
    added: "list[AddAction]" = field(default_factory=list)

    def write(self, frame: pl.DataFrame, *, shard: int | None = None, news: bool = True) -> None:
        """Write a file.

        Args:
            frame: its rows, without the column ``shard``.
            shard: partition that it belongs to; none in a table without partitions.
            news: whether it says anything that the table did not say before.

        Raises:
            DataError: it cannot be written.
        """
        content = io.BytesIO()
        # Written once and read by every stage: snappy reads nearly twice as fast as zstd.
        frame.write_parquet(content, compression="snappy")
        self.put(content.getvalue(), statistics_of(frame.height, frame), shard=shard, news=news)

    def put(
        self,
        content: bytes | memoryview,
        statistics: str,
        *,
        shard: int | None = None,
        news: bool = True,
    ) -> None:
        """Write a file as it is.

        Args:
            content: of a Parquet file.
            statistics: what readers skip it by.
            shard: see :meth:`write`.
            news: likewise.

        Raises:
            DataError: it cannot be written.
        """
        from deltalake.transaction import AddAction  # loads Arrow
        from obstore.exceptions import BaseError

        name = f"part-{uuid.uuid4().hex}.parquet"
        path = name if shard is None else f"{SHARD}={shard}/{name}"
        try:
            Objects(self.root).put(path, content)
        except (BaseError, OSError) as error:
            raise DataError(_refusal(self.root, error)) from error
        partition = {} if shard is None else {SHARD: str(shard)}
        now = int(time.time() * 1000)
        self.added.append(AddAction(path, len(content), partition, now, news, statistics))

    def as_text(self) -> str:
        """What was written, so that another process can commit it."""
        return json.dumps([[a.path, a.size, a.stats] for a in self.added])

    @classmethod
    def of_text(cls, root: str, text: str) -> Self:
        """Files, in a table without partitions, that another process wrote."""
        from deltalake.transaction import AddAction  # loads Arrow

        now = int(time.time() * 1000)
        return cls(root, [AddAction(p, size, {}, now, True, s) for p, size, s in json.loads(text)])

    def remove(self) -> None:
        """Remove what was written, and folders that are empty without it."""
        for action in self.added:
            Objects(self.root).remove(action.path)
        self.added.clear()


def commit_files(
    target: "DeltaTable | str",
    schema: pl.Schema,
    files: NewFiles,
    transactions: Sequence[tuple[str, int]],
    *,
    values: Mapping[str, str] | None = None,
    replaced: Iterable[int] = (),
    removed: Iterable[tuple[str, int]] = (),
) -> None:
    """Make files part of a table in one commit.

    Args:
        target: the table as it was when ``values`` were made, or the place of a new one.
        schema: of the table; a column ``shard`` partitions it.
        files: written in the table's folder.
        transactions: names that this commit claims, with their versions.
        values: kept with the commit.
        replaced: shards whose other files leave the table.
        removed: files that leave it because others hold the same rows, each with its shard.

    Raises:
        OvertakenError: another writer was there first.
        DataError: the log cannot be written.
    """
    from deltalake import CommitProperties, Transaction  # loads Arrow
    from deltalake.exceptions import CommitFailedError, DeltaError
    from obstore.exceptions import BaseError

    properties = CommitProperties(
        custom_metadata=dict(values or {}),
        app_transactions=[Transaction(*each) for each in transactions],
    )
    try:
        actions = [*files.added, *(_removal(*each) for each in removed)]
        if isinstance(target, str):
            _create(target, schema, actions, properties)
        else:
            _append(target, schema, actions, properties, [str(shard) for shard in replaced])
    except (DeltaError, BaseError, OSError) as error:
        if isinstance(error, CommitFailedError):
            raise OvertakenError(OVERTAKEN) from error
        raise DataError(_refusal(files.root, error)) from error


def commit_once(
    path: str,
    schema: pl.Schema,
    identity: str,
    write: Callable[["DeltaTable | None"], Commit],
    *,
    values: Mapping[str, str] | None = None,
) -> bool:
    """Commit what belongs to a transaction, unless somebody did so before.

    The table that is asked is the very one through which files are appended: whoever commits the
    same transaction between question and commit makes Delta refuse this one. A table that was
    opened after that commit would take the files a second time without a word.

    Args:
        path: of the table.
        schema: of the table.
        identity: the transaction.
        write: brings the files for the table as it is, and further transactions to claim.
        values: kept with the commit.

    Returns:
        whether anything was committed.
    """
    while True:
        table = open_table(path)
        if table is not None and table.transaction_version(identity) is not None:
            return False
        files, claims = write(table)
        claimed = [(identity, 1), *claims]
        try:
            commit_files(table or path, schema, files, claimed, values=values)
        except OvertakenError:
            continue  # the table is another one now: it is asked again
        files.added.clear()
        return True


def _create(path: str, schema: pl.Schema, actions: list[Any], kept: "CommitProperties") -> None:
    """Put the first entry of a table's log in place, unless there is one.

    Of two writers that create a table at once, Delta's own way lets the second one go on as if it
    had appended. So the entry is made in a folder of ours, and put where it belongs exclusively.
    """
    from deltalake.transaction import create_table_with_add_actions

    with tempfile.TemporaryDirectory(prefix="modelfleet-") as folder:
        create_table_with_add_actions(
            folder,
            _fields(schema),
            actions,
            partition_by=_partitions(schema),
            configuration=dict(RETENTION),
            commit_properties=kept,
        )
        entry = Path(folder, FIRST).read_bytes()
    if not Objects(path).create(FIRST, entry):
        raise OvertakenError(OVERTAKEN)


def _append(
    table: "DeltaTable",
    schema: pl.Schema,
    actions: list[Any],
    kept: "CommitProperties",
    replaced: list[str],
) -> None:
    mode = "overwrite" if replaced else "append"
    table.create_write_transaction(
        actions,
        mode,
        _fields(schema),
        _partitions(schema),
        [(SHARD, "in", replaced)] if replaced else None,
        commit_properties=kept,
    )


def _removal(path: str, shard: int) -> "RemoveAction":
    from deltalake.transaction import RemoveAction

    now = int(time.time() * 1000)
    return RemoveAction(path, False, now, partition_values={SHARD: str(shard)})


def _fields(schema: pl.Schema) -> "Schema":
    from deltalake import Schema

    return Schema.from_arrow(pl.DataFrame(schema=schema).to_arrow().schema)


def _partitions(schema: pl.Schema) -> list[str]:
    return [SHARD] if SHARD in schema else []


def statistics_of(rows: int, columns: Iterable[pl.Series]) -> str:
    """What readers skip files by: rows, and the least and greatest of each column.

    Args:
        rows: of the file.
        columns: or the distinct values of one, which say the same unless some are missing.
    """

    def shown(value: Any) -> Any:
        return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value

    known = {column.name: column for column in columns}
    least = {name: shown(column.min()) for name, column in known.items()}
    greatest = {name: shown(column.max()) for name, column in known.items()}
    return json.dumps(
        {
            "numRecords": rows,
            "minValues": {name: value for name, value in least.items() if value is not None},
            "maxValues": {name: value for name, value in greatest.items() if value is not None},
            "nullCount": {name: column.null_count() for name, column in known.items()},
        }
    )


def _refusal(place: str, error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return (
        f"{place} cannot be written: {lines[0]}; this table is as it was; free space or "
        "correct the permissions, and run again, which takes the batch or completes it"
    )
