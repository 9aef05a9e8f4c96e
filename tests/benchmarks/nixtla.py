"""statsforecast and mlforecast, in a virtual environment of their own.

They ask for pandas below 3, which Modelfleet does not run on.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl

from tests.benchmarks.cost import Cost
from tests.benchmarks.fleet import Fleet, sample_of
from tests.project import ROOT

__all__ = ["PackagesMissingError", "nixtla_costs"]

PACKAGES = ("statsforecast", "mlforecast", "pyarrow")


class PackagesMissingError(Exception):
    """The packages cannot be installed here."""


def nixtla_costs(fleet: Fleet, folder: Path, sensors: int) -> dict[str, Cost]:
    """Cost per sensor of ``seasonal_naive`` and ``local_ridge``, by name.

    Args:
        fleet: where the sample comes from.
        folder: where the environment and the sample are made.
        sensors: size of the sample.

    Raises:
        PackagesMissingError: the packages cannot be installed.
    """
    python = _environment(folder / "environment")
    sample = folder / "sample.parquet"
    _without_holes(sample_of(fleet, sensors)).write_parquet(sample)
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run(
        # By its path: an installed package of theirs is called "tests" too.
        [python, Path(__file__).with_name("nixtla_job.py"), sample],
        cwd=ROOT,
        env={**os.environ, **one_thread},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {name: Cost(**cost) for name, cost in json.loads(done.stdout).items()}


def _environment(folder: Path) -> Path:
    """Python of a new environment with the packages, installed by uv where there is one."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    installers = [[str(python), "-m", "pip", "install", "--quiet"]]
    if uv:
        installers.insert(0, [uv, "pip", "install", "--quiet", "--python", str(python)])
    said = ""
    for installer in installers:
        done = subprocess.run([*installer, *PACKAGES], check=False, capture_output=True, text=True)
        if done.returncode == 0:
            return python
        said = done.stderr[-500:]
    raise PackagesMissingError(f"{', '.join(PACKAGES)} cannot be installed here: {said}")


def _without_holes(readings: pl.DataFrame) -> pl.DataFrame:
    """Hourly rows with the names that these libraries know, holes interpolated."""
    return (
        readings.sort("sensor_id", "timestamp")
        .upsample("timestamp", every="1h", group_by="sensor_id", maintain_order=True)
        .with_columns(pl.col("sensor_id").forward_fill(), pl.col("value").interpolate())
        .select(unique_id="sensor_id", ds="timestamp", y="value")
    )
