"""The one place where colours are chosen: blue is the model, amber its baseline, everywhere.

The hues are told apart by people with any of the common colour deficiencies, and differ in
lightness, so that they survive a black-and-white printer as well. The page's style sheet repeats
them as variables, with a second set for dark screens.
"""

import numpy as np
import numpy.typing as npt

from modelfleet.domain.arrays import AnyArray

__all__ = [
    "BASELINE",
    "INK",
    "KEPT",
    "LINE",
    "MODEL",
    "MUTED",
    "QUARANTINED",
    "coverage_palette",
    "coverage_steps",
    "decision_palette",
    "gain_palette",
    "gain_steps",
]

INK = "#1d2327"
MUTED = "#5a6570"
LINE = "#d9dde1"
MODEL = "#1b6ca8"
KEPT = "#7fb2d9"
BASELINE = "#d99000"
QUARANTINED = "#8a3a78"

COVERED = (74, 124, 164, 56)
"""Red, green, blue and opacity of a week without gaps: faint, on paper and on a dark screen."""
BARE = (204, 76, 2, 255)
STEPS = 11

GAINED = (27, 108, 168)
LOST = (196, 66, 0)
NOTHING = (120, 130, 140)
FAINTEST, REACH = 0.14, 10


def coverage_palette() -> npt.NDArray[np.uint8]:
    """Colours of coverage 0, 0.1 … 1: RGBA; shape (11, 4).

    Opacity carries the scale, so one picture suits a light and a dark ground.
    """
    share = np.linspace(0.0, 1.0, STEPS)[:, None]
    scale = np.asarray(BARE) * (1 - share) + np.asarray(COVERED) * share
    return np.rint(scale).astype(np.uint8)


def coverage_steps(coverage: AnyArray) -> npt.NDArray[np.int16]:
    """Row of :func:`coverage_palette` for each share, -1 where unknown; any shape.

    Only a week without any gap counts as full: rounding must not hide what is missing.
    """
    known = np.isfinite(coverage)
    share = np.clip(np.where(known, coverage, 0.0), 0.0, 1.0)
    # Shares are stored in single precision: without the margin 0.7 would fall to 0.6.
    steps = np.floor(share * (STEPS - 1) + 1e-4)
    return np.where(known, steps, -1).astype(np.int16)


def gain_palette() -> npt.NDArray[np.uint8]:
    """Colours of a loss of the limit or more, over nothing, to a gain of it: RGBA; shape (21, 4).

    Opacity carries the size, so one picture suits a light and a dark ground.
    """
    size = np.linspace(FAINTEST, 1.0, REACH + 1)[1:, None] * 255
    lost, gained = (
        np.hstack([np.repeat(np.array([rgb]), REACH, axis=0), size]) for rgb in (LOST, GAINED)
    )
    middle = np.array([[*NOTHING, FAINTEST * 255]])
    scale = np.vstack([lost[::-1], middle, gained])
    return np.asarray(np.rint(scale), dtype=np.uint8)


def gain_steps(gain: AnyArray, *, limit: float) -> npt.NDArray[np.int16]:
    """Row of :func:`gain_palette` for each gain, -1 where unknown; any shape.

    Args:
        gain: shares.
        limit: from which on the colour is full.
    """
    known = np.isfinite(gain)
    share = np.clip(np.where(known, gain, 0.0) / limit, -1.0, 1.0)
    return np.where(known, np.rint(share * REACH) + REACH, -1).astype(np.int16)


def decision_palette() -> npt.NDArray[np.uint8]:
    """Colours of accepted, kept and rejected, as on the page: RGBA; shape (3, 4)."""
    return np.array([(27, 108, 168, 255), (127, 178, 217, 255), (217, 144, 0, 255)], dtype=np.uint8)
