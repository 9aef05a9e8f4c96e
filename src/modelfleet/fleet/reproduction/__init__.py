"""Trains models of a release again, from what the release says of itself and the very readings."""

from modelfleet.fleet.reproduction.origin import Origin
from modelfleet.fleet.reproduction.outcome import Reproduced, reproduced
from modelfleet.fleet.reproduction.training import train_again

__all__ = ["Origin", "Reproduced", "reproduced", "train_again"]
