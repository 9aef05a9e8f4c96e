"""A real Dask cluster for tests: a scheduler and worker processes over TCP, on loopback."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.project import ROOT

__all__ = ["DaskCluster", "dask_cluster", "start_cluster"]

START = 60.0
"""Seconds that the cluster may take to be there."""


@dataclass(frozen=True)
class DaskCluster:
    """A cluster that belongs to nobody's run."""

    address: str

    def workers(self) -> list[int]:
        """Process ids of the workers that are there now; waits for the first."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=START)
            return sorted(client.run(os.getpid).values())


@pytest.fixture(scope="package")  # idle clusters take a core
def dask_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two worker processes, which come back when they die."""
    with start_cluster(tmp_path_factory.mktemp("dask"), "--nworkers", "2") as cluster:
        yield cluster


@contextmanager
def start_cluster(folder: Path, *options: str) -> Iterator[DaskCluster]:
    """A scheduler, and workers with these options."""
    place = folder / "scheduler.json"
    here = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
    with ExitStack() as stack:
        scheduler = ["scheduler", *here, "--port", "0", "--scheduler-file", str(place)]
        stack.enter_context(_process(scheduler, folder))
        address = _address(place, folder)
        worker = ["worker", address, *here, "--nthreads", "1", "--local-directory", str(folder)]
        stack.enter_context(_process([*worker, *options], folder))
        yield DaskCluster(address)


def _address(place: Path, folder: Path) -> str:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        try:
            return str(json.loads(place.read_text())["address"])
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.1)
    raise AssertionError((folder / "scheduler.log").read_text()[-3000:])


@contextmanager
def _process(arguments: list[str], folder: Path) -> Iterator[None]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),  # tasks and estimators of these tests
        "POLARS_MAX_THREADS": "1",
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        # Otherwise idle processes keep a core warm.
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
        "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "2s",
        "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5s",
    }
    with (folder / f"{arguments[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            cwd=folder, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
