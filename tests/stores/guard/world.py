"""A small project with the same catalog in two environments: production owns where its assets lie.

Nothing is run: the catalog is built from conf/ as Kedro builds it, with what the guard's hook does
to the configuration before.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from kedro.framework.context.context import _convert_paths_to_absolute_posix
from kedro.io import DataCatalog

from modelfleet.commands.project import Assets
from modelfleet.hooks import GuardHooks
from modelfleet.stores.environments import config_loader

__all__ = ["State", "World", "make_world", "state_of"]

State = dict[str, tuple[int, int, str]]
"""Name to size, time of the last change in ns, and digest."""

ROOT = "data/production"


@dataclass(frozen=True)
class World:
    """A project folder.

    Attributes:
        path: the folder.
        options: what some routes need to know, such as a server.
    """

    path: Path
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """Where production writes."""
        return self.path / ROOT

    def declare(self, entries: dict[str, Any], *, credentials: dict[str, Any] | None = None) -> None:
        """Put entries into the catalog of all environments."""
        (self.path / "conf/base/catalog.yml").write_text(yaml.safe_dump(entries))
        if credentials:
            (self.path / "conf/base/credentials.yml").write_text(yaml.safe_dump(credentials))

    def protect(self, *locations: str) -> None:
        """What production declares beside its root."""
        settings = {
            "environment": "production",
            "storage": {"root": ROOT},
            "protected": ["${storage.root}", *locations],
        }
        (self.path / "conf/production/globals.yml").write_text(yaml.safe_dump(settings))

    def loader(self, env: str) -> Any:
        """The configuration of an environment, after the guard's hook."""
        loader = config_loader(self.path / "conf", env)
        context = SimpleNamespace(config_loader=loader, project_path=self.path)
        GuardHooks().after_context_created(context)  # type: ignore[arg-type]
        return loader

    def catalog(self, env: str, kind: type[DataCatalog] = DataCatalog) -> DataCatalog:
        """The catalog of an environment, as a run or a notebook has it."""
        loader = self.loader(env)
        config = _convert_paths_to_absolute_posix(self.path, loader["catalog"])
        has = (self.path / "conf/base/credentials.yml").exists()
        return kind.from_config(config, loader["credentials"] if has else None)

    def assets(self, env: str) -> Assets:
        """The same, as commands have it."""
        return Assets(env, config_loader(self.path / "conf", env))


def make_world(folder: Path) -> World:
    """Two environments and no assets."""
    for env, settings in {
        "base": {"environment": "local", "storage": {"root": "data"}},
        "test": {"environment": "test", "storage": {"root": "data/test"}},
        "production": {},
        "local": {},
    }.items():
        (folder / "conf" / env).mkdir(parents=True)
        if settings:
            (folder / "conf" / env / "globals.yml").write_text(yaml.safe_dump(settings))
    (folder / "data").mkdir()
    world = World(folder)
    world.protect()
    return world


def state_of(folder: Path) -> State:
    """Everything in a folder, the folders too."""
    return {
        str(each.relative_to(folder)): (
            each.lstat().st_size if each.is_file() else 0,
            each.lstat().st_mtime_ns,
            hashlib.sha256(each.read_bytes()).hexdigest() if each.is_file() else "",
        )
        for each in sorted(folder.rglob("*"))
    } | {".": (0, folder.lstat().st_mtime_ns if folder.exists() else 0, "")}
