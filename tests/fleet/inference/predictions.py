"""Predictions made up for tests of what keeps and counts them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from modelfleet.fleet.inference import PREDICTION_SCHEMA

__all__ = ["DAY", "predicted"]

DAY = datetime(2019, 1, 1, tzinfo=UTC)


def predicted(
    origin: datetime = DAY, *, sensors: tuple[str, ...] = ("a", "b"), steps: int = 2, **told: Any
) -> pl.DataFrame:
    """Predictions of some sensors by their models, unless something else is told."""
    rows = [
        {
            "sensor_id": sensor_id,
            "origin": origin,
            "timestamp": origin + timedelta(hours=step),
            "value": 1.0 + step,
            "source": "model",
            "model_version": f"{sensor_id}-1",
            "release": "r" * 64,
            "trained_from": origin - timedelta(weeks=20),
            "trained_to": origin - timedelta(hours=1),
            "readings_version": 3,
            **told,
        }
        for sensor_id in sensors
        for step in range(steps)
    ]
    return pl.DataFrame(rows, schema=PREDICTION_SCHEMA)
