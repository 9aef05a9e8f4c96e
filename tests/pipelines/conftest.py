"""Clusters, servers and fleets for runs."""

from tests.clusters import dask_cluster
from tests.pipelines.second_run import fleet
from tests.servers import s3_server

__all__ = ["dask_cluster", "fleet", "s3_server"]
