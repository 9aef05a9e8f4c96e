"""One profile row per sensor: what its readings look like, measured without judging them."""

from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray, IntArray
from modelfleet.domain.jumps import count_jumps
from modelfleet.domain.levels import Shift, find_shift, level_ratio, summarise_days
from modelfleet.domain.parameters.validation import ProfileParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import Block

__all__ = ["PROFILE_SCHEMA", "profile_block"]

TIME = pl.Datetime("us", "UTC")

PROFILE_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "outcome": pl.String(),
        "reason": pl.String(),
        "readings": pl.Int64(),
        "first_reading": TIME,
        "last_reading": TIME,
        "history_weeks": pl.Float64(),
        "silence_hours": pl.Float64(),
        "coverage": pl.Float64(),
        "longest_gap_hours": pl.Float64(),
        "stuck_share": pl.Float64(),
        "longest_stuck_hours": pl.Float64(),
        "stuck_end_hours": pl.Float64(),
        "level_jump_days": pl.Float64(),
        "level_ratio": pl.Float64(),
        "shift_days": pl.Float64(),
        "shift_distance": pl.Float64(),
        "level_before": pl.Float64(),
        "level_after": pl.Float64(),
        "shifted_at": TIME,
        "zero_share": pl.Float64(),
        "mean": pl.Float64(),
        "spread": pl.Float64(),
        "minimum": pl.Float64(),
        "maximum": pl.Float64(),
        "weekly_coverage": pl.List(pl.Float32),
    }
)
"""Columns of a profile. "Recent" ones look at the last ``recent_weeks`` weeks only: coverage,
longest_gap_hours, stuck_share, longest_stuck_hours, level_jump_days, level_ratio and the shift.

A change of level that lasts to the end is told by ``shift_distance`` (interquartile ranges outside
the former middle half), ``level_before``, ``level_after`` and ``shifted_at``. Where the distance
exceeds ``jump_factor``, ``shift_days`` counts the days since, and these are no jumps."""


def profile_block(block: Block, axis: Axis, parameters: ProfileParameters) -> dict[str, Any]:
    """Measure one sensor.

    Args:
        block: its readings, from the first value on; at least one value.
        axis: ends where the fleet's data end.
        parameters: what counts as recent, as stuck, as a jump and as a shift.
    """
    grid, values = axis.grid, block.values
    known = np.isfinite(values)
    present = values[known]
    recently = known[max(len(values) - parameters.recent_weeks * grid.per_week, 0) :]
    count = int(recently.sum())
    runs = _run_lengths(present[len(present) - count :])
    stuck = runs[grid.hours(1) * runs >= parameters.stuck_hours]
    last = len(known) - 1 - int(known[::-1].argmax())
    mean = present.mean()
    apart = present - mean
    return {
        "outcome": "profiled",
        "readings": len(present),
        "first_reading": axis.time(block.first),
        "last_reading": axis.time(block.first + last),
        "history_weeks": len(values) / grid.per_week,
        "silence_hours": grid.hours(len(values) - 1 - last),
        "coverage": count / len(recently),
        "longest_gap_hours": grid.hours(_longest_gap(recently)),
        "stuck_share": float(stuck.sum() / max(count, 1)),
        "longest_stuck_hours": grid.hours(int(runs.max(initial=0))),
        "stuck_end_hours": grid.hours(int(runs[-1]) if len(runs) > 1 else _last_run(present)),
        **_level_figures(block, present, axis, parameters),
        "zero_share": np.count_nonzero(present == 0) / len(present),
        "mean": float(mean),
        "spread": float(np.sqrt((apart * apart).mean())),
        "minimum": float(present.min()),
        "maximum": float(present.max()),
        "weekly_coverage": _weekly_share(known, grid.per_week),
    }


def _run_lengths(values: AnyArray) -> IntArray:
    """Lengths of the runs of equal neighbours, in order; shape (runs,)."""
    change = np.flatnonzero(values[1:] != values[:-1])
    edges = np.empty(len(change) + 2, dtype=np.int64)
    edges[0], edges[1:-1], edges[-1] = 0, change + 1, len(values)
    return edges[1:] - edges[:-1]


def _last_run(values: FloatArray) -> int:
    """Length of the run of equal neighbours at the end; at least one value."""
    change = np.flatnonzero(values[1:] != values[:-1])
    return len(values) - int(change[-1] + 1 if len(change) else 0)


def _longest_gap(known: BoolArray) -> int:
    """Length of the longest run of unknown steps; runs of known and unknown ones alternate."""
    return int(_run_lengths(known)[int(known[0]) :: 2].max(initial=0))


def _level_figures(
    block: Block, present: FloatArray, axis: Axis, parameters: ProfileParameters
) -> dict[str, Any]:
    """What the days say of the level: jumps, a change of unit, a shift that lasts."""
    values, per_day = block.values, axis.grid.per_day
    days, hold = summarise_days(values, per_day), parameters.hold_days
    levels = days.levels
    first = max(len(levels) - parameters.recent_weeks * 7, 0)
    shift = find_shift(values, levels, per_day, first=first, hold=hold)
    far = shift is not None and shift.distance > parameters.jump_factor
    unsettled = levels[first : shift.start if shift and far else None]
    return {
        "level_jump_days": float(count_jumps(present, unsettled, factor=parameters.jump_factor)),
        "level_ratio": level_ratio(days.since(max(first - hold - 1, 0)), hold),
        "shift_days": float(len(levels) - shift.start) if shift and far else 0.0,
        **_shift_figures(shift, block, axis, len(values) % per_day),
    }


def _shift_figures(shift: Shift | None, block: Block, axis: Axis, offset: int) -> dict[str, Any]:
    if shift is None:
        return {"shift_distance": 0.0}
    return {
        "shift_distance": shift.distance,
        "level_before": shift.before,
        "level_after": shift.after,
        "shifted_at": axis.time(block.first + offset + shift.start * axis.grid.per_day),
    }


def _weekly_share(known: BoolArray, per_week: int) -> FloatArray:
    """Share of known steps per week, counted back from the end; the oldest week may be short."""
    padding = -len(known) % per_week
    weeks = np.concatenate([np.zeros(padding, dtype=np.bool_), known]).reshape(-1, per_week)
    return np.asarray(weeks.mean(axis=1))
