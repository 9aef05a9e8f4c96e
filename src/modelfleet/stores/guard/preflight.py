"""Refuses what would write where another environment does, before anything is computed."""

import os
from collections.abc import Mapping
from typing import Any

from modelfleet.domain.errors import ProtectedError
from modelfleet.stores.guard.addresses import without_secrets
from modelfleet.stores.guard.datasets import ReadOnlyDataset
from modelfleet.stores.guard.guard import Guard

__all__ = ["check_run", "check_tracking"]


def check_run(pipeline: Any, catalog: Any, *, environment: str) -> None:
    """Refuse a run whose nodes would write what another environment owns.

    Args:
        pipeline: that is to run.
        catalog: its assets.
        environment: that it runs in.

    Raises:
        ProtectedError: with the assets, ten at most.
    """
    written = _read_only(catalog, pipeline.all_outputs())
    doors = {n: d for n, d in _read_only(catalog, pipeline.inputs()).items() if d.opens_a_door}
    found = dict(sorted((doors | written).items()))
    if found:
        owners = sorted({dataset.owner for dataset in found.values()})
        raise ProtectedError.of_run(
            [f"{name} ({dataset.place})" for name, dataset in found.items()],
            owner=" and ".join(owners),
            environment=environment,
        )


def check_tracking(mlflow: Mapping[str, Any], guard: Guard) -> None:
    """Refuse to track where another environment does: already to look there makes an experiment.

    Args:
        mlflow: content of ``mlflow.yml``.
        guard: of the environment.

    Raises:
        ProtectedError: with what is to be changed.
    """
    server, tracking = mlflow.get("server") or {}, mlflow.get("tracking") or {}
    experiment = tracking.get("experiment") or {}
    # What mlflow.yml leaves open is taken from the machine's environment.
    places = {
        "server.mlflow_tracking_uri": server.get("mlflow_tracking_uri")
        or os.environ.get("MLFLOW_TRACKING_URI"),
        "server.mlflow_registry_uri": server.get("mlflow_registry_uri")
        or os.environ.get("MLFLOW_REGISTRY_URI"),
        "tracking.experiment.create_experiment_kwargs.artifact_location": (
            experiment.get("create_experiment_kwargs") or {}
        ).get("artifact_location"),
    }
    for key, place in places.items():
        if place and (owned := guard.owner_of(str(place), around=True)):
            raise ProtectedError.of_tracking(
                without_secrets(str(place)),
                key=key,
                owner=owned.owner,
                environment=guard.environment,
            )


def _read_only(catalog: Any, names: set[str]) -> dict[str, ReadOnlyDataset]:
    found = {name: catalog.get(name) for name in names if not name.startswith("params:")}
    return {name: each for name, each in found.items() if isinstance(each, ReadOnlyDataset)}
