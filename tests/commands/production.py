"""A production environment with releases and people, made without a run."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from modelfleet.commands import fleet
from tests.people import make_key
from tests.project import ROOT, inside
from tests.releases import on_backup, publish, sensor

PEOPLE = ("data-science", "north-operations", "south-operations")

FIRST = [sensor("n1"), sensor("n2"), sensor("s1", cohort="south"), on_backup("s2", cohort="south")]
SECOND = [
    sensor("n1", version="n1-2", champion_version="n1-1", worse_than_champion_figure=0.04),
    on_backup("n2", champion_version="n2-1", champion_no_gain_figure=-0.1, reasons=["no_gain"]),
    sensor("s1", cohort="south", outcome="kept", serves="champion"),
    sensor("s2", cohort="south", version="s2-2"),
]
HELD = {
    "holds": ["too_many_demotions"],
    "hold_reasons": [{"code": "too_many_demotions", "sentence": "1 sensor loses its model"}],
}


@dataclass(frozen=True)
class Production:
    """A project whose production is under four eyes."""

    path: Path
    keys: dict[str, Path]

    @classmethod
    def make(cls, folder: Path, *, policy: str = "four_eyes") -> "Production":
        """Configuration, keys and owners; no release yet."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / "conf", folder / "conf", ignore=shutil.ignore_patterns("local"))
        (folder / "conf" / "local").mkdir()
        shutil.copy(ROOT / "pyproject.toml", folder)
        keys = {name: make_key(folder, name) for name in PEOPLE}
        signers = folder / "conf" / "base" / "allowed_signers"
        lines = [f"{name} {file.with_suffix('.pub').read_text()}" for name, file in keys.items()]
        signers.write_text("".join(lines))
        owners = {"north": ["north-operations"], "south": ["south-operations"]}
        section = {
            "policies": {"default": policy},
            "owners": {"default": ["data-science"], "cohorts": owners},
        }
        (folder / "conf" / "production" / "owners.yml").write_text(yaml.safe_dump(section))
        return cls(folder, keys)

    def copied(self, folder: Path, *, data: bool = True) -> "Production":
        """Another one like it, with the same keys."""
        shutil.copytree(self.path / "conf", folder / "conf")
        shutil.copy(self.path / "pyproject.toml", folder)
        if data:
            shutil.copytree(self.path / "data", folder / "data")
        return Production(folder, self.keys)

    @property
    def root(self) -> Path:
        """What production writes."""
        return self.path / "data" / "production"

    def publish(self, sensors: list[dict[str, Any]], **run: Any) -> str:
        """Publish a release, as a run would; its name."""
        return publish(self.root / "releases", sensors, **run)

    def run(self, command: str, *arguments: str, by: str | None = None) -> Result:
        """A command as somebody types it, in production."""
        key = ["--key", str(self.keys[by]), "--yes"] if by else []
        with inside(self.path):
            return CliRunner().invoke(fleet, [command, *arguments, *key, "--env", "production"])

    def document(self, command: str, *arguments: str, by: str | None = None) -> Any:
        """What a command prints for programs."""
        result = self.run(command, *arguments, "--json", by=by)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)
