"""The default recipe as the configuration has it: what others are compared on."""

from typing import Any

import yaml

from modelfleet.domain.parameters.recipes import RecipeParameters
from tests.project import ROOT

__all__ = ["default_recipe"]


def default_recipe() -> RecipeParameters:
    """Recipe of every sensor that the configuration does not name."""
    file = ROOT / "conf" / "base" / "parameters_training.yml"
    training: dict[str, Any] = yaml.safe_load(file.read_text())["training"]
    return RecipeParameters(**training["recipes"][training["assign"]["default"]])
