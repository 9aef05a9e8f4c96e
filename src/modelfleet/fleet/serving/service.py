"""What is served of what models say: rules are kept, and backups stand in."""

from dataclasses import replace

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.rules import MODEL, Served, apply_rules
from modelfleet.fleet.serving.backups import Backups
from modelfleet.fleet.serving.content import Content
from modelfleet.fleet.serving.models import Told
from modelfleet.fleet.serving.rows import Outcome
from modelfleet.fleet.serving.stacks import Stacks

__all__ = ["serve"]


def serve(content: Content, asked: IntArray, stacks: Stacks, told: Told) -> Outcome:
    """Decide what serves each sensor of a window.

    Args:
        content: of the release.
        asked: position in it of each row; shape (n,).
        stacks: of the window, which has one origin.
        told: what the models say.
    """
    window = stacks.window
    backups = Backups.none_yet(*told.values.shape)
    silent = np.asarray(~np.isfinite(told.values).all(axis=1), dtype=np.bool_)
    backups.ask(silent, content, asked, stacks)
    served = _keep_rules(content, asked, window.last, told, backups)
    while backups.ask(_replaced(served), content, asked, stacks):
        served = _keep_rules(content, asked, window.last, told, backups)
    return Outcome(content, asked, window, told, backups, served)


def _replaced(served: Served) -> BoolArray:
    return np.asarray((served.code != MODEL).any(axis=1), dtype=np.bool_)


def _keep_rules(
    content: Content, asked: IntArray, last: FloatArray, told: Told, backups: Backups
) -> Served:
    """Keep the rules, over the whole fleet: sums over a cohort need all its sensors."""
    fleet = len(content.ids)

    def of_all(some: FloatArray) -> FloatArray:
        every = np.full((fleet, *some.shape[1:]), np.nan)
        every[asked] = some
        return every

    served = apply_rules(
        of_all(told.values), of_all(backups.values), content.rules, previous=of_all(last)
    )
    return replace(served, values=served.values[asked], code=served.code[asked])
