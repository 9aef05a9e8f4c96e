"""One profile row per sensor: what its readings look like, measured without judging them."""

from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray, IntArray
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
        "zero_share": pl.Float64(),
        "mean": pl.Float64(),
        "spread": pl.Float64(),
        "minimum": pl.Float64(),
        "maximum": pl.Float64(),
        "weekly_coverage": pl.List(pl.Float32),
    }
)
"""Columns of a profile. "Recent" ones look at the last ``recent_weeks`` weeks only: coverage,
longest_gap_hours, stuck_share, longest_stuck_hours and level_jump_days."""


def profile_block(block: Block, axis: Axis, parameters: ProfileParameters) -> dict[str, Any]:
    """Measure one sensor.

    Args:
        block: its readings, from the first value on; at least one value.
        axis: ends where the fleet's data end.
        parameters: what counts as recent, as stuck and as a jump.
    """
    grid, values = axis.grid, block.values
    known = np.isfinite(values)
    position = np.flatnonzero(known)
    recent = slice(max(len(values) - parameters.recent_weeks * grid.per_week, 0), None)
    runs, stuck = _stuck(values[recent], grid.hours(1), parameters.stuck_hours)
    present = values[known]
    return {
        "outcome": "profiled",
        "readings": len(present),
        "first_reading": axis.time(block.first),
        "last_reading": axis.time(block.first + int(position[-1])),
        "history_weeks": len(values) / grid.per_week,
        "silence_hours": grid.hours(len(values) - 1 - int(position[-1])),
        "coverage": float(known[recent].mean()),
        "longest_gap_hours": grid.hours(_longest_run(~known[recent])),
        "stuck_share": float(stuck.sum() / max(known[recent].sum(), 1)),
        "longest_stuck_hours": grid.hours(int(runs.max(initial=0))),
        "stuck_end_hours": grid.hours(_run_at_end(present)),
        "level_jump_days": _level_jump_days(values, recent, grid.per_day, parameters.jump_factor),
        "zero_share": float((present == 0).mean()),
        "mean": float(present.mean()),
        "spread": float(present.std()),
        "minimum": float(present.min()),
        "maximum": float(present.max()),
        "weekly_coverage": _weekly_share(known, grid.per_week),
    }


def _run_lengths(keys: AnyArray) -> IntArray:
    """Length of the run of equal neighbours that each entry stands in; shape (n,)."""
    if not len(keys):
        return np.empty(0, dtype=np.int64)
    change = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    lengths = np.diff(np.concatenate([[0], change, [len(keys)]]))
    return np.repeat(lengths, lengths)


def _longest_run(flags: BoolArray) -> int:
    return int(_run_lengths(flags)[flags].max(initial=0))


def _stuck(values: FloatArray, step_hours: float, least: float) -> tuple[IntArray, BoolArray]:
    """Runs of one same value among the known ones, and which values stand in long ones."""
    runs = _run_lengths(values[np.isfinite(values)])
    return runs, runs * step_hours >= least


def _run_at_end(present: FloatArray) -> int:
    return int(_run_lengths(present)[-1])


def _level_jump_days(values: FloatArray, recent: slice, per_day: int, factor: float) -> float:
    """Recent days whose median lies ``factor`` interquartile ranges outside the middle half."""
    low, high = np.nanquantile(values, [0.25, 0.75])
    margin = factor * (high - low)
    tail = values[recent]
    days = tail[len(tail) % per_day :].reshape(-1, per_day)
    days = days[np.isfinite(days).any(axis=1)]
    if not margin > 0 or not len(days):
        return 0.0
    middle = np.nanmedian(days, axis=1)
    return float(((middle < low - margin) | (middle > high + margin)).sum())


def _weekly_share(known: BoolArray, per_week: int) -> list[float]:
    """Share of known steps per week, counted back from the end; the oldest week may be short."""
    padding = -len(known) % per_week
    weeks = np.concatenate([np.zeros(padding, dtype=np.bool_), known]).reshape(-1, per_week)
    share: list[float] = weeks.mean(axis=1).tolist()
    return share
