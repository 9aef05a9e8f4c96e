"""How long the gate takes for a large fleet, from the table of candidates to that of verdicts."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from modelfleet.domain.gates import ChampionEvidence
from modelfleet.domain.hold import LiveRelease, Proposal, Service, find_hold_reasons
from modelfleet.domain.parameters.evaluation import EvaluationParameters
from modelfleet.fleet.scorecard import evidence_from, judge_candidates

__all__ = ["Timing", "measure_gate"]

WEEKS = 12


@dataclass(frozen=True)
class Timing:
    """Seconds for one fleet, the best of some runs.

    Attributes:
        sensors: in the fleet.
        first: verdicts without champions.
        later: verdicts on challengers and champions.
        hold: the guard over the fleet.
    """

    sensors: int
    first: float
    later: float
    hold: float


def measure_gate(
    *, evaluation: EvaluationParameters, sensors: int, seed: int, repeat: int = 3
) -> Timing:
    """Time the gate and the hold on one made-up fleet, half of it on models."""
    candidates, metadata = _fleet(sensors, seed)
    champion, (proposal, live) = _champions(candidates, seed), _releases(candidates)
    gate, hold = evaluation.gate, evaluation.hold

    def judged(known: ChampionEvidence | None) -> pl.DataFrame:
        table = judge_candidates(candidates, metadata, weeks=WEEKS, gate=gate, champion=known)
        assert table.height == sensors
        return table

    def held() -> list[object]:
        return [*find_hold_reasons(proposal, live, parameters=hold, min_hours=gate.min_hours)]

    return Timing(
        sensors,
        first=_best(lambda: judged(None), repeat),
        later=_best(lambda: judged(champion), repeat),
        hold=_best(held, repeat),
    )


def _best(call: Callable[[], object], repeat: int) -> float:
    seconds = []
    for _ in range(repeat):
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def _fleet(sensors: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Candidates of which about half enter, a few are insane; and metadata in 40 cohorts."""
    rng = np.random.default_rng(seed)
    names = [f"sensor-{number:06d}" for number in range(sensors)]
    gain = rng.normal(0.02, 0.05, size=(sensors, 1)) + rng.normal(0, 0.05, size=(sensors, WEEKS))
    lists = pl.List(pl.Float64)
    candidates = pl.DataFrame(
        {
            "sensor_id": names,
            "outcome": "trained",
            "loss": pl.Series((1 - gain).tolist(), dtype=lists),
            "baseline_loss": pl.Series(np.ones_like(gain).tolist(), dtype=lists),
            "hours": pl.Series(np.full_like(gain, 168).tolist(), dtype=lists),
            "valid_share": rng.uniform(0.68, 1.0, sensors),
            "mean_error": rng.normal(0, 0.3, sensors),
            "mae": np.ones(sensors),
        }
    )
    numbers = np.arange(sensors)
    metadata = pl.DataFrame(
        {
            "sensor_id": names,
            "cohort": [f"cohort/{number % 40}" for number in numbers],
            "kind": [("flow", "pressure")[number % 2] for number in numbers],
        }
    )
    return candidates, metadata


def _champions(candidates: pl.DataFrame, seed: int) -> ChampionEvidence:
    evidence, rng = evidence_from(candidates, WEEKS), np.random.default_rng(seed + 1)
    sensors = len(evidence.mae)
    weeks = np.broadcast_to(np.arange(WEEKS), evidence.loss.shape)
    return replace(
        ChampionEvidence.none(sensors, WEEKS),
        serves_model=np.arange(sensors) % 2 == 0,
        same_recipe=np.arange(sensors) % 4 == 0,
        out_of_sample=weeks >= rng.integers(0, WEEKS, size=(sensors, 1)),
        loss=evidence.loss * rng.normal(1.0, 0.035, size=evidence.loss.shape),
        candidate_loss=evidence.loss,
        baseline_loss=evidence.baseline_loss,
        hours=evidence.hours,
        valid_share=evidence.valid_share,
        mean_error=evidence.mean_error,
        mae=evidence.mae,
    )


def _releases(candidates: pl.DataFrame) -> tuple[Proposal, LiveRelease]:
    evidence = evidence_from(candidates, WEEKS)
    sensors = len(evidence.mae)
    everybody, number = np.ones(sensors, dtype=bool), np.arange(sensors)
    skill = 1 - np.mean(evidence.loss, axis=1)
    proposal = Proposal(
        service=np.where(number % 3 == 0, Service.BASELINE, Service.MODEL),
        replaced=number % 2 == 0,
        cohort=number % 40,
        judged=everybody,
        sane=everybody,
        finite=everybody,
        skill=skill,
        improvement=skill,
        evidence=evidence,
    )
    before = np.where(number % 2 == 0, Service.BASELINE, Service.MODEL)
    recent = np.arange(WEEKS) >= WEEKS - 4
    return proposal, LiveRelease(before, everybody, everybody, skill, recent)
