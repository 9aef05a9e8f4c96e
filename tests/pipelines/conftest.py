"""Clusters and servers for runs."""

from tests.clusters import dask_cluster
from tests.servers import s3_server

__all__ = ["dask_cluster", "s3_server"]
