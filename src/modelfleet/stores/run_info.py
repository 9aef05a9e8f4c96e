"""Who and when: the facts about a run that shape no result."""

import functools
import getpass
import platform
import sys
from datetime import UTC, datetime
from typing import Any

from kedro.io import AbstractDataset, DatasetError, Version

import modelfleet
from modelfleet.stores.lock import installed_otherwise, lock_digest

__all__ = ["RunInfoDataset", "user"]


class RunInfoDataset(AbstractDataset[Any, dict[str, str]]):
    """Facts about the current run.

    Declared ``versioned: true``, so that Kedro hands in its session id, which is the run's id.

    Args:
        environment: name of the environment.
        lock: ``filepath`` of the pinned versions; a project may have none.
        version: given by Kedro.
        metadata: layer and description for Kedro-Viz.
    """

    def __init__(
        self,
        *,
        environment: str,
        lock: dict[str, str] | None = None,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._environment = environment
        self._lock = (lock or {}).get("filepath")
        self._run_id = version.save if version else None
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")
        self.metadata = metadata

    def load(self) -> dict[str, str]:
        """The facts as text; what is not known is left out."""
        return {**self._facts, **_tracked()}

    @functools.cached_property
    def _facts(self) -> dict[str, str]:
        lock, others = lock_digest(self._lock), installed_otherwise(self._lock)
        return {
            "run_id": self._run_id or self._started_at,
            "started_at": self._started_at,
            "environment": self._environment,
            "modelfleet": modelfleet.__version__,
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
            "by": user(),
            **({"lock": lock} if lock else {}),
            **(
                {"not_as_locked": ", ".join(f"{n} {v}" for n, v in others.items())}
                if others
                else {}
            ),
        }

    def save(self, data: Any) -> None:
        """Refused: nobody decides what a run is called."""
        raise DatasetError("facts about a run are read, not saved")

    def _describe(self) -> dict[str, Any]:
        return {"environment": self._environment}

    def _exists(self) -> bool:
        return True


def _tracked() -> dict[str, str]:
    """The run as MLflow calls it, where it is tracking; never imports it."""
    mlflow = sys.modules.get("mlflow")
    run = mlflow.active_run() if mlflow is not None else None
    return {"mlflow_run": run.info.run_id} if run else {}


def user() -> str:
    """Who runs this, as the machine knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a user entry
        return "unknown"
