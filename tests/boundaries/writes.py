"""Ways to write to production past every guard of ours: by the libraries, and by our own stores.

Run as a module it tries all of them on a folder, and prints what each got as JSON.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from modelfleet.stores.denials import denial_of

__all__ = ["attempt", "writes_of_libraries", "writes_to_files"]

Attempt = Callable[[], Any]


def writes_of_libraries(
    store: Any, root: str, options: dict[str, str] | None = None
) -> dict[str, Attempt]:
    """What obstore and Delta can do to a tree with a table at ``t`` and an object ``kept``.

    Args:
        store: obstore's, at the root.
        root: where the tree lies.
        options: by which Delta opens it.
    """
    import obstore
    from deltalake import DeltaTable

    rows = pl.DataFrame({"sensor_id": ["intruder"], "value": [1.0]})
    table = f"{root}/t"

    def write(mode: Any, to: str = table) -> Attempt:
        return lambda: rows.write_delta(to, mode=mode, storage_options=options)

    def opened() -> DeltaTable:
        return DeltaTable(table, storage_options=options)

    return {
        "put": lambda: obstore.put(store, "new", b"x"),
        "create": lambda: obstore.put(store, "created", b"x", mode="create"),
        "overwrite": lambda: obstore.put(store, "kept", b"x"),
        "multipart": lambda: obstore.put(store, "large", b"x" * 12_000_000, chunk_size=6_000_000),
        "delete": lambda: obstore.delete(store, "kept"),
        "copy": lambda: obstore.copy(store, "kept", "copied"),
        "rename": lambda: obstore.rename(store, "kept", "renamed"),
        "Delta append": write("append"),
        "Delta overwrite": write("overwrite"),
        "Delta create": write("error", f"{root}/t2"),
        "Delta delete": lambda: opened().delete(),
        "Delta update": lambda: opened().update(updates={"value": "0"}),
        "Delta restore": lambda: opened().restore(0),
        "Delta checkpoint": lambda: opened().create_checkpoint(),
        "Delta compact": lambda: opened().optimize.compact(),  # noqa: PLW0108  opened when tried
        "Delta vacuum": lambda: opened().vacuum(0, dry_run=False, enforce_retention_duration=False),
    }


def writes_to_files(root: Path) -> dict[str, Attempt]:
    """What a program can do to files and folders."""
    kept, folder = root / "kept", root / "t"
    rows = pl.DataFrame({"value": [1.0]})
    return {
        "open": lambda: (root / "opened").write_bytes(b"x"),
        "append": lambda: kept.open("ab").write(b"x"),
        "truncate": lambda: kept.open("r+b"),
        "unlink": kept.unlink,
        "replace": lambda: kept.replace(root / "moved"),
        "mkdir": (root / "made").mkdir,
        "link": lambda: (root / "linked").symlink_to(kept),
        "remove folder": lambda: folder.rename(root / "gone"),
        "Polars": lambda: rows.write_parquet(root / "p.parquet"),
        "pandas": lambda: rows.to_pandas().to_parquet(root / "p.parquet"),
        "SQLite": lambda: _sqlite(root / "kept.db"),
    }


def _sqlite(file: Path) -> None:
    import sqlite3

    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE intruders (n int)")


def attempt(writes: Mapping[str, Attempt]) -> dict[str, str]:
    """What became of each: ``done``, or who refused; an error that tells of nobody as it is."""
    return {name: _outcome(write) for name, write in writes.items()}


def _outcome(write: Attempt) -> str:
    try:
        write()
    except Exception as error:  # noqa: BLE001  libraries raise what they like
        return str(denial_of(error) or f"{type(error).__name__}: {error}")
    return "done"


if __name__ == "__main__":
    from obstore.store import LocalStore

    place = sys.argv[1]
    tried = writes_of_libraries(LocalStore(place), place) | writes_to_files(Path(place))
    print(json.dumps(attempt(tried)))
