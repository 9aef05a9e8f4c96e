"""A throw-away copy of the project: its own data and stores, the same code and configuration."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

ROOT = Path(__file__).parents[1]
RAW = ROOT / "data" / "01_raw"

FEW = (
    "D_n10", "D_n11", "D_n17", "D_n27", "D_n3", "L_T1", "P_n114", "P_n288", "P_n469", "P_n636",
    "P_n679", "Q_PUMP_1",
)  # fmt: skip
"""A dozen L-Town sensors of every kind: dead (D_n11, P_n114), young (D_n27), stuck (P_n636)."""


@dataclass(frozen=True)
class Project:
    """A project folder that a test may change."""

    path: Path

    @property
    def raw(self) -> Path:
        """Raw data of the default fleet."""
        return self.path / "data" / "01_raw" / "ltown"

    @property
    def data(self) -> Path:
        """What runs produce in the default environment."""
        return self.path / "data"

    def configure(self, section: dict[str, Any], *, env: str = "local") -> None:
        """Override parameters of an environment."""
        file = self.path / "conf" / env / "parameters_test.yml"
        file.write_text(yaml.safe_dump(section))

    def change_readings(self, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        """Rewrite the raw readings."""
        file = self.raw / "readings.parquet"
        change(pl.read_parquet(file)).write_parquet(file)

    def run(
        self,
        *,
        env: str | None = None,
        pipelines: list[str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        """``kedro run`` in this process, which saves the start-up; ``parameters``: ``--params``."""
        import mlflow
        from kedro.framework.session import KedroSession
        from kedro.framework.startup import bootstrap_project

        with inside(self.path), quickly():
            bootstrap_project(self.path)
            with KedroSession.create(
                project_path=self.path, env=env, runtime_params=parameters
            ) as session:
                session.run(pipeline_names=pipelines)
            assert mlflow.active_run() is None, "a run ends what it began"

    def load(self, name: str, *, env: str | None = None) -> Any:
        """Load an asset of the catalog."""
        from modelfleet.commands.project import load_asset

        with inside(self.path):
            return load_asset(name, env)

    def candidates(self) -> pl.DataFrame:
        """The table of candidates, sorted."""
        return self.load("candidates").scan().collect().sort("sensor_id")

    def ledger(self, *, env: str | None = None) -> pl.DataFrame:
        """The ledger."""
        return pl.from_pandas(self.load("ledger", env=env))


def make_project(folder: Path, *, sensors: tuple[str, ...] | None = FEW) -> Project:
    """Copy configuration and raw data; ``None`` takes the whole fleet."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "conf", folder / "conf", ignore=shutil.ignore_patterns("local"))
    (folder / "conf" / "local").mkdir()
    for file in ("pyproject.toml", ".telemetry", "constraints.txt"):
        shutil.copy(ROOT / file, folder)
    (folder / "src").mkdir()  # Kedro wants one; the package itself is the installed one
    shutil.copytree(RAW, folder / "data" / "01_raw")
    project = Project(folder)
    if sensors is not None:
        keep = pl.col("sensor_id").is_in(sensors)
        project.change_readings(lambda frame: frame.filter(keep))
        file = project.raw / "sensors.csv"
        pl.read_csv(file).filter(keep).write_csv(file)
    return project


@contextmanager
def quickly() -> Iterator[None]:
    """Save what each run of a process of its own has to do again, and what tests do not look at.

    Great Expectations stays loaded here, MLflow's database need not survive a power cut, pictures
    are coarse. Runs in processes of their own, as in the fixture ``ltown``, do without all of it.
    """
    import matplotlib as mpl
    from sqlalchemy import Engine, event

    from modelfleet.fleet import aside

    prepare = aside.prepare
    event.listen(Engine, "connect", _trust_the_disk)
    aside.prepare = lambda *_, **__: None
    try:
        with mpl.rc_context({"savefig.dpi": 30}):
            yield
    finally:
        aside.prepare = prepare
        event.remove(Engine, "connect", _trust_the_disk)


def _trust_the_disk(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder, and come back."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
