"""A process that runs pipelines in parallel, asked by lines of JSON: no library of tests runs threads in it.

A process that forks must have no threads at work, and the one of the tests has many.
"""

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Apart", "start_apart"]

HOOKS = "kedro_mlflow.framework.hooks.mlflow_hook"  # what Kedro loads in every process of a runner


@dataclass(frozen=True)
class Apart:
    """The process, as tests ask it."""

    process: "subprocess.Popen[str]"

    def run(self, project: Path, env: str, start: str) -> None:
        """A pipeline of one node in a ``ParallelRunner``.

        Raises:
            RuntimeError: what the run raised.
        """
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([str(project), env, start]) + "\n")
        self.process.stdin.flush()
        if error := json.loads(self.process.stdout.readline()):
            raise RuntimeError(error)


@contextmanager
def start_apart(log: Path) -> Iterator[Apart]:
    """The process, as long as the context lasts."""
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        ) as process,
    ):  # fmt: skip
        try:
            yield Apart(process)
        finally:
            assert process.stdin
            process.stdin.close()  # it then ends by itself


def answer(project: str, env: str, start: str) -> str | None:
    """Run, and say what was raised."""
    from kedro.io import SharedMemoryDataCatalog
    from kedro.pipeline import Node, Pipeline
    from kedro.runner import ParallelRunner

    from tests.stores.guard.nodes import made
    from tests.stores.guard.world import World

    os.environ["KEDRO_MP_CONTEXT"] = start
    catalog = World(Path(project)).catalog(env, SharedMemoryDataCatalog)
    try:
        ParallelRunner(max_workers=1).run(Pipeline([Node(made, None, "it")]), catalog)
    except Exception as error:  # noqa: BLE001  it is what is asked for
        return str(error)
    return None


if __name__ == "__main__":
    answers, sys.stdout = sys.stdout, sys.stderr
    __import__(HOOKS)
    multiprocessing.set_forkserver_preload([HOOKS])
    for line in sys.stdin:
        print(json.dumps(answer(*json.loads(line))), file=answers, flush=True)
