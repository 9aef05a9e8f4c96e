"""What the data-quality page is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.axis import Axis
from modelfleet.reporting.quality.history import QualityHistory

__all__ = ["QualityContent"]


@dataclass(frozen=True, kw_only=True)
class QualityContent:
    """Everything that stands on the page, as ingestion and validation left it.

    Attributes:
        fleet: name of the fleet.
        run: ``run_id`` and ``started_at`` of the run.
        axis: the fleet's time axis.
        sensors: one row per known sensor: ``sensor_id``, ``cohort``, ``kind``, ``unit``.
        measurements: one row per known sensor: ``history_weeks``, ``weekly_coverage``.
        profiles: one row per known sensor: what its readings look like, flat.
        admissions: one row per known sensor: ``admitted``, ``reasons``, ``explanation``.
        rejected: rejected rows as they came.
        batches: one row per ingested batch: ``number``, ``batch``, ``account``.
        notes: what is missing or odd in the metadata: ``sensor_id``, ``note``, ``detail``.
        account: where all rows went, see :class:`modelfleet.fleet.ingest.Account`.
        expectations: results, each ``table``, ``type``, ``column``, ``consequence``, ``reason``,
            ``success``, ``unexpected_count``, ``unexpected_sensors``, ``message``.
        history: the state of the data now and before its last change.
        validation: limits, and how much the page shows.
    """

    fleet: str
    run: Mapping[str, str]
    axis: Axis
    sensors: pl.DataFrame
    measurements: pl.DataFrame
    profiles: pl.DataFrame
    admissions: pl.DataFrame
    rejected: pl.DataFrame
    batches: pl.DataFrame
    notes: pl.DataFrame
    account: Mapping[str, Any]
    expectations: Sequence[Mapping[str, Any]]
    history: QualityHistory
    validation: ValidationParameters
