"""Keeps one batch in the three tables of ingestion, part by part, then as a whole.

Every table gets at most one commit, under the batch's identity as Delta application transaction.
The commit of readings decides: of several ingestions at once it lets one through. It also says
which files hold the rejected rows and what the account is; these two tables follow, and a run after
one that was killed completes them. A batch is there when its account is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from modelfleet.domain.errors import OvertakenError
from modelfleet.domain.lineage import canonical_json
from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.digests import ContentDigest, add_digests, digest_runs
from modelfleet.fleet.ingest.identity import IdKind
from modelfleet.fleet.ingest.readings import READINGS_SCHEMA, REJECTED_SCHEMA, Ingested
from modelfleet.fleet.spans import SPANS_SCHEMA, join_spans
from modelfleet.stores.delta import commit_value, open_table, scan_table
from modelfleet.stores.delta_commit import OVERTAKEN, Commit, NewFiles, commit_files, commit_once
from modelfleet.stores.held_readings import HeldReadings
from modelfleet.stores.known_spans import spans_known, tell_spans
from modelfleet.stores.readings import DIGESTS

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = [
    "ACCOUNT",
    "BATCH",
    "ID_KIND",
    "LAST",
    "REFUSED",
    "SETTINGS",
    "DeltaBatchWriter",
    "complete_batch",
    "next_turn",
]

SETTINGS = "settings"
LAST = "last_time"
ACCOUNT = "account"
BATCH = "batch"
ID_KIND = "id_kind"
REFUSED = "rejected_files"
NUMBERS = "modelfleet.accounts"
"""Every commit of an account claims its number, so that no two have the same one."""
WRITERS = "modelfleet.ingestion"
"""Every commit to readings claims the next number of this name, so that two ingestions at once
cannot both go through: the digests of the later one would forget the earlier one's rows."""

ACCOUNT_SCHEMA = pl.Schema(
    {
        "number": pl.Int64(),
        "batch": pl.String(),
        **dict.fromkeys(("rows_in", "stored", "duplicates", "late", "rejected"), pl.Int64()),
        "account": pl.String(),
    }
)


@dataclass
class DeltaBatchWriter:
    """A :class:`~modelfleet.fleet.ingest.store.BatchWriter` in Delta.

    Attributes:
        table: of readings as it is before the batch, or ``None`` before the first.
        readings: its path.
        rejected: path of the table of rejected rows.
        batches: path of the table of accounts.
        identity: of the batch.
    """

    table: "DeltaTable | None"
    readings: str
    rejected: str
    batches: str
    identity: str
    _new: NewFiles = field(init=False)
    _held: HeldReadings = field(init=False)
    _refused: NewFiles = field(init=False)
    _digests: dict[int, ContentDigest] = field(init=False)
    _last: datetime | None = field(init=False)
    _spans: list[pl.DataFrame] = field(init=False, default_factory=list)
    _rewritten: set[int] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._new, self._refused = NewFiles(self.readings), NewFiles(self.rejected)
        self._held = HeldReadings(self._new)
        self._digests = known_digests(self.table)
        text = commit_value(self.table, LAST)
        self._last = datetime.fromisoformat(text) if text else None

    def add(self, part: Ingested) -> None:
        """See :class:`~modelfleet.fleet.ingest.store.BatchWriter`."""
        if not part.rejected.is_empty():
            self._refused.write(part.rejected)
        self._digests = add_digests(self._digests, digest_runs(part.replaced), sign=-1)
        for readings in (part.corrections, part.readings):
            self._digests = add_digests(self._digests, digest_runs(readings))
            self._spans.append(readings.spans())
            latest = readings.rows["timestamp"].max()
            times = [t for t in (self._last, latest) if isinstance(t, datetime)]
            self._last = max(times, default=None)
        self._held.add(part.readings)
        if part.corrections.sensors.height:
            self._correct(part.corrections.table(), part.replaced.table())

    def commit(self, account: Account, *, settings: str, id_kind: IdKind) -> None:
        """See :class:`~modelfleet.fleet.ingest.store.BatchWriter`."""
        if self.table is not None and self.table.transaction_version(self.identity) is not None:
            raise OvertakenError(OVERTAKEN)
        self._held.flush()
        values = {
            DIGESTS: canonical_json({str(shard): str(d) for shard, d in self._digests.items()}),
            ID_KIND: id_kind,
            LAST: self._last.isoformat() if self._last else "",
            ACCOUNT: canonical_json(account.as_dict()),
            REFUSED: self._refused.as_text(),
            SETTINGS: settings,
            BATCH: self.identity,
        }
        if self.table is not None or self._new.added:
            before = self._spans_before()
            transactions = [(self.identity, 1), next_turn(self.table)]
            target = self.table or self.readings
            commit_files(
                target, READINGS_SCHEMA, self._new, transactions,
                values=values, replaced=sorted(self._rewritten),
            )  # fmt: skip
            self._new.added.clear()
            self._tell_spans(before)
        refused, self._refused = self._refused, NewFiles(self.rejected)
        complete_batch(self.batches, self.identity, account, refused)

    def _spans_before(self) -> pl.DataFrame | None:
        """Spans of the version before the batch, where nothing must be read to know them."""
        if self.table is None:
            return pl.DataFrame(schema=SPANS_SCHEMA)
        return spans_known(self.readings, str(self.table.metadata().id), self.table.version())

    def _tell_spans(self, before: pl.DataFrame | None) -> None:
        """Say what the version that was just written holds, rather than have it read again."""
        table = open_table(self.readings)
        if before is not None and table is not None:
            spans = join_spans(before, pl.concat(self._spans))
            tell_spans(self.readings, str(table.metadata().id), table.version(), spans)

    def abandon(self) -> None:
        """Remove what was written and not committed."""
        self._new.remove()
        self._refused.remove()

    def _correct(self, corrections: pl.DataFrame, replaced: pl.DataFrame) -> None:
        """Write what corrected shards held before the batch anew, with corrections in place."""
        shards = set(corrections["shard"])
        kept = (
            scan_table(self.readings)
            .filter(pl.col("shard").is_in(sorted(shards)))
            .join(replaced.lazy(), on=["sensor_id", "timestamp"], how="anti")
            .select(READINGS_SCHEMA.names())
            .cast(READINGS_SCHEMA)
            .collect()
        )
        rows = pl.concat([kept, corrections]).sort("shard", "sensor_id", "timestamp")
        for shard, frame in rows.partition_by("shard", as_dict=True, include_key=False).items():
            self._new.write(frame, shard=int(shard[0]))
        self._rewritten |= shards


def known_digests(table: "DeltaTable | None") -> dict[int, ContentDigest]:
    """Digests of the shards of a table of readings."""
    stored = json.loads(commit_value(table, DIGESTS) or "{}")
    return {int(shard): ContentDigest.parse(text) for shard, text in stored.items()}


def next_turn(table: "DeltaTable | None") -> tuple[str, int]:
    """The next number that a commit to readings claims."""
    return WRITERS, 1 + ((table.transaction_version(WRITERS) or 0) if table is not None else 0)


def complete_batch(batches: str, identity: str, account: Account, refused: NewFiles) -> None:
    """Make the rejected rows and the account of a batch part of their tables; then it is kept."""
    commit_once(refused.root, REJECTED_SCHEMA, identity, lambda _: (refused, ()))
    files = NewFiles(batches)

    def write(table: "DeltaTable | None") -> Commit:
        files.remove()  # one that was overtaken
        number = 0 if table is None else table.version() + 1
        files.write(_account_row(account, number))
        return files, [(NUMBERS, number)]

    try:
        commit_once(batches, ACCOUNT_SCHEMA, identity, write)
    finally:
        files.remove()


def _account_row(account: Account, number: int) -> pl.DataFrame:
    figures = account.as_dict()
    row: Mapping[str, object] = {
        **{name: figures.get(name) for name in ACCOUNT_SCHEMA.names()},
        "number": number,
        "rejected": sum(account.rejected.values()),
        "account": canonical_json(figures),
    }
    return pl.DataFrame([row], schema=ACCOUNT_SCHEMA)
