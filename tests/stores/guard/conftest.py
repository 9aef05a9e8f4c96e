"""Servers and workers for the guard."""

from collections.abc import Iterator

import pytest

from tests.clusters import DaskCluster, start_cluster
from tests.servers import postgres_server, s3_server
from tests.stores.guard.apart import Apart, start_apart

__all__ = ["dask_cluster", "postgres_server", "s3_server"]


@pytest.fixture(scope="package")  # idle clusters take a core
def dask_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """One worker process."""
    with start_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """A process that runs pipelines in parallel."""
    with start_apart(tmp_path_factory.mktemp("apart") / "log") as process:
        yield process
