"""What moved a forecast: how much each group of features adds to what a usual week would give.

Every feature belongs to one of four groups, or the reader has thirty numbers to add up. The
forecast is the sum of a *base*, what the model says on average over the sensor's usual week, and of
one contribution per group. The usual week is made of the sensor's own weekly pattern, repeated for
ever: no deviation from it, companions at their mean. Sources: Shapley, A value for n-person games,
1953; Lundberg and Lee, A unified approach to interpreting model predictions, 2017.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray, IntArray
from modelfleet.domain.features import Covariates, build_design, look_back
from modelfleet.domain.grid import Calendar, Grid
from modelfleet.domain.parameters.recipes import FeatureParameters
from modelfleet.domain.series import SeasonalMean, Series

__all__ = [
    "CALENDAR",
    "COVARIATES",
    "GROUPS",
    "RECENT_LEVEL",
    "SAME_TIME_LAST_WEEKS",
    "TOLERANCE",
    "Contributions",
    "group_of",
    "linear_contributions",
    "shapley_contributions",
    "shapley_values",
    "usual_week",
]

RECENT_LEVEL, SAME_TIME_LAST_WEEKS = "recent_level", "same_time_last_weeks"
CALENDAR, COVARIATES = "calendar", "covariates"
GROUPS = (RECENT_LEVEL, SAME_TIME_LAST_WEEKS, CALENDAR, COVARIATES)

BEGINNINGS = (
    ("covariate_", COVARIATES),  # first: the rest of the name is anybody's
    ("level_", RECENT_LEVEL),
    ("deviation_", RECENT_LEVEL),
    ("week_", SAME_TIME_LAST_WEEKS),
    ("sin_day_", CALENDAR),
    ("cos_day_", CALENDAR),
    ("sin_week_", CALENDAR),
    ("cos_week_", CALENDAR),
)
WHOLE = {
    "weeks_median": SAME_TIME_LAST_WEEKS,
    "seasonal_mean": SAME_TIME_LAST_WEEKS,
    "weekend": CALENDAR,
}
LAG = "lag_"

TOLERANCE = 1e-9
"""By which base and contributions may miss the forecast, as a share of the largest of them, or of
one unit of the readings where that is more."""


@dataclass(frozen=True)
class Contributions:
    """A forecast as a sum.

    Attributes:
        base: what the model says on average over the usual week, in the unit of the readings.
        groups: group to what it adds, in the order of :data:`GROUPS`; those that the recipe has.
    """

    base: float
    groups: Mapping[str, float]

    @property
    def total(self) -> float:
        """Base and contributions together."""
        return math.fsum((self.base, *self.groups.values()))

    def adds_up_to(self, forecast: float) -> bool:
        """Whether they make up the forecast, to :data:`TOLERANCE`."""
        largest = max(1.0, abs(self.base), *(abs(each) for each in self.groups.values()))
        return abs(self.total - forecast) <= TOLERANCE * largest


def group_of(feature: str, *, per_week: int) -> str:
    """The group of a feature, by its name in :func:`~modelfleet.domain.features.feature_names`.

    A lag of whole weeks is the same time in an earlier week; any other lag is of the last days.

    Raises:
        ValueError: no recipe makes such a feature.

    >>> group_of("lag_24", per_week=168), group_of("lag_336", per_week=168)
    ('recent_level', 'same_time_last_weeks')
    """
    if feature in WHOLE:
        return WHOLE[feature]
    if feature.startswith(LAG):
        whole_weeks = int(feature.removeprefix(LAG)) % per_week == 0
        return SAME_TIME_LAST_WEEKS if whole_weeks else RECENT_LEVEL
    for beginning, group in BEGINNINGS:
        if feature.startswith(beginning):
            return group
    raise ValueError(f"feature {feature!r} belongs to no group")


def usual_week(
    pattern: FloatArray,
    grid: Grid,
    spec: FeatureParameters,
    *,
    horizon: int,
    companions: Mapping[str, float],
) -> FloatArray:
    """The features of a week like all others, made by the function that makes them in service.

    Args:
        pattern: mean per slot of the local week; NaN where never seen; shape (per_week,).
        grid: of the fleet.
        spec: which features, from the recipe.
        horizon: steps between the last known value and the forecast.
        companions: mean of each covariate that the recipe looks at.

    Returns:
        shape (per_week, columns), Monday 00:00 first.
    """
    week = np.where(np.isfinite(pattern), pattern, np.nanmean(pattern))
    weeks = -(-look_back(spec, grid, horizon=horizon) // grid.per_week) + 1
    length = weeks * grid.per_week
    slot = np.arange(length, dtype=np.int64) % grid.per_week
    calendar = Calendar(grid, 0, slot, np.zeros(length, dtype=np.int64))
    values = np.tile(week, weeks)
    names = tuple(spec.covariates)
    constants = np.array([companions[name] for name in names])
    design = build_design(
        Series(0, values, np.zeros(length, dtype=np.bool_)),
        calendar,
        spec,
        horizon=horizon,
        covariates=Covariates(-horizon, names, np.tile(constants, (length, 1))) if names else None,
        seasonal=SeasonalMean(values, week),
    )
    last: FloatArray = np.ascontiguousarray(design.values[-grid.per_week :])
    return last


def linear_contributions(
    coefficients: FloatArray,
    intercept: float,
    features: FloatArray,
    background: FloatArray,
    groups: Sequence[str],
) -> Contributions:
    """Of a linear model: each coefficient times what its feature differs from the usual by.

    This is what :func:`shapley_contributions` gives for a linear model, without asking it.

    Args:
        coefficients: shape (columns,).
        intercept: in the unit of the readings.
        features: of the step; shape (columns,).
        background: of the usual week; shape (rows, columns).
        groups: of each column.
    """
    usual = background.mean(axis=0)
    base = math.fsum((intercept, *(coefficients * usual).tolist()))
    parts = coefficients * (features - usual)
    return Contributions(
        base,
        {
            group: math.fsum(parts[[each == group for each in groups]].tolist())
            for group in _present(groups)
        },
    )


def shapley_contributions(
    predict: Callable[[FloatArray], FloatArray],
    features: FloatArray,
    background: FloatArray,
    groups: Sequence[str],
) -> Contributions:
    """Of any model: exact Shapley values over the groups.

    The model is asked for every subset of the groups, with the features of the subset as they are
    and the others as in each row of the background; the mean over the rows is the subset's worth.
    Four groups are sixteen subsets: nothing is sampled, and no structure of the model is assumed.

    Args:
        predict: from shape (rows, columns) to (rows,).
        features: of the step; shape (columns,).
        background: of the usual week; shape (rows, columns).
        groups: of each column.
    """
    present = _present(groups)
    member = np.array([[each == group for each in groups] for group in present])
    subsets = _subsets(len(present))
    taken = (subsets @ member).astype(np.bool_)  # (subsets, columns): each column is in one group
    rows = np.where(taken[:, None, :], features, background)
    told = predict(rows.reshape(-1, len(features))).reshape(len(subsets), len(background))
    worth = np.array([math.fsum(row) / len(background) for row in told.tolist()])
    shares = shapley_values(worth)
    return Contributions(float(worth[0]), dict(zip(present, shares.tolist(), strict=True)))


def shapley_values(worth: FloatArray) -> FloatArray:
    """What each of k players adds, on average over all orders in which they may come.

    Args:
        worth: of each subset; bit j of its position says whether player j is in it; shape (2^k,).

    Returns:
        shape (k,); the sum is the worth of all less that of nobody.

    >>> shapley_values(np.array([0.0, 1.0, 2.0, 5.0]))  # alone 1 and 2, together 5
    array([2., 3.])
    """
    players = len(worth).bit_length() - 1
    position = np.arange(len(worth))
    size = _subsets(players).sum(axis=1)
    out = np.empty(players)
    for player in range(players):
        without = position[(position >> player) & 1 == 0]
        gain = worth[without | (1 << player)] - worth[without]
        weight = 1 / (players * np.array([math.comb(players - 1, k) for k in size[without]]))
        out[player] = math.fsum((weight * gain).tolist())
    return out


def _subsets(players: int) -> IntArray:
    """Who is in each subset; shape (2^k, k)."""
    return np.arange(1 << players)[:, None] >> np.arange(players) & 1


def _present(groups: Sequence[str]) -> list[str]:
    return [group for group in GROUPS if group in groups]
