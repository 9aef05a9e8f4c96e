"""What a prediction looks like: one row per sensor, origin and step, with its whole story."""

import polars as pl

__all__ = [
    "BASELINE",
    "BY_MODEL",
    "CHAMPION",
    "MODEL",
    "NONE",
    "NO_VERIFIED_RELEASE",
    "PREDICTION_SCHEMA",
    "PREDICTION_SOURCES",
    "RELEASE_FAILED",
]

MODEL, CHAMPION, BASELINE, NONE = "model", "champion", "baseline", "none"
PREDICTION_SOURCES = (MODEL, CHAMPION, BASELINE, NONE)
"""From the best to the worst that can happen to a sensor."""
BY_MODEL = (MODEL, CHAMPION)

NO_VERIFIED_RELEASE = "no_verified_release"
"""No release of the sensor's cohort is proved: the baseline speaks of the readings alone."""
RELEASE_FAILED = "release_failed"
"""The release is proved and cannot forecast: the baseline speaks of the readings alone."""

TIME = pl.Datetime("us", "UTC")

PREDICTION_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "origin": TIME,
        "timestamp": TIME,
        "value": pl.Float64(),
        "lower": pl.Float64(),
        "upper": pl.Float64(),
        "source": pl.String(),
        "reason": pl.String(),
        "model_version": pl.String(),
        "release": pl.String(),
        "trained_from": TIME,
        "trained_to": TIME,
        "readings_version": pl.Int64(),
        "recipe": pl.String(),
        "error": pl.String(),
    }
)
"""One row per sensor, origin and step, sorted by origin, sensor and time.

``origin`` is the time of the first step: only readings before it were looked at. ``value``,
``lower`` and ``upper`` are in the unit of the readings, null where there is none. ``source`` is
``model`` (accepted by the release), ``champion`` (a model that the release kept from an earlier
one), ``baseline`` or ``none``. ``reason`` is a code that tells why it is not the model; null beside
a model's forecast. ``model_version``, ``recipe``, ``trained_from`` and ``trained_to`` are those of
what made the value: the model, or the baseline that stood in. ``release`` is null where no
release is proved. ``readings_version`` is the version of the table of readings. ``error`` says in
words what went wrong for this sensor; null where nothing did."""
