"""What the gate knows of candidates and of the champions they challenge."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray

__all__ = ["ChampionEvidence", "Evidence"]


@dataclass(frozen=True)
class Evidence:
    """What the gate knows of ``n`` candidates over ``w`` weeks; NaN where unknown.

    Attributes:
        loss: candidate's mean absolute error per week; shape (n, w).
        baseline_loss: the baseline's on the same hours; shape (n, w).
        hours: hours that were compared per week; shape (n, w).
        valid_share: share of the hours with a reading for which the candidate had a finite
            forecast; shape (n,).
        mean_error: forecast minus actual over all compared hours; shape (n,).
        mae: mean absolute error over all compared hours; shape (n,).
    """

    loss: FloatArray
    baseline_loss: FloatArray
    hours: FloatArray
    valid_share: FloatArray
    mean_error: FloatArray
    mae: FloatArray


@dataclass(frozen=True)
class ChampionEvidence:
    """What the gate knows of what serves ``n`` sensors now, over the same ``w`` weeks.

    The weeks are those of :class:`Evidence`, in the same order. Both contenders must be out of
    sample in a week for it to count: the weeks after the end of the champion's training where the
    candidate is the same recipe fitted anew; any week where both recipes were fitted anew for it.

    Attributes:
        serves_model: what serves now is a model; where it is not, nothing else here counts; (n,).
        same_recipe: the candidate is the champion's recipe, fitted anew; shape (n,).
        same_model: the candidate is the champion: there is nothing to compare; shape (n,).
        out_of_sample: weeks that neither contender learned from; losses in other weeks are not
            looked at; shape (n, w).
        loss: the champion's mean absolute error per week; shape (n, w).
        candidate_loss: the candidate's on the same hours; shape (n, w).
        baseline_loss: the baseline's on the same hours; shape (n, w).
        hours: hours that were compared per week; shape (n, w).
        valid_share: share of the hours with a reading for which the champion had a finite
            forecast; shape (n,).
        mean_error: champion's forecast minus actual over its compared hours; shape (n,).
        mae: champion's mean absolute error over its compared hours; shape (n,).
    """

    serves_model: BoolArray
    same_recipe: BoolArray
    same_model: BoolArray
    out_of_sample: BoolArray
    loss: FloatArray
    candidate_loss: FloatArray
    baseline_loss: FloatArray
    hours: FloatArray
    valid_share: FloatArray
    mean_error: FloatArray
    mae: FloatArray

    @classmethod
    def none(cls, sensors: int, weeks: int) -> Self:
        """No sensor is served by a model: what a first run has, and a row for a new sensor."""
        nobody = np.zeros(sensors, dtype=np.bool_)
        unknown, nothing = np.full((sensors, weeks), np.nan), np.full(sensors, np.nan)
        return cls(
            serves_model=nobody,
            same_recipe=nobody,
            same_model=nobody,
            out_of_sample=np.zeros((sensors, weeks), dtype=np.bool_),
            loss=unknown,
            candidate_loss=unknown,
            baseline_loss=unknown,
            hours=np.zeros((sensors, weeks)),
            valid_share=nothing,
            mean_error=nothing,
            mae=nothing,
        )

    def completed(self, evidence: Evidence) -> Self:
        """With what the candidate's evidence tells of the champion's recipe.

        Before the champion began to serve, its recipe fitted anew each week stands for it. What
        did serve since then speaks for itself, and nothing is filled in there.
        """
        own = self.out_of_sample
        before = (self.same_recipe | self.same_model)[:, None] & ~own

        def series(champion: FloatArray, candidate: FloatArray, missing: float) -> FloatArray:
            return np.where(own, champion, np.where(before, candidate, missing))

        def figure(champion: FloatArray, candidate: FloatArray) -> FloatArray:
            return np.where(self.same_model & np.isnan(champion), candidate, champion)

        return replace(
            self,
            loss=series(self.loss, evidence.loss, np.nan),
            baseline_loss=series(self.baseline_loss, evidence.baseline_loss, np.nan),
            hours=series(self.hours, evidence.hours, 0.0),
            valid_share=figure(self.valid_share, evidence.valid_share),
            mean_error=figure(self.mean_error, evidence.mean_error),
            mae=figure(self.mae, evidence.mae),
        )
