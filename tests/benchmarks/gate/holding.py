"""How often the fleet hold fires, with and without a shock that all sensors share."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.gates import Evidence
from modelfleet.domain.hold import LiveRelease, Proposal, Service, find_hold_reasons
from modelfleet.domain.parameters.evaluation import EvaluationParameters

__all__ = ["CROSS", "WORLDS", "Holding", "simulate_holding"]

WEEKS = 12
CROSS = (0.0, 0.2, 0.3, 0.5)
WORLDS = ("quiet", "shock in gain", "shock in loss")
GAIN, GAIN_SD, LEVEL_SD = 0.05, 0.05, 0.1
SHOCK, SHOCKED_WEEKS = 3.0, 2


@dataclass(frozen=True)
class Holding:
    """Whether each simulated fleet was held.

    Attributes:
        first: a first release, judged on twelve new weeks; else four weeks are new.
        cross: correlation of one sensor with another in the same week.
        held: by world, in the order of :data:`WORLDS`; shape (worlds, runs).
    """

    first: bool
    cross: float
    held: np.ndarray


def simulate_holding(
    *, evaluation: EvaluationParameters, sensors: int, runs: int, seed: int
) -> Iterator[Holding]:
    """Try first and later releases, in quiet fleets and with two shocked weeks."""
    for first in (True, False):
        for cross in CROSS:
            rng = np.random.default_rng([seed, int(100 * cross), first])
            held = [
                [
                    _is_held(
                        _evidence(world, rng, sensors, cross, first=first), evaluation, first=first
                    )
                    for _ in range(runs)
                ]
                for world in WORLDS
            ]
            yield Holding(first, cross, np.array(held))


def _evidence(
    world: str, rng: np.random.Generator, sensors: int, cross: float, *, first: bool
) -> Evidence:
    """Weekly losses whose level and whose gain both have a part that all sensors share."""

    def noise() -> np.ndarray:
        own = rng.normal(size=(sensors, WEEKS))
        return np.sqrt(cross) * rng.normal(size=WEEKS) + np.sqrt(1 - cross) * own

    level, gain = LEVEL_SD * noise(), GAIN + GAIN_SD * noise()
    shocked = rng.choice(_recent(first=first).nonzero()[0], SHOCKED_WEEKS, replace=False)
    if world == "shock in gain":
        gain[:, shocked] -= SHOCK * GAIN_SD
    if world == "shock in loss":
        level[:, shocked] += SHOCK * np.hypot(LEVEL_SD, GAIN_SD)
    return Evidence(
        loss=np.exp(level) * (1 - gain),
        baseline_loss=np.exp(level),
        hours=np.full((sensors, WEEKS), 168.0),
        valid_share=np.ones(sensors),
        mean_error=np.zeros(sensors),
        mae=np.ones(sensors),
    )


def _recent(*, first: bool) -> np.ndarray:
    return np.arange(WEEKS) >= (0 if first else WEEKS - 4)


def _is_held(evidence: Evidence, evaluation: EvaluationParameters, *, first: bool) -> bool:
    """Whether the hold has any reason; all sensors are served as they were."""
    sensors = len(evidence.mae)
    everybody, skill = np.ones(sensors, dtype=bool), np.full(sensors, GAIN)
    model = np.full(sensors, Service.MODEL)
    proposal = Proposal(
        service=model,
        replaced=~everybody,
        cohort=np.zeros(sensors, dtype=np.int64),
        judged=everybody,
        sane=everybody,
        finite=everybody,
        skill=skill,
        improvement=np.full(sensors, np.nan),
        evidence=evidence,
    )
    live = LiveRelease(model, everybody, everybody, skill, _recent(first=first))
    reasons = find_hold_reasons(
        proposal,
        None if first else live,
        parameters=evaluation.hold,
        min_hours=evaluation.gate.min_hours,
    )
    return bool(reasons)
