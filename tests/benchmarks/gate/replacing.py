"""How often a refit, or another recipe, takes the place of a champion."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from modelfleet.domain.gates import ChampionEvidence
from modelfleet.domain.gates.replace import judge_replacement
from modelfleet.domain.parameters.evaluation import GateParameters

__all__ = ["EFFECTS", "Replacing", "simulate_replacing"]

WEEKLY_SD = 0.035
EFFECTS = (0.0, -0.05, 0.05)
"""True improvement of the candidate over the champion."""


@dataclass(frozen=True)
class Replacing:
    """Share of the candidates that take over, in each simulated fleet.

    Attributes:
        weeks: compared.
        same_recipe: a refit rather than another recipe.
        accepted: by effect, in the order of :data:`EFFECTS`; shape (effects, runs).
    """

    weeks: int
    same_recipe: bool
    accepted: np.ndarray


def simulate_replacing(
    *, gate: GateParameters, sensors: int, runs: int, seed: int
) -> Iterator[Replacing]:
    """Try both kinds of candidates with 12, 8 and 4 weeks."""
    for same_recipe in (True, False):
        for weeks in (12, 8, 4):
            rng = np.random.default_rng([seed, weeks, same_recipe])
            accepted = [
                [
                    _fleet(effect, rng, sensors, weeks, same_recipe=same_recipe, gate=gate)
                    for _ in range(runs)
                ]
                for effect in EFFECTS
            ]
            yield Replacing(weeks, same_recipe, np.array(accepted))


def _fleet(
    effect: float,
    rng: np.random.Generator,
    sensors: int,
    weeks: int,
    *,
    same_recipe: bool,
    gate: GateParameters,
) -> float:
    everywhere = np.ones((sensors, weeks))
    champion = replace(
        ChampionEvidence.none(sensors, weeks),
        serves_model=np.ones(sensors, dtype=bool),
        same_recipe=np.full(sensors, same_recipe),
        out_of_sample=everywhere.astype(bool),
        loss=everywhere,
        candidate_loss=1 - effect - WEEKLY_SD * rng.normal(size=(sensors, weeks)),
        hours=168 * everywhere,
    )
    result = judge_replacement(champion, min_hours=gate.min_hours, parameters=gate.replace)
    return float(result.passed.mean())
