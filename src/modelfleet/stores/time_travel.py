"""The readings as they were: a version of the table, once it is sure that it is the very one."""

from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

from modelfleet.domain.errors import DataError, RetiredError, listing
from modelfleet.fleet.ingest.digests import digest_shards
from modelfleet.fleet.isolation import reason_of
from modelfleet.stores.delta import open_table
from modelfleet.stores.objects import Objects
from modelfleet.stores.order import by_sensor_and_time
from modelfleet.stores.readings import DeltaReadings, digests_of_version

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["readings_of_shard", "readings_of_version"]

REMEDY = (
    "what was learned from it cannot be learned again; restore the table from a backup, or train "
    "anew with `kedro run`. The release itself is whole, and goes on serving"
)


def readings_of_version(path: str, *, table_id: str, version: int) -> DeltaReadings:
    """A version of a table of readings.

    Args:
        path: of the table.
        table_id: that it must have: another table may have taken its place.
        version: of the table.

    Raises:
        RetiredError: the table or that version of it is not there any more.
    """
    newest = open_table(path)
    if newest is None:
        raise RetiredError(f"there is no table of readings at {path}; {REMEDY}")
    if (found := str(newest.metadata().id)) != table_id:
        raise RetiredError(
            f"the table of readings at {path} is {found}, and not {table_id}, which was learned "
            f"from: it was made anew since; {REMEDY}"
        )
    if version > newest.version():
        raise RetiredError(
            f"the table of readings at {path} has no version {version} yet, the newest is "
            f"{newest.version()}: an older copy of it was restored; {REMEDY}"
        )
    _opened(path, version)
    return DeltaReadings(path, table_id, version, digests_of_version(path, version) or {})


def readings_of_shard(readings: DeltaReadings, shard: int, *, digest: str | None) -> pl.DataFrame:
    """The readings of a shard, once every value of them is what it was.

    Args:
        readings: a version, from :func:`readings_of_version`.
        shard: which one.
        digest: of its content, as it was recorded by whoever learned from it; ``None`` where the
            shard had no readings.

    Returns:
        ``sensor_id``, ``timestamp``, ``value``, sorted.

    Raises:
        RetiredError: files of that version are gone.
        DataError: the rows are others than those that were recorded.
    """
    where = f"version {readings.version} of the readings at {readings.path}"
    if gone := _missing(readings, shard):
        raise RetiredError(
            f"{where} has lost {len(gone)} files of shard {shard}, such as {listing(gone[:1])}: "
            f"the table was vacuumed; {REMEDY}"
        )
    try:
        rows = by_sensor_and_time(readings.read(shard))
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:  # Arrow raises the last
        raise DataError(f"{where} cannot be read: {reason_of(error)}; {REMEDY}") from error
    found = digest_shards(rows.with_columns(shard=pl.lit(shard, dtype=pl.Int64)))
    known = str(found[shard]) if found else None
    if known != digest:
        raise DataError(
            f"{where} holds other rows in shard {shard} than were learned from (digest {known}, "
            f"recorded {digest}): its files were changed by somebody else than ingestion; {REMEDY}"
        )
    return rows


def _opened(path: str, version: int) -> "DeltaTable":
    from deltalake.exceptions import DeltaError

    try:
        table = open_table(path, version=version)
    except (DeltaError, OSError, ValueError) as error:
        raise RetiredError(
            f"version {version} of the readings at {path} is not in the table's log any more "
            f"({reason_of(error)}): the log was shortened; {REMEDY}"
        ) from error
    if table is None:
        raise RetiredError(f"there is no table of readings at {path}; {REMEDY}")
    return table


def _missing(readings: DeltaReadings, shard: int) -> list[str]:
    """Files of a shard that the version names and that are not there."""
    actions = pl.DataFrame(_opened(readings.path, readings.version).get_add_actions(flatten=True))
    named = [unquote(n) for n in actions.filter(pl.col("partition.shard") == shard)["path"]]
    places = Objects(readings.path)
    return [name for name in named if places.size(name) is None]
