"""Profiles completed with what is known of each sensor from elsewhere than its readings."""

import polars as pl

from modelfleet.domain.parameters.validation import ProfileParameters, ValidationParameters
from modelfleet.domain.swaps import NOBODY, find_swaps
from modelfleet.fleet.arrays import as_days, as_floats
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.refusals import with_refusals
from modelfleet.fleet.retirement import find_retired
from modelfleet.fleet.successors import with_successors

__all__ = ["describe_profiles"]


def describe_profiles(
    sensors: pl.DataFrame,
    profiles: pl.DataFrame,
    rejected: pl.DataFrame,
    *,
    axis: Axis,
    validation: ValidationParameters,
) -> pl.DataFrame:
    """Complete the measured profiles.

    Args:
        sensors: ``sensor_id``, ``cohort``, ``kind``, ``renamed_from`` and further metadata: the
            fleet.
        profiles: measured from readings.
        rejected: rejected rows, with ``sensor_id``, ``timestamp`` as it came and ``reason``.
        axis: the run's time axis.
        validation: what counts as a swap, and which column tells of retirement.

    Returns:
        one row per known sensor, sorted: the profile, ``cohort``, ``kind``, ``retired``,
        ``retired_from``, ``rejected_rows``, ``out_of_range_rows``, ``off_grid_rows``,
        ``rejected_share``, ``off_grid_share``, ``rows_per_step``, ``swap_partner`` and
        ``swap_mismatch`` (null without a partner), ``renamed_from``, ``renamed_to``, and
        ``successor`` and ``predecessor``, with whom a sensor looks renamed.
    """
    retired = find_retired(sensors, validation.retired_column, axis)
    table = (
        sensors.select("sensor_id", "cohort", "kind", "renamed_from")
        .join(profiles, on="sensor_id", how="left")
        .join(retired, on="sensor_id", how="left")
        .with_columns(pl.col("readings").fill_null(0))
        .sort("sensor_id")
    )
    weeks = validation.profile.recent_weeks
    table = with_refusals(table, rejected, axis=axis, recent_weeks=weeks)
    table = _with_swaps(table, validation.profile)
    return with_successors(table, axis, apart_days=validation.profile.hold_days)


def _with_swaps(table: pl.DataFrame, parameters: ProfileParameters) -> pl.DataFrame:
    """Look for exchanged sensors among those of one cohort and kind whose level shifted."""
    moved = table.filter(pl.col("shift_distance") > parameters.swap_factor)
    parts = [
        _swaps_among(part, parameters.hold_days)
        for part in moved.partition_by("cohort", "kind", maintain_order=True)
    ]
    nobody = pl.DataFrame(
        schema={"sensor_id": pl.String, "swap_partner": pl.String, "swap_mismatch": pl.Float64}
    )
    return table.join(
        pl.concat([nobody, *parts]), on="sensor_id", how="left", maintain_order="left"
    )


def _swaps_among(moved: pl.DataFrame, apart: int) -> pl.DataFrame:
    before, after = as_floats(moved["level_before"]), as_floats(moved["level_after"])
    swaps = find_swaps(before, after, as_days(moved["shifted_at"]), apart=apart)
    ids = moved["sensor_id"].to_list()
    found = [
        {"sensor_id": ids[i], "swap_partner": ids[partner], "swap_mismatch": swaps.mismatch[i]}
        for i, partner in enumerate(swaps.partner.tolist())
        if partner != NOBODY
    ]
    return pl.DataFrame(
        found,
        schema={"sensor_id": pl.String, "swap_partner": pl.String, "swap_mismatch": pl.Float64},
    )
