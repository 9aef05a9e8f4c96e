"""The guard over the whole fleet: when errors arrive together, a release waits for people.

Single sensors are judged by the gate. A wrong unit, a broken feed or a bad recipe makes hundreds of
verdicts wrong at once, each of them well reasoned; that shows only in the fleet.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray, IntArray
from modelfleet.domain.gates.evidence import Evidence
from modelfleet.domain.parameters.evaluation import HoldParameters, Limit
from modelfleet.domain.shock import find_shock

__all__ = ["HOLD_CODES", "HoldReason", "LiveRelease", "Proposal", "Service", "find_hold_reasons"]

HOLD_CODES = (
    "not_finite",
    "too_many_demotions",
    "too_many_flips",
    "too_many_cohort_flips",
    "too_many_insane",
    "skill_fell",
    "no_skill",
    "replacements_worse",
    "shock_in_gain",
    "shock_in_loss",
)
"""Every code that can hold a release, and that an approval can name."""


class Service(IntEnum):
    """What serves a sensor."""

    NONE = 0
    BASELINE = 1
    MODEL = 2
    """A candidate or a champion."""


@dataclass(frozen=True)
class Proposal:
    """What a run would put into a release, for ``n`` sensors; retired ones are left out.

    Attributes:
        service: a :class:`Service` per sensor; shape (n,).
        replaced: a candidate takes the place of a champion; shape (n,).
        cohort: code of the sensor's cohort; shape (n,).
        judged: the sensor had a candidate; shape (n,).
        sane: the candidate passed the rules of sanity; shape (n,).
        finite: what would serve forecasts finite numbers only; shape (n,).
        skill: 1 - error of the candidate / error of the baseline, NaN where unknown; shape (n,).
        improvement: mean improvement over the champion, NaN where unknown; shape (n,).
        evidence: weekly losses of the candidates.
    """

    service: AnyArray
    replaced: BoolArray
    cohort: IntArray
    judged: BoolArray
    sane: BoolArray
    finite: BoolArray
    skill: FloatArray
    improvement: FloatArray
    evidence: Evidence


@dataclass(frozen=True)
class LiveRelease:
    """What the live release says of the same ``n`` sensors.

    Attributes:
        service: a :class:`Service` per sensor, ``NONE`` for a new one; shape (n,).
        judged: the sensor had a candidate in the run that made it; shape (n,).
        sane: that candidate passed the rules of sanity; shape (n,).
        skill: of that candidate, NaN where unknown; shape (n,).
        recent: judged weeks since that run; shape (w,).
    """

    service: AnyArray
    judged: BoolArray
    sane: BoolArray
    skill: FloatArray
    recent: BoolArray


@dataclass(frozen=True)
class HoldReason:
    """One reason why a release waits.

    Attributes:
        code: one of :data:`HOLD_CODES`.
        figure: what was measured.
        threshold: what it was compared with.
        sensors: positions of the sensors behind it.
        place: code of the cohort or position of the week, where the reason has one.
    """

    code: str
    figure: float
    threshold: float
    sensors: IntArray
    place: int | None = None


def find_hold_reasons(
    proposal: Proposal,
    live: LiveRelease | None,
    *,
    parameters: HoldParameters,
    min_hours: int,
    approved: Collection[str] = (),
) -> list[HoldReason]:
    """All reasons why people should look at a release before it serves.

    Args:
        proposal: what the run would release.
        live: what serves now; ``None`` for a first release, which no flips can hold.
        parameters: limits.
        min_hours: a week with fewer compared hours says nothing of a sensor.
        approved: codes that an approval clears, for this release only.

    Raises:
        ValueError: an approved code is none of :data:`HOLD_CODES`.
    """
    if unknown := sorted(set(approved) - set(HOLD_CODES)):
        raise ValueError(f"{unknown} are no reasons to hold; there are {list(HOLD_CODES)}")
    found = [*_not_finite(proposal)]
    if live is None:
        found += [*_first(proposal, parameters)]
    else:
        found += [*_flips(proposal, live, parameters), *_changes(proposal, live, parameters)]
    weeks = proposal.evidence.loss.shape[1]
    recent = np.ones(weeks, dtype=np.bool_) if live is None else live.recent
    limit = parameters.shock.first if live is None else parameters.shock.once
    found += [*_shocks(proposal.evidence, recent, parameters, limit, min_hours=min_hours)]
    return [reason for reason in found if reason.code not in approved]


def _not_finite(proposal: Proposal) -> Iterator[HoldReason]:
    broken = np.flatnonzero((proposal.service == Service.MODEL) & ~proposal.finite)
    if len(broken):
        yield HoldReason("not_finite", float(len(broken)), 0.0, broken)


def _first(proposal: Proposal, parameters: HoldParameters) -> Iterator[HoldReason]:
    """Without a release to compare with: sanity at all, and any use at all."""
    insane = np.flatnonzero(proposal.judged & ~proposal.sane)
    limit = parameters.sanity.first_share * proposal.judged.sum()
    if len(insane) > limit:
        yield HoldReason("too_many_insane", float(len(insane)), float(limit), insane)
    models = np.flatnonzero(proposal.service == Service.MODEL)
    if not len(models):
        return
    skill = proposal.skill[models]
    middle = _median(skill)
    if not middle > 0:  # an unknown skill holds as well
        yield HoldReason("no_skill", middle, 0.0, models[~(skill > 0)])


def _flips(
    proposal: Proposal, live: LiveRelease, parameters: HoldParameters
) -> Iterator[HoldReason]:
    """Too many sensors lose their model, or change sides, in the fleet or in one cohort."""
    before, after = live.service, proposal.service
    lost = (before == Service.MODEL) & (after != Service.MODEL)
    won = (before == Service.BASELINE) & (after == Service.MODEL)
    served, flipped = before != Service.NONE, lost | won
    on_model = before == Service.MODEL
    yield from _too_many("too_many_demotions", lost, on_model, parameters.demotions)
    yield from _too_many("too_many_flips", flipped, served, parameters.flips)
    for cohort in np.unique(proposal.cohort[flipped]):
        within = proposal.cohort == cohort
        if (within & served).sum() >= parameters.min_cohort:
            yield from _too_many(
                "too_many_cohort_flips",
                flipped & within,
                served & within,
                parameters.cohort_flips,
                place=int(cohort),
            )


def _too_many(
    code: str, sensors: BoolArray, among: BoolArray, limit: Limit, *, place: int | None = None
) -> Iterator[HoldReason]:
    count, allowed = int(sensors.sum()), limit.of(float(among.sum()))
    if count > allowed:
        yield HoldReason(code, float(count), allowed, np.flatnonzero(sensors), place)


def _changes(
    proposal: Proposal, live: LiveRelease, parameters: HoldParameters
) -> Iterator[HoldReason]:
    """The fleet is less sane or less skilled than it was, or its replacements are worse."""
    yield from _insane(proposal, live, parameters)
    fall = live.skill - proposal.skill
    both = np.isfinite(fall)
    if both.sum() >= parameters.min_sensors:
        fallen = _median(live.skill[both]) - _median(proposal.skill[both])
        if fallen > parameters.max_skill_fall:
            behind = _furthest(fall, both & (fall > parameters.max_skill_fall))
            yield HoldReason("skill_fell", fallen, parameters.max_skill_fall, behind)
    better, lowest = proposal.improvement, parameters.min_improvement
    replaced = proposal.replaced & np.isfinite(better)
    if replaced.sum() >= parameters.min_sensors and (middle := _median(better[replaced])) < lowest:
        behind = _furthest(-better, replaced & (better < lowest))
        yield HoldReason("replacements_worse", middle, lowest, behind)


def _insane(
    proposal: Proposal, live: LiveRelease, parameters: HoldParameters
) -> Iterator[HoldReason]:
    limit, total = parameters.sanity, float(proposal.judged.sum())
    insane = np.flatnonzero(proposal.judged & ~proposal.sane)
    usual = (live.judged & ~live.sane).sum() / max(live.judged.sum(), 1)
    allowed = max(limit.of(total), float(limit.growth * usual * total))
    if len(insane) > allowed:
        yield HoldReason("too_many_insane", float(len(insane)), allowed, insane)


def _shocks(
    evidence: Evidence,
    recent: BoolArray,
    parameters: HoldParameters,
    once: float,
    *,
    min_hours: int,
) -> Iterator[HoldReason]:
    """The median sensor left its usual range, in gain or in loss: far once, or twice by less."""
    twice = parameters.shock.twice
    counts = (evidence.hours >= min_hours) & np.isfinite(evidence.loss)
    loss = np.where(counts, evidence.loss, np.nan)
    baseline_loss = np.where(counts, evidence.baseline_loss, np.nan)
    # A factor per sensor does not matter: each is measured by its own spread.
    with np.errstate(divide="ignore", invalid="ignore"):
        figures = {"shock_in_gain": baseline_loss - loss, "shock_in_loss": np.log(loss)}
    for code, values in figures.items():
        shock = find_shock(
            np.where(np.isfinite(values), values, np.nan),
            recent,
            min_reference_weeks=parameters.shock.min_reference_weeks,
            min_sensors=parameters.min_sensors,
        )
        if shock.median > once:
            yield HoldReason(code, shock.median, once, shock.beyond(once), shock.week)
        elif shock.second > twice:
            yield HoldReason(code, shock.second, twice, shock.beyond(twice), shock.week)


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _furthest(amount: FloatArray, among: BoolArray) -> IntArray:
    """Positions of some sensors, the largest amount first."""
    positions = np.flatnonzero(among)
    return positions[np.argsort(-amount[positions], kind="stable")]
