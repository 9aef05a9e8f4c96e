"""Sensors that went on under another id, as far as readings tell."""

from datetime import timedelta

import numpy as np
import polars as pl

from modelfleet.domain.renames import find_successors
from modelfleet.domain.swaps import NOBODY
from modelfleet.fleet.arrays import as_days, as_floats
from modelfleet.fleet.axis import Axis

__all__ = ["with_successors"]

QUIET_HOURS = 24
"""Silent for longer, a sensor may have gone on under another id."""


def with_successors(table: pl.DataFrame, axis: Axis, *, apart_days: int) -> pl.DataFrame:
    """Look for sensors that began when another of their kind and level fell silent.

    Those of which the metadata say so need no guess.

    Args:
        table: profiles with ``renamed_from`` and ``renamed_to``.
        axis: the run's time axis.
        apart_days: at most between the end of the one and the beginning of the other.

    Returns:
        the profiles with ``successor`` and ``predecessor``.
    """
    opening = axis.time(axis.first) + timedelta(days=apart_days)
    came = (pl.col("first_reading") > opening) & pl.col("renamed_from").is_null()
    went = (pl.col("silence_hours") > QUIET_HOURS) & pl.col("renamed_to").is_null()
    times = table.select(
        began=pl.when(came).then("first_reading"), stopped=pl.when(went).then("last_reading")
    )
    found = find_successors(
        as_days(times["began"]),
        as_days(times["stopped"]),
        as_floats(table["mean"]),
        as_floats(table["spread"]),
        np.asarray(table["kind"].cast(pl.String).rank("dense").fill_null(0), dtype=np.int64) - 1,
        apart=apart_days,
    )
    pairs = [(i, later) for i, later in enumerate(found.tolist()) if later != NOBODY]
    names: list[str] = table["sensor_id"].to_list()
    successor = {names[i]: names[later] for i, later in pairs}
    predecessor = {later: i for i, later in successor.items()}
    return table.with_columns(
        successor=pl.Series([successor.get(name) for name in names], dtype=pl.String),
        predecessor=pl.Series([predecessor.get(name) for name in names], dtype=pl.String),
    )
