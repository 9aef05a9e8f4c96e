"""From arrays to a table of forecasts: value, interval and the words beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray, IntArray
from modelfleet.domain.intervals import IntervalTable, interval_cells
from modelfleet.domain.rules import MODEL as ON_MODEL
from modelfleet.domain.rules import NO_FORECAST, Served
from modelfleet.fleet.serving import schema
from modelfleet.fleet.serving.backups import Backups
from modelfleet.fleet.serving.content import Content
from modelfleet.fleet.serving.models import FAILED, Told
from modelfleet.fleet.serving.schema import FORECAST_SCHEMA, SOURCES
from modelfleet.fleet.serving.window import Window

__all__ = ["Outcome", "forecast_rows", "unknown_rows"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything that shapes the forecasts of a window.

    Attributes:
        asked: position in the release of each row; shape (n,).
        window: the readings.
        told: what the models say.
        backups: what the baselines say.
        served: what is served, after the rules.
    """

    content: Content
    asked: IntArray
    window: Window
    told: Told
    backups: Backups
    served: Served

    @property
    def source(self) -> AnyArray:
        """Position in :data:`~modelfleet.fleet.serving.schema.SOURCES`; shape (n, horizon)."""
        by_model = self.served.code == ON_MODEL
        there = np.isfinite(self.served.values)
        return np.where(by_model, 1, np.where(there, 2, 0))


def forecast_rows(outcome: Outcome) -> pl.DataFrame:
    """The rows of all sensors of a window, sensor after sensor."""
    source, content = outcome.source, outcome.content
    sensors, horizon = source.shape
    lower, upper = _bounds(outcome, source)
    each = np.repeat(np.arange(sensors), horizon)
    position = outcome.asked[each]
    flat = source.reshape(-1)
    by_model, by_baseline = (pl.Series(flat == code) for code in (1, 2))

    def named(of_model: str, of_baseline: str) -> pl.Series:
        names = pl.DataFrame(
            {
                "model": content.models[of_model].gather(position),
                "baseline": content.baselines[of_baseline].gather(position),
            }
        )
        chosen = pl.when(by_model).then("model").when(by_baseline).then("baseline")
        return names.select(chosen.alias("name"))["name"]

    return pl.DataFrame(
        {
            "sensor_id": content.sensors["sensor_id"].gather(position),
            "timestamp": _times(outcome.window, sensors),
            "value": _numbers(outcome.served.values),
            "lower": _numbers(lower),
            "upper": _numbers(upper),
            "source": pl.Series(SOURCES).gather(flat),
            "reason": _reasons(outcome, source).gather(np.arange(len(flat))),
            "model_version": named("version", "version"),
            "recipe": named("recipe", "baseline"),
            "release": pl.Series([content.rid]).new_from_index(0, len(flat)),
            "error": _errors(outcome).gather(each),
        },
        schema=FORECAST_SCHEMA,
    )


def unknown_rows(ids: Sequence[str], window: Window, rid: str) -> pl.DataFrame:
    """The rows of sensors that the release does not know: no value, and why."""
    count = len(ids) * window.horizon
    rows = pl.DataFrame(
        {
            "sensor_id": [each for each in ids for _ in range(window.horizon)],
            "timestamp": _times(window, len(ids)),
        }
    )
    told = {"source": schema.NONE, "reason": schema.UNKNOWN_SENSOR, "release": rid}
    words = "the release does not know this sensor; it gets a model or a baseline with the next run"
    filled = rows.with_columns(
        *(pl.repeat(value, count).alias(name) for name, value in {**told, "error": words}.items()),
        *(pl.lit(None, dtype=FORECAST_SCHEMA[name]).alias(name) for name in EMPTY),
    )
    return filled.select(FORECAST_SCHEMA.names()).cast(FORECAST_SCHEMA)


EMPTY = ("value", "lower", "upper", "model_version", "recipe")


def _times(window: Window, sensors: int) -> pl.Series:
    axis = window.axis
    steps = np.tile(np.arange(axis.stop, axis.stop + window.horizon), sensors)
    times = pl.from_epoch(pl.Series(steps * axis.step_minutes * 60_000_000), "us")
    return times.dt.replace_time_zone("UTC")


def _numbers(values: FloatArray) -> pl.Series:
    return pl.Series(values.reshape(-1)).fill_nan(None)


def _bounds(outcome: Outcome, source: AnyArray) -> tuple[FloatArray, FloatArray]:
    """What a rule replaced keeps the model's interval: the backtest made it of what is served."""
    content, asked = outcome.content, outcome.asked
    cells = interval_cells(outcome.window.calendar)[-outcome.window.horizon :]
    values = np.where(source > 0, outcome.served.values, np.nan)
    own = outcome.served.code != NO_FORECAST
    found = []
    for table in (content.intervals(content.models), content.intervals(content.baselines)):
        of_asked = IntervalTable(table.half_width[asked], table.factor[asked])
        found.append(of_asked.around(values, cells))
    lower, upper = (np.where(own, m, b) for m, b in zip(*found, strict=True))
    return lower, upper


def _reasons(outcome: Outcome, source: AnyArray) -> pl.Series:
    """Codes beside all rows, null beside a model's forecast."""
    names = _names(outcome)
    place = {name: k for k, name in enumerate(names)}
    code = _of_the_sensor(outcome, place)
    struck = outcome.served.code > NO_FORECAST
    rules = np.array([place[name] for name in outcome.served.names])
    code = np.where(struck, rules[outcome.served.code], code)
    stale = outcome.backups.stale & ~struck & (source > 0)
    code = np.where(stale & ~_on_model(outcome), place[schema.NO_RECENT_READINGS], code)
    listed = pl.Series(names).gather(code.reshape(-1))
    return listed.zip_with(pl.Series(source.reshape(-1) != 1), pl.Series([None], dtype=pl.String))


def _names(outcome: Outcome) -> list[str]:
    ours = (schema.NO_BACKUP, schema.NO_RECENT_READINGS, schema.FEATURES_MISSING)
    ledger = outcome.content.first_reasons.drop_nulls().unique().sort().to_list()
    return list(dict.fromkeys([*ours, schema.MODEL_FAILED, *outcome.served.names, *ledger]))


def _on_model(outcome: Outcome) -> BoolArray:
    return outcome.content.on_model[outcome.asked][:, None]


def _of_the_sensor(outcome: Outcome, place: Mapping[str, int]) -> AnyArray:
    """Why the sensor's model says nothing, or why it has none; shape (n, horizon)."""
    failed = np.where(
        outcome.told.code == FAILED, place[schema.MODEL_FAILED], place[schema.FEATURES_MISSING]
    )
    silent = outcome.window.silent[:, None] & (outcome.told.code != FAILED)
    failed = np.where(silent, place[schema.NO_RECENT_READINGS], failed)
    reasons = outcome.content.first_reasons.gather(outcome.asked)
    ledger = reasons.replace_strict(place, default=place[schema.NO_BACKUP], return_dtype=pl.Int64)
    return np.where(_on_model(outcome), failed, ledger.to_numpy()[:, None])


def _errors(outcome: Outcome) -> pl.Series:
    """In words, by row of the window."""
    words: dict[int, list[str]] = {row: [text] for row, text in outcome.told.errors.items()}
    for row, counts in outcome.window.left_out.items():
        told = ", ".join(f"{count} {code}" for code, count in sorted(counts.items()))
        words.setdefault(row, []).append(f"readings left out: {told}")
    texts = ["; ".join(words[row]) if row in words else None for row in range(len(outcome.asked))]
    return pl.Series(texts, dtype=pl.String)
