"""A clone whose production lies where a test says, and whose test takes what it can from there."""

import re
import shutil
from pathlib import Path

import yaml

from tests.project import Project

__all__ = ["clone_with_production"]


def clone_with_production(folder: Path, project: Path, root: str) -> Project:
    """Configuration alone: nothing is there that was not read from production.

    Args:
        folder: of the clone.
        project: whose configuration is taken.
        root: folder or URL of production, with raw data in it.
    """
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("data", "mlflow"))
    conf = folder / "conf"
    named = {
        "environment": "local",  # as which it was run
        "storage": {"root": root, "source": f"{root}/01_raw/ltown"},
    }
    (conf / "production" / "globals.yml").write_text(yaml.safe_dump(named))
    automatic = {"policies": {"default": "automatic"}}  # nobody signed for it
    (conf / "production" / "owners.yml").write_text(yaml.safe_dump(automatic))
    file = conf / "test" / "globals.yml"
    file.write_text(re.sub(r"(tables|champions): null", r"\1: production", file.read_text()))
    return Project(folder)
