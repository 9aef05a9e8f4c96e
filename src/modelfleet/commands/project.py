"""Opens assets of the project's catalog without starting a run.

Only the asset that is asked for is made, and what wraps it for tracking is left off: a look at the
ledger needs no MLflow.
"""

import os
from pathlib import Path
from typing import Any

from modelfleet.domain.errors import ConfigurationError, DataError

__all__ = ["load_asset"]


def load_asset(name: str, env: str | None) -> Any:
    """Load an asset of the catalog.

    Args:
        name: as in ``catalog.yml``.
        env: environment; ``None`` is the project's default.

    Raises:
        ConfigurationError: this is no project, or there is no such environment.
        DataError: the asset was not made yet.
    """
    from kedro.io import AbstractDataset, DatasetError

    entry = dict(_catalog(env)[name])
    entry = entry.get("dataset", entry)
    dataset: AbstractDataset[Any, Any] = AbstractDataset.from_config(name, entry)
    if not dataset.exists():
        raise DataError(
            f"the environment {env or 'local'!r} has no {name} yet; "
            f"make it with `kedro run{f' --env {env}' if env else ''}`"
        )
    try:
        return dataset.load()
    except DatasetError as error:
        raise DataError(f"{name} cannot be read: {error}") from error


def _catalog(env: str | None) -> dict[str, Any]:
    from kedro.config import MissingConfigException, OmegaConfigLoader
    from kedro.framework.project import settings
    from kedro.framework.startup import bootstrap_project
    from kedro.utils import find_kedro_project

    root = find_kedro_project(Path.cwd())
    if root is None:
        raise ConfigurationError(
            f"{Path.cwd()} lies in no Modelfleet project; go to the folder with its pyproject.toml"
        )
    os.chdir(root)  # paths in the catalog are relative to the project
    bootstrap_project(root)
    arguments = settings.CONFIG_LOADER_ARGS
    try:
        loader = OmegaConfigLoader(conf_source=str(root / "conf"), env=env, **arguments)
        return dict(loader["catalog"])
    except MissingConfigException as error:
        known = sorted(path.name for path in (root / "conf").iterdir() if path.is_dir())
        raise ConfigurationError(f"there is no environment {env!r}; there are {known}") from error
