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
    "LINE",
    "MODEL",
    "MUTED",
    "QUARANTINED",
    "coverage_palette",
    "coverage_steps",
]

INK = "#1d2327"
MUTED = "#5a6570"
LINE = "#d9dde1"
MODEL = "#1b6ca8"
BASELINE = "#d99000"
QUARANTINED = "#8a3a78"

COVERED = (74, 124, 164, 56)
"""Red, green, blue and opacity of a week without gaps: faint, on paper and on a dark screen."""
BARE = (204, 76, 2, 255)
STEPS = 11


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
