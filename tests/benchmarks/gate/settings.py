"""The worlds that the gate is tried in, and how the weeks of a sensor are drawn in them."""

from dataclasses import dataclass

import numpy as np
from scipy import signal

from modelfleet.domain.gates import Evidence

__all__ = ["SETTINGS", "Setting", "draw_weeks", "evidence_of"]

HOURS = 168
CHUNK = 500
"""Sensors whose hours are drawn at once: 8 MB."""


@dataclass(frozen=True)
class Setting:
    """One world; all else is independent and normal.

    Attributes:
        name: stands in the tables.
        hourly: correlation of one hour with the next.
        daily: share of the variance that all hours of a day have in common.
        heavy: hours have Student's t with 4 degrees of freedom instead of a normal.
        heavy_weeks: weeks have.
        outlier: weekly standard deviations by which one random week of each sensor is off, with a
            random sign.
        weekly: correlation of one week with the next.
        cross: correlation of one sensor with another in the same week.
        unequal: standard deviation of the sensors' log noise.
    """

    name: str
    hourly: float = 0.0
    daily: float = 0.0
    heavy: bool = False
    heavy_weeks: bool = False
    outlier: float = 0.0
    weekly: float = 0.0
    cross: float = 0.0
    unequal: float = 0.0


SETTINGS = (
    Setting("independent"),
    Setting("hourly AR 0.5", hourly=0.5),
    Setting("hourly AR 0.9", hourly=0.9),
    Setting("daily shocks", daily=0.3),
    Setting("t4 hours", heavy=True),
    Setting("t4 weeks", heavy_weeks=True),
    Setting("one outlier week of 3 sd", outlier=3.0),
    Setting("one outlier week of 4 sd", outlier=4.0),
    Setting("weekly AR 0.2", weekly=0.2),
    Setting("weekly AR 0.4", weekly=0.4),
    Setting("cross-correlation 0.2", cross=0.2),
    Setting("cross-correlation 0.5", cross=0.5),
    Setting("unequal noise", unequal=0.5),
)


def draw_weeks(
    setting: Setting, rng: np.random.Generator, *, sensors: int, weeks: int
) -> np.ndarray:
    """Noise of weekly gains, of variance 1 before the outlier; shape (sensors, weeks)."""
    if setting.hourly or setting.daily or setting.heavy:
        own = _from_hours(setting, rng, sensors=sensors, weeks=weeks)
    elif setting.heavy_weeks:
        own = rng.standard_t(4, size=(sensors, weeks)) / np.sqrt(2)
    else:
        own = rng.normal(size=(sensors, weeks))
    for week in range(1, weeks if setting.weekly else 0):
        fresh = np.sqrt(1 - setting.weekly**2) * own[:, week]
        own[:, week] = setting.weekly * own[:, week - 1] + fresh
    common = rng.normal(size=weeks)
    noise = np.sqrt(setting.cross) * common + np.sqrt(1 - setting.cross) * own
    sign, place = rng.choice([-1.0, 1.0], size=sensors), rng.integers(weeks, size=sensors)
    noise[np.arange(sensors), place] += setting.outlier * sign
    return noise


def evidence_of(
    noise: np.ndarray, effect: np.ndarray, setting: Setting, rng: np.random.Generator
) -> Evidence:
    """Complete and sane evidence of sensors that gain ``effect`` weekly standard deviations."""
    sensors, weeks = noise.shape
    spread = 0.05 * np.exp(setting.unequal * rng.normal(size=(sensors, 1)))
    return Evidence(
        loss=1 - spread * (effect[:, None] + noise),
        baseline_loss=np.ones((sensors, weeks)),
        hours=np.full((sensors, weeks), float(HOURS)),
        valid_share=np.ones(sensors),
        mean_error=np.zeros(sensors),
        mae=np.ones(sensors),
    )


def _from_hours(
    setting: Setting, rng: np.random.Generator, *, sensors: int, weeks: int
) -> np.ndarray:
    length, rho = weeks * HOURS, setting.hourly
    found = []
    for first in range(0, sensors, CHUNK):
        shape = (min(CHUNK, sensors - first), length)
        drawn = (
            rng.standard_t(4, size=shape) / np.sqrt(2) if setting.heavy else rng.normal(size=shape)
        )
        if rho:
            drawn[:, 1:] *= np.sqrt(1 - rho**2)
            drawn = signal.lfilter([1.0], [1.0, -rho], drawn, axis=1)
        days = rng.normal(size=(shape[0], weeks, 7)).mean(axis=2)
        means = drawn.reshape(shape[0], weeks, HOURS).mean(axis=2)
        found.append(np.sqrt(1 - setting.daily) * means + np.sqrt(setting.daily) * days)
    return np.concatenate(found) / np.sqrt(_variance_of_a_week(setting))


def _variance_of_a_week(setting: Setting) -> float:
    lag = np.arange(1, HOURS)
    hours = (HOURS + 2 * ((HOURS - lag) * setting.hourly**lag).sum()) / HOURS**2
    return (1 - setting.daily) * hours + setting.daily / 7
