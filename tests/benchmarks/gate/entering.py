"""How often the gate is right about candidates that would enter over the baseline."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.gates import Demands, Evidence, judge
from modelfleet.domain.parameters.evaluation import GateParameters
from tests.benchmarks.gate.settings import SETTINGS, Setting, draw_weeks, evidence_of

__all__ = ["Entering", "simulate_entering"]


@dataclass(frozen=True)
class Entering:
    """Figures of each simulated fleet in one setting; shapes (runs,).

    Attributes:
        setting: the world.
        weeks: judged.
        false_acceptance: share of ties with a p-value of at most 5 %, all sensors being ties.
        false_share: strict mode, 30 % better by 1: share of the accepted that are ties.
        strict_power: share of the better ones that strict mode accepts.
        worse_share: expected mode, 30 % better by 1, 30 % worse by 0.5: share of the accepted that
            are worse.
        expected_power: share of the better ones that expected mode accepts.
    """

    setting: Setting
    weeks: int
    false_acceptance: np.ndarray
    false_share: np.ndarray
    strict_power: np.ndarray
    worse_share: np.ndarray
    expected_power: np.ndarray


def simulate_entering(
    *, gate: GateParameters, sensors: int, runs: int, seed: int
) -> Iterator[Entering]:
    """Try all settings with 12 and with 8 weeks; more often where all sensors move together."""
    for weeks in (12, 8):
        for number, setting in enumerate(SETTINGS):
            figures = [
                _fleet(
                    setting,
                    np.random.default_rng([seed, weeks, number, run]),
                    sensors=sensors,
                    weeks=weeks,
                    gate=gate,
                )
                for run in range(runs * (10 if setting.cross else 1))
            ]
            yield Entering(setting, weeks, *np.array(figures).T)


def _fleet(
    setting: Setting,
    rng: np.random.Generator,
    *,
    sensors: int,
    weeks: int,
    gate: GateParameters,
) -> tuple[float, ...]:
    noise = draw_weeks(setting, rng, sensors=sensors, weeks=weeks)
    share = np.arange(sensors) / sensors
    better, worse = share < 0.3, share >= 0.7
    ties = evidence_of(noise, np.zeros(sensors), setting, rng)
    some = evidence_of(noise, 1.0 * better, setting, rng)
    mixed = evidence_of(noise, 1.0 * better - 0.5 * worse, setting, rng)

    def accepted(evidence: Evidence, *, strict: bool) -> np.ndarray:
        demands = Demands.uniform(sensors, strict=strict)
        return judge(evidence, demands=demands, parameters=gate).accepted

    demands = Demands.uniform(sensors, strict=True)
    p_value = judge(ties, demands=demands, parameters=gate).p_value
    strict, expected = accepted(some, strict=True), accepted(mixed, strict=False)
    return (
        float((p_value <= 0.05).mean()),
        (strict & ~better).sum() / max(strict.sum(), 1),
        float(strict[better].mean()),
        (expected & worse).sum() / max(expected.sum(), 1),
        float(expected[better].mean()),
    )
