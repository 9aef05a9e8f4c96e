"""What workers do in these tests; they import nothing more."""

import polars as pl

from modelfleet.stores.workspace import ObjectWorkspace

__all__ = ["put_there"]


def put_there(workspace: ObjectWorkspace) -> None:
    """What a task does on a worker."""
    workspace.put("kind/0001-ff.parquet", pl.DataFrame({"sensor_id": ["a"]}))
