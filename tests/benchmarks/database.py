"""MLflow's tracking database, made before the clock starts: a team makes it once."""

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["make_database"]

PLACE = Path("mlflow", "mlflow.db")
"""Below the folder of data, as conf/base/mlflow.yml has it."""

MAKE = "import sys, mlflow; mlflow.MlflowClient(sys.argv[1]).search_experiments()"
"""To ask a store that is not there makes it."""


def make_database(data: Path) -> None:
    """Make an empty database where runs of a project will look for it.

    Args:
        data: the project's folder of data.

    Raises:
        RuntimeError: MLflow made it elsewhere or not at all.
    """
    file = data / PLACE
    file.parent.mkdir(parents=True)
    environment = {**os.environ, "DO_NOT_TRACK": "1"}
    command = [sys.executable, "-c", MAKE, f"sqlite:///{file}"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    if not file.exists():
        raise RuntimeError(f"MLflow made no database at {file}")
