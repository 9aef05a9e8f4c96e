"""Opens assets of the project's catalog without starting a run.

Only the asset that is asked for is made, and what wraps it for tracking is left off: a look at the
ledger needs no MLflow.
"""

import os
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelfleet.domain.errors import ConfigurationError, DataError
from modelfleet.stores.denials import denial_of

if TYPE_CHECKING:
    from modelfleet.stores.guard import Guard

__all__ = ["Assets", "environments", "load_asset", "open_assets"]


@dataclass(frozen=True)
class Assets:
    """The assets of an environment, each made when it is asked for.

    Attributes:
        env: the environment; ``None`` is the project's default.
        loader: Kedro's configuration of it.
    """

    env: str | None
    loader: Any

    @cached_property
    def entries(self) -> dict[str, Any]:
        """The catalog, without what wraps an asset for tracking and without validators."""
        return {name: _unwrapped(entry) for name, entry in self.loader["catalog"].items()}

    @cached_property
    def guard(self) -> "Guard":
        """What another environment alone may write."""
        from modelfleet.stores.guard import open_guard

        return open_guard(self.loader, Path(self.loader.conf_source).parent)

    def parameters(self) -> dict[str, Any]:
        """The parameters as they are configured."""
        return dict(self.loader["parameters"])

    def place(self, name: str) -> str:
        """Where the asset's entry says that it lies."""
        return str(self.entries[name]["filepath"])

    def exists(self, name: str) -> bool:
        """Whether the asset was made; of one that lies in a file, without opening it."""
        place = self.place(name)
        return bool(self._dataset(name).exists() if "://" in place else Path(place).exists())

    def load(self, name: str) -> Any:
        """Load an asset.

        Raises:
            DataError: the asset was not made yet, or cannot be read.
        """
        from kedro.io import DatasetError

        dataset = self._dataset(name)
        try:
            if dataset.exists():
                return dataset.load()
        except DatasetError as error:
            raise DataError(f"{name} cannot be read: {denial_of(error) or error}") from error
        raise DataError(
            f"the environment {self.env or 'local'!r} has no {name} yet; "
            f"make it with `kedro run{f' --env {self.env}' if self.env else ''}`"
        )

    def _dataset(self, name: str) -> Any:
        from kedro.io import AbstractDataset

        from modelfleet.stores.guard import guarded_entry

        entry = guarded_entry(name, self.entries[name], self.guard)
        dataset: AbstractDataset[Any, Any] = AbstractDataset.from_config(name, entry)
        return dataset


def load_asset(name: str, env: str | None) -> Any:
    """Load an asset of the catalog.

    Args:
        name: as in ``catalog.yml``.
        env: environment; ``None`` is the project's default.

    Raises:
        ConfigurationError: this is no project, or there is no such environment.
        DataError: the asset was not made yet.
    """
    return open_assets(env).load(name)


def open_assets(env: str | None) -> Assets:
    """The assets of an environment.

    Raises:
        ConfigurationError: this is no project, or there is no such environment.
    """
    there = environments()
    if env is not None and env not in there:
        raise ConfigurationError(f"there is no environment {env!r}; there are {there}")
    from modelfleet.stores.environments import config_loader

    # Without Kedro's session and settings, which take a second to load.
    return Assets(env, config_loader(Path.cwd() / "conf", env))


def environments() -> list[str]:
    """Names of the project's environments; the working directory becomes that of the project.

    Raises:
        ConfigurationError: this is no project.
    """
    root = _project_root(Path.cwd())
    os.chdir(root)  # paths in the catalog are relative to the project
    # Kedro sets up logging when it is imported, and without this it logs to stdout.
    os.environ.setdefault("KEDRO_LOGGING_CONFIG", str(root / "conf" / "logging.yml"))
    from modelfleet.stores.environments import known

    return known(root / "conf")


def _unwrapped(entry: dict[str, Any]) -> dict[str, Any]:
    inner = entry.get("dataset", entry)
    return {key: value for key, value in inner.items() if key != "validator"}


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
