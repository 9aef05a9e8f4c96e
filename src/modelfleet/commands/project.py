"""Opens assets of the project's catalog without starting a run.

Only the asset that is asked for is made, and what wraps it for tracking is left off: a look at the
ledger needs no MLflow.
"""

import os
import tomllib
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
    entry = dict(_catalog(env)[name])
    from kedro.io import AbstractDataset, DatasetError

    entry = {key: value for key, value in entry.get("dataset", entry).items() if key != "validator"}
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


def _project_root(folder: Path) -> Path:
    """The project that a folder lies in.

    Raises:
        ConfigurationError: it lies in none.
    """
    for candidate in (folder, *folder.parents):
        file = candidate / "pyproject.toml"
        if file.is_file() and "kedro" in tomllib.loads(file.read_text("utf-8")).get("tool", {}):
            return candidate
    raise ConfigurationError(
        f"{folder} lies in no Modelfleet project; go to the folder with its pyproject.toml"
    )


def _catalog(env: str | None) -> dict[str, Any]:
    root = _project_root(Path.cwd())
    os.chdir(root)  # paths in the catalog are relative to the project
    # Kedro sets up logging when it is imported, and without this it logs to stdout.
    os.environ.setdefault("KEDRO_LOGGING_CONFIG", str(root / "conf" / "logging.yml"))
    from kedro.config import MissingConfigException, OmegaConfigLoader
    from kedro.framework.project import settings
    from kedro.framework.startup import bootstrap_project

    bootstrap_project(root)
    arguments = settings.CONFIG_LOADER_ARGS
    try:
        loader = OmegaConfigLoader(conf_source=str(root / "conf"), env=env, **arguments)
        return dict(loader["catalog"])
    except MissingConfigException as error:
        known = sorted(path.name for path in (root / "conf").iterdir() if path.is_dir())
        raise ConfigurationError(f"there is no environment {env!r}; there are {known}") from error
