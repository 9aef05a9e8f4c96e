"""What a forecast looks like: one row per sensor and step, each telling where it comes from."""

import polars as pl

__all__ = [
    "BASELINE",
    "FEATURES_MISSING",
    "FORECAST_SCHEMA",
    "MODEL",
    "MODEL_FAILED",
    "NONE",
    "NO_BACKUP",
    "NO_RECENT_READINGS",
    "SOURCES",
    "UNKNOWN_SENSOR",
]

MODEL, BASELINE, NONE = "model", "baseline", "none"
SOURCES = (NONE, MODEL, BASELINE)

NO_RECENT_READINGS = "no_recent_readings"
"""Nothing was read lately: what stands here rests on the release alone."""
FEATURES_MISSING = "features_missing"
"""Too much of what the model looks at was not read."""
MODEL_FAILED = "model_failed"
"""The model cannot be loaded, or what it says is no number."""
UNKNOWN_SENSOR = "unknown_sensor"
"""The release does not know the sensor."""
NO_BACKUP = "no_backup"
"""There is neither a model nor a value that the baseline could repeat."""

FORECAST_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "timestamp": pl.Datetime("us", "UTC"),
        "value": pl.Float64(),
        "lower": pl.Float64(),
        "upper": pl.Float64(),
        "source": pl.String(),
        "reason": pl.String(),
        "model_version": pl.String(),
        "recipe": pl.String(),
        "release": pl.String(),
        "error": pl.String(),
    }
)
"""One row per sensor and step, sorted.

``value``, ``lower`` and ``upper`` are in the unit of the readings, null where there is none.
``source`` is ``model``, ``baseline`` or ``none``. ``reason`` is a code that tells why it is not the
model: of a business rule, of this module, or what the release's ledger says; null beside a model's
forecast. ``model_version`` and ``recipe`` name what made the value: a model and its recipe, or a
baseline. ``error`` says in words what went wrong for the sensor, readings that were left out among
it; null where nothing did."""
