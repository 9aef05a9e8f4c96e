"""Clusters for engines."""

from tests.clusters import dask_cluster

__all__ = ["dask_cluster"]
