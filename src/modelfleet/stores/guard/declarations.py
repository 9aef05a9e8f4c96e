"""Which locations belong to which environment, as each of them declares it.

An environment lists under ``protected`` in its own globals what it alone writes. Those lists are
read for every environment in conf/, whichever one runs; ``--params`` does not reach them, and no
other environment's files can take anything off them.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelfleet.domain.errors import ConfigurationError
from modelfleet.stores.guard.guard import Guard, Owned

if TYPE_CHECKING:
    from omegaconf import DictConfig

__all__ = ["open_guard"]

CONF = "conf"
KEY = "protected"
NAME = "environment"
ENDINGS = {".yml", ".yaml", ".json"}


def open_guard(loader: Any, project: Path) -> Guard:
    """What the environment of a configuration may only read.

    Args:
        loader: Kedro's configuration.
        project: folder of the project; relative locations start from it.

    Raises:
        ConfigurationError: a declaration cannot be read.
    """
    running = str(loader.env or loader.default_run_env)
    owned = [
        each
        for conf in _sources(loader, project)
        for name in conf.environments()
        if name not in {running, conf.base}
        for each in _declared(name, conf)
    ]
    return Guard(running, str(project), tuple(dict.fromkeys(owned)))


def _sources(loader: Any, project: Path) -> Iterator["Folders"]:
    """The configuration that runs, and the project's own where another was given for the run."""
    files, base = loader._fs, str(loader.base_env)  # noqa: SLF001  the only way into an archive
    root = str(Path(loader._get_conf_env_path(base)).parent)  # noqa: SLF001
    yield Folders(files, root, base=base)
    own = project / CONF
    if own.is_dir() and str(own) != root:
        from fsspec.implementations.local import LocalFileSystem

        yield Folders(LocalFileSystem(), str(own), base=base)


class Folders:
    """The folders of a configuration, on a disk, in an archive or in a bucket.

    Args:
        files: a file system of fsspec.
        root: that holds a folder for each environment.
        base: name of the folder that every environment builds on.
    """

    def __init__(self, files: Any, root: str, *, base: str) -> None:
        self._files, self._root, self.base = files, root, base
        self._read: dict[str, dict[str, str]] = {}

    def environments(self) -> list[str]:
        """Names of all environments, the base too."""
        try:
            found = self._files.ls(self._root, detail=True)
        except OSError as error:
            raise ConfigurationError(f"{self._root} cannot be listed: {error}") from error
        return sorted(Path(each["name"]).name for each in found if each["type"] != "file")

    def globals(self, name: str) -> "DictConfig":
        """The globals of one folder, not resolved.

        Raises:
            ConfigurationError: they cannot be read.
        """
        from omegaconf import OmegaConf

        found = OmegaConf.create({})
        for file, text in self._texts(name).items():
            try:
                found = OmegaConf.unsafe_merge(found, OmegaConf.load(io.StringIO(text)))
            except Exception as error:
                raise ConfigurationError(
                    f"{file} cannot be read ({type(error).__name__}): correct the file; what its "
                    "environment protects must be known before another one runs"
                ) from error
        return found  # type: ignore[return-value]

    def mention(self, name: str, word: str) -> bool:
        """Whether a word stands in the globals of a folder, which is told without parsing them."""
        return any(word in text for text in self._texts(name).values())

    def _texts(self, name: str) -> dict[str, str]:
        if name not in self._read:
            found = self._files.find(f"{self._root}/{name}")
            files = [each for each in found if _is_globals(Path(each))]
            self._read[name] = {
                f: self._files.cat_file(f).decode("utf-8", "replace") for f in files
            }
        return self._read[name]


def _is_globals(file: Path) -> bool:
    return file.name.startswith("globals") and file.suffix in ENDINGS


def _declared(name: str, conf: Folders) -> Iterator[Owned]:
    """What an environment declares as its own.

    A copy of its folder under another name declares nothing: it does not even say that it is
    another environment, and the one that it says it is declares for itself.
    """
    if not conf.mention(name, KEY) or KEY not in (own := conf.globals(name)):
        return
    settings = _resolved(name, own, conf.globals(conf.base))
    if settings[NAME] != name:
        return
    locations = settings[KEY]
    if not isinstance(locations, list) or not all(isinstance(e, str) and e for e in locations):
        raise ConfigurationError(
            f"globals of {name!r}: `{KEY}` must be a list of paths and URLs, not {locations!r}"
        )
    yield from (Owned(location, name) for location in locations)


def _resolved(name: str, own: "DictConfig", base: "DictConfig") -> dict[str, Any]:
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        settings = OmegaConf.merge(base, own)
        found = settings[KEY]
        plain = OmegaConf.to_container(found, resolve=True) if OmegaConf.is_config(found) else found
        return {NAME: settings.get(NAME), KEY: plain}
    except OmegaConfBaseException as error:
        raise ConfigurationError(
            f"globals of {name!r}: `{KEY}` cannot be resolved: {str(error).partition(chr(10))[0]}; "
            "refer to this environment's own globals as ${storage.root}"
        ) from error
