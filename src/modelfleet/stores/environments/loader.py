"""How Kedro reads conf/: for runs by the settings, for commands without loading a whole session."""

from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from modelfleet.domain.errors import ConfigurationError, ModelfleetError
from modelfleet.stores.environments.taken import Taken, taken_entries

__all__ = ["CONFIG_LOADER_ARGS", "PRODUCTION", "FleetConfigLoader", "config_loader", "known"]

OWNERS = ["owners*", "**/owners*"]

CONFIG_LOADER_ARGS: dict[str, Any] = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment says only what differs; the rest comes from base, at every depth.
    "merge_strategy": dict.fromkeys(("parameters", "globals", "mlflow", "owners"), "soft"),
    # Policies and owners are no parameters: `--params` does not reach them. The catalog reads them
    # as globals, which is the only kind of value it can take from another file.
    "config_patterns": {
        "owners": OWNERS,
        "globals": ["globals*", "**/globals*", *OWNERS],
        "mlflow": [
            "mlflow*",
            "**/mlflow*",
        ],  # kedro-mlflow adds it in a session; commands have none
    },
}

PRODUCTION = "production"
"""The environment that ``${production:…}`` reads, and the name of that resolver."""

NOTHING = object()


class FleetConfigLoader(OmegaConfigLoader):
    """Kedro's loader, which also reads what another environment of the same project has.

    ``${production:storage.source}`` is a value of production's globals, or the second argument
    where production has none. What ``taken_from`` in the globals names is taken from the catalog of
    another environment: see :class:`~modelfleet.stores.environments.taken.Taken`.

    OmegaConf keeps one resolver per name for the whole process, and Kedro leaves there that of the
    loader which was made last: a loader that was made before would find values of another
    environment, and write where that one does. So each of ours puts its own in place when it reads.
    """

    def __init__(
        self,
        conf_source: str | Path,
        env: str | None = None,
        runtime_params: dict[str, Any] | None = None,
        *,
        trail: tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        self._options = options
        self._reading: list[str] = []
        self._elsewhere: Any = None
        self._trail = (*trail, env or options.get("default_run_env") or "local")
        super().__init__(conf_source, env, runtime_params, **options)
        for other, _ in self.taken.assets():  # what cannot be taken is told before anything is done
            self.of(other)

    def __getitem__(self, key: str) -> Any:
        """A part of the configuration.

        Raises:
            ConfigurationError: a value that it refers to is not there, or leads in a circle.
            MissingConfigException: there is no such environment, or nothing of that kind.
        """
        given = key in self
        self._reading.append(key)
        try:
            self._register_globals_resolver()
            found = super().__getitem__(key)
            if key == "catalog" and not given:
                found = {**found, **taken_entries(self, self.taken)}
        except OmegaConfBaseException as error:
            raise ConfigurationError(self._problem(key, error)) from error
        finally:
            self._reading.pop()
        return found

    @property
    def environment(self) -> str:
        """Name of the folder below ``conf/``."""
        return self._trail[-1]

    @property
    def taken(self) -> Taken:
        """What is taken from other environments."""
        return Taken.of(self._globals.get("taken_from"))

    def of(self, env: str) -> "FleetConfigLoader":
        """The configuration of another environment of the same project.

        Raises:
            ConfigurationError: there is none of that name, or it is being read already.
        """
        if env in self._trail:
            way = " → ".join((*self._trail, env))
            raise ConfigurationError(
                f"conf/ refers to itself in a circle: {way}; correct globals.yml of one of them"
            )
        there = known(self.conf_source)
        if env not in there:
            raise ConfigurationError(
                f"conf/{self.environment} refers to the environment {env!r}, which is not there; "
                f"there are {there}"
            )
        return FleetConfigLoader(
            self.conf_source, env, self.runtime_params, trail=self._trail, **self._options
        )

    def _register_globals_resolver(self) -> None:
        super()._register_globals_resolver()
        OmegaConf.register_new_resolver(PRODUCTION, self._of_production, replace=True)

    def _of_production(self, name: str, default: Any = NOTHING) -> Any:
        if self._elsewhere is None:
            self._elsewhere = OmegaConf.create(self._globals_of_production())
        found = OmegaConf.select(self._elsewhere, name, default=default)
        if found is NOTHING:
            raise ConfigurationError(
                f"production has no {name!r} in its globals.yml, nor has base; write it there, or "
                f"give a second value: ${{production:{name}, …}}"
            )
        return found

    def _globals_of_production(self) -> Any:
        if self.environment == PRODUCTION and "globals" not in self._reading:
            return self._globals
        found = self.of(PRODUCTION)["globals"]
        # The loader of production left its own resolvers behind.
        self._register_globals_resolver()
        if "globals" not in self._reading:  # which may not refer to `--params`
            self._register_runtime_params_resolver()
        return found

    def _problem(self, key: str, error: BaseException) -> str:
        """What is wrong, without what OmegaConf says about its inner life."""
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ModelfleetError):
            cause = cause.__cause__ or cause.__context__
        said = str(cause or error).strip().partition("\n")[0]
        return f"{key} of the environment {self.environment!r} cannot be read: {said}"


def config_loader(conf: str | Path, env: str | None) -> FleetConfigLoader:
    """The configuration of an environment, as ``kedro run`` reads it.

    Args:
        conf: the folder ``conf`` of a project.
        env: environment; ``None`` is the project's default.

    Raises:
        ConfigurationError: its globals cannot be read.
    """
    return FleetConfigLoader(str(conf), env, **CONFIG_LOADER_ARGS)


def known(conf: str | Path) -> list[str]:
    """Names of the environments below ``conf/``; none where it is no folder."""
    folder, base = Path(conf), CONFIG_LOADER_ARGS["base_env"]
    if not folder.is_dir():
        return []
    return sorted(each.name for each in folder.iterdir() if each.is_dir() and each.name != base)
