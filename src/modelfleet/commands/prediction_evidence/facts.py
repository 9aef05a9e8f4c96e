"""What is known of one prediction, before it is put into a document."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from modelfleet.commands.prediction_evidence.stored import Stored
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.fleet.serving.explained import Explanation

if TYPE_CHECKING:
    from modelfleet.stores.release_store import Release

__all__ = ["Facts"]

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """What is known of one prediction.

    Attributes:
        stored: as it was made.
        fleet: clocks and grid.
        sensor: its metadata; empty where the fleet does not know it any more.
        release: the verified release that made it; ``None`` where none did, or it is not sound.
        explanation: what it was made of; ``None`` where it could not be computed again.
        problem: why it could not be.
        service: what the release says of the sensor, with figures.
        model: the release's row of the model that it holds for the sensor.
        verdict: the gate's row in the release.
        entry: of the channel that made the release live for the sensor's cohort.
        requested_by: who asked for it.
        approved_by: who approved it.
        live: whether it serves the cohort now.
        trained: events that overlap the training period.
        lately: events that overlap the readings that are shown, and the forecast.
        readings: ``timestamp`` and ``value`` since two weeks before the origin, to the end of the
            horizon, as they are known today.
        coverage: share of the readings that the interval shall cover.
        lineage: of the model or the baseline that made it; empty where nothing is recorded.
    """

    stored: Stored
    fleet: FleetParameters
    sensor: Row = field(default_factory=dict)
    release: "Release | None" = None
    explanation: Explanation | None = None
    problem: str | None = None
    service: Row = field(default_factory=dict)
    model: Row = field(default_factory=dict)
    verdict: Row = field(default_factory=dict)
    entry: Any = None
    requested_by: str | None = None
    approved_by: Sequence[str] = ()
    live: bool = False
    trained: Sequence[Row] = ()
    lately: Sequence[Row] = ()
    readings: pl.DataFrame
    coverage: float | None = None
    lineage: Row = field(default_factory=dict)
