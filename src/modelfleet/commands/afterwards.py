"""What follows when a command changed something: people are told, and MLflow shows it."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelfleet.commands.project import Assets

__all__ = ["follow_up", "tell_people"]

logger = logging.getLogger(__name__)


def follow_up(assets: "Assets", *, live: bool) -> None:
    """Tell people, and show it in MLflow.

    Args:
        assets: of the environment.
        live: something went live.
    """
    tell_people(assets)
    if live:
        _show_in_mlflow(assets)


def tell_people(assets: "Assets") -> None:
    """Deliver what a command posted; what goes wrong is a warning and nothing more."""
    from modelfleet.stores.delivery import deliver_quietly

    deliver_quietly(assets.load("notices"), assets.loader)


def _show_in_mlflow(assets: "Assets") -> None:
    """Let the registered model follow the channel, where a run has tracked this environment.

    MLflow is a mirror: what goes wrong there is a warning, and the next run mends it.
    """
    from modelfleet.stores.guard import check_tracking

    configured = assets.loader["mlflow"]
    uri = configured["server"]["mlflow_tracking_uri"]
    if not _is_there(uri):
        return
    try:
        check_tracking(configured, assets.guard)
        _follow(assets, uri, experiment=configured["tracking"]["experiment"]["name"])
    except Exception as error:  # noqa: BLE001  a mirror never stops what it shows
        logger.warning("MLflow does not show this yet, the next run tries again: %s", error)


def _follow(assets: "Assets", uri: str, *, experiment: str) -> None:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow  # takes seconds

    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(experiment)
    assets.load("registered_release").follow()


def _is_there(uri: str) -> bool:
    """Whether a run has tracked there: a database is not made for a look."""
    return not uri.startswith("sqlite:///") or Path(uri.removeprefix("sqlite:///")).exists()
