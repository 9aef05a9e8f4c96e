"""The tasks that the engine runs over the shards."""

from modelfleet.fleet.tasks.baseline import BaselineTask
from modelfleet.fleet.tasks.comparison import ChampionModel, ComparisonTask
from modelfleet.fleet.tasks.profile import ProfileTask
from modelfleet.fleet.tasks.spot_check import SpotCheckTask
from modelfleet.fleet.tasks.training import TrainingTask
from modelfleet.fleet.tasks.unexcluded import UnexcludedTask

__all__ = [
    "BaselineTask",
    "ChampionModel",
    "ComparisonTask",
    "ProfileTask",
    "SpotCheckTask",
    "TrainingTask",
    "UnexcludedTask",
]
