"""The lineage of releases, without opening each of them whole.

Only the files that are asked for are read. ``PROVENANCE.json`` names each with its digest, and the
digest of ``PROVENANCE.json`` stands in requests and in the channel.
"""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl

from modelfleet.domain.errors import ReleaseError, listing
from modelfleet.fleet.lineage import read_lineage, unknown_lineage
from modelfleet.fleet.provenance import LINEAGE, RUN_LINEAGE
from modelfleet.stores.release_rows import AT_ONCE, checked_table, provenance_of
from modelfleet.stores.release_store import ReleaseStore

__all__ = ["find_version", "lineage_of", "run_lineage_of", "versions_by_release"]

OLD_COLUMNS = ("sensor_id", "version", "trained_from", "trained_to", "rows", "readings")


def lineage_of(store: ReleaseStore, rid: str) -> pl.DataFrame:
    """What each model and each baseline of a release was made of.

    Args:
        store: of releases.
        rid: of the release.

    Returns:
        :data:`~modelfleet.fleet.lineage.LINEAGE_SCHEMA`; of a release that was made before lineage
        was recorded, rows without ``table_version`` and with a ``reason``.

    Raises:
        ReleaseError: it is not what its run left.
    """
    content = _attached(store, rid, LINEAGE)
    if content is not None:
        return read_lineage(content)
    tables = (checked_table(store, rid, name, OLD_COLUMNS) for name in ("models", "baselines"))
    return unknown_lineage(*tables, rid=rid)


def run_lineage_of(store: ReleaseStore, rid: str) -> dict[str, Any] | None:
    """What the run was made of that made a release; ``None`` where that was not recorded.

    Arguments and errors are those of :func:`lineage_of`.
    """
    content = _attached(store, rid, RUN_LINEAGE)
    return None if content is None else dict(json.loads(content))


def versions_by_release(
    store: ReleaseStore, wanted: Callable[[pl.DataFrame], pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """Rows of the lineage of every release that has any which are wanted.

    Args:
        store: of releases.
        wanted: picks rows.
    """
    rids = store.rids()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda rid: wanted(lineage_of(store, rid)), rids))
    return {rid: rows for rid, rows in zip(rids, found, strict=True) if not rows.is_empty()}


def find_version(
    store: ReleaseStore, prefix: str, *, sensor_id: str | None = None
) -> dict[str, dict[str, Any]]:
    """The one model or baseline whose version begins so, in each release that holds it.

    Args:
        store: of releases.
        prefix: of the version.
        sensor_id: whose it is; sensors with the same readings have the same version.

    Raises:
        ReleaseError: there is none, or more than one.
    """
    mine = pl.lit(value=True) if sensor_id is None else pl.col("sensor_id") == sensor_id
    wanted = mine & pl.col("version").str.starts_with(prefix)
    found = versions_by_release(store, lambda rows: rows.filter(wanted))
    keys = {(r["version"], r["sensor_id"]) for rows in found.values() for r in rows.to_dicts()}
    if len(keys) != 1:
        few = listing(f"{version[:12]} of {owner}" for version, owner in sorted(keys))
        what = f"may be {few}; add --sensor or more of it" if keys else "is no version of a model"
        raise ReleaseError(
            f"{prefix!r} {what}; `modelfleet history --sensor ID` shows the versions of a sensor"
        )
    return {rid: rows.row(0, named=True) for rid, rows in found.items()}


def _attached(store: ReleaseStore, rid: str, name: str) -> bytes | None:
    """A file about a run, once it is what the run said of it."""
    stated = {each["path"]: each["sha256"] for each in provenance_of(store, rid).get("files", [])}
    content = store.objects.get(f"{rid}/{name}")
    digest = None if content is None else hashlib.sha256(content).hexdigest()
    if digest != stated.get(name):
        raise ReleaseError(
            f"release {rid[:12]} cannot be trusted: altered {name!r}; publish it again from its "
            "run, or go back to the release before"
        )
    return content
