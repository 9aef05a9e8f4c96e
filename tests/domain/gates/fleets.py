"""Evidence made up for the gate's tests, and the configuration they judge by."""

from dataclasses import replace

import numpy as np

from modelfleet.domain.gates import ChampionEvidence, Demands, Evidence, judge
from modelfleet.domain.parameters.evaluation import GateParameters

WEEKS = 12

DEFAULTS = GateParameters(
    mode="expected",
    min_weeks=8,
    min_hours=50,
    min_valid_share=0.7,
    max_bias_share=0.75,
    margin=0.0,
    min_probability=0.8,
    false_discovery_rate=0.10,
    min_sensors_for_prior=30,
    replace={
        "min_weeks": 4, "max_weeks": 12, "tolerance": 0.02, "confidence": 0.95,
        "bad_week": 0.2, "max_bad_share": 0.25,
    },
)  # fmt: skip


def evidence_of(gains):
    """Complete, unbiased evidence of sensors whose weekly gains are the rows of ``gains``."""
    gains = np.atleast_2d(gains).astype(float)
    count = len(gains)
    return Evidence(
        loss=1 - gains,
        baseline_loss=np.ones_like(gains),
        hours=np.full(gains.shape, 168),
        valid_share=np.ones(count),
        mean_error=np.zeros(count),
        mae=np.ones(count),
    )


def clearly_better(count=1):
    """Gains of 20 % that hardly vary."""
    return 0.2 + 0.01 * np.random.default_rng(0).normal(size=(count, WEEKS))


def champion_of(improvements, evidence, *, since=WEEKS, same_recipe=True, **changed):
    """Champions over which the candidates improve by the rows, in the last ``since`` weeks."""
    improvements = np.broadcast_to(np.asarray(improvements, dtype=float), evidence.loss.shape)
    sensors, weeks = evidence.loss.shape
    recent = np.broadcast_to(np.arange(weeks) >= weeks - since, evidence.loss.shape)
    found = ChampionEvidence(
        serves_model=np.ones(sensors, dtype=bool),
        same_recipe=np.full(sensors, same_recipe),
        same_model=np.zeros(sensors, dtype=bool),
        out_of_sample=recent,
        loss=np.where(recent, evidence.loss / (1 - improvements), np.nan),
        candidate_loss=evidence.loss,
        baseline_loss=evidence.baseline_loss,
        hours=evidence.hours,
        valid_share=np.ones(sensors),
        mean_error=np.zeros(sensors),
        mae=np.ones(sensors),
    )
    return replace(found, **changed)


def decide(evidence, *, champion=None, strict=False, **asked):
    """Judge a fleet in one mode."""
    demands = Demands.uniform(len(evidence.mae), strict=strict, **asked)
    return judge(evidence, demands=demands, parameters=DEFAULTS, champion=champion)
