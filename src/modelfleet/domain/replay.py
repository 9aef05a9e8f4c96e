"""What would have been served in past weeks, had one sensor's rules been in force.

A forecast is issued every ``horizon`` steps, from the origin of each week on. Its first step is
compared with the reading before it, as at serving, and every further step with what is served one
step before. Rules about sums over a cohort need the other sensors and are left out here.
"""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray
from modelfleet.domain.rules import MODEL, NO_FORECAST, Change, Limit, Rules, apply_rules

__all__ = ["Replay", "replay_rules"]


@dataclass(frozen=True, eq=False)
class Replay:
    """A backtest in which every forecast had to keep the rules.

    Attributes:
        forecast: the model's where it keeps all rules, the backup's where it breaks one, and not
            finite where the model has none or there is no backup; shape (weeks, per_week).
        replaced: rows that each rule replaced, by its name, in the order of the rules; those that
            replaced none are absent.
    """

    forecast: FloatArray
    replaced: dict[str, int]


def replay_rules(
    forecast: FloatArray,
    backup: FloatArray,
    before: FloatArray,
    rules: Rules,
    *,
    horizon: int,
) -> Replay:
    """Apply one sensor's limits and largest changes to its backtest.

    Where the model has no forecast, the backup would be served, but nobody's forecast is judged by
    another's: such rows stay without one. So rules that nothing breaks change nothing to the bit.

    Args:
        forecast: of the model, in the unit of the readings; shape (weeks, per_week).
        backup: of the baseline; shape (weeks, per_week).
        before: what was read one step before each step, NaN where unknown; shape (weeks, per_week).
        rules: of one sensor, without sums.
        horizon: steps of an issued forecast.
    """
    beyond = _beyond(forecast, rules)
    if not beyond and not rules.changes:
        return Replay(forecast, {})
    weeks, per_week = forecast.shape
    issued, stood_in = _by_issue(forecast, horizon), _by_issue(backup, horizon)
    previous = _by_issue(before, horizon)[:, 0]
    if not beyond and not _jumps(issued, stood_in, previous, rules):
        return Replay(forecast, {})
    served = apply_rules(issued, stood_in, _for_each(rules, len(issued)), previous=previous)
    code = _weekly(served.code, weeks, per_week)
    struck = (code != MODEL) & (code != NO_FORECAST)
    values = np.where(struck, _weekly(served.values, weeks, per_week), forecast)
    return Replay(values, _count(code, struck, served.names))


def _beyond(forecast: FloatArray, rules: Rules) -> bool:
    """Whether any forecast lies beyond a limit: mostly none does, and this is quickly told."""
    return any(
        bool(((forecast < limit.low[0]) | (forecast > limit.high[0])).any())
        for limit in rules.limits
    )


def _jumps(issued: FloatArray, stood_in: FloatArray, previous: FloatArray, rules: Rules) -> bool:
    """Whether any step is too large while nothing is replaced; if not, nothing ever is."""
    served = np.where(np.isfinite(issued), issued, stood_in)
    step = np.abs(np.diff(served, axis=1, prepend=previous[:, None]))
    return any(bool((step > change.largest[0]).any()) for change in rules.changes)


def _by_issue(values: FloatArray, horizon: int) -> FloatArray:
    """One row per issued forecast; shape (issues, horizon).

    The last one of a week is cut off by the next origin where weeks are no multiple of horizons.
    """
    weeks, per_week = values.shape
    missing = -per_week % horizon
    if missing:
        values = np.concatenate([values, np.full((weeks, missing), np.nan)], axis=1)
    return values.reshape(-1, horizon)


def _weekly(values: AnyArray, weeks: int, per_week: int) -> AnyArray:
    return values.reshape(weeks, -1)[:, :per_week]


def _for_each(rules: Rules, issues: int) -> Rules:
    """The same rules for every issued forecast: each keeps them by itself."""
    return Rules(
        limits=tuple(
            Limit(each.name, np.repeat(each.low, issues), np.repeat(each.high, issues))
            for each in rules.limits
        ),
        changes=tuple(Change(each.name, np.repeat(each.largest, issues)) for each in rules.changes),
    )


def _count(code: AnyArray, struck: BoolArray, names: tuple[str, ...]) -> dict[str, int]:
    counts = np.bincount(code[struck], minlength=len(names))
    return {name: int(count) for name, count in zip(names, counts, strict=True) if count}
