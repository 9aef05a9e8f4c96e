"""Figures and axes in one quiet style, without touching matplotlib's global state."""

from typing import TYPE_CHECKING

from modelfleet.reporting.palette import INK, LINE, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["new_figure", "quieten", "say", "say_nothing_to_show", "title"]


def new_figure(width: float, height: float) -> "Figure":
    """An empty white figure; inches. It belongs to no window and no global list."""
    from matplotlib.figure import Figure  # takes a second to load

    return Figure(figsize=(width, height), dpi=120, facecolor="white")


def quieten(axes: "Axes", *, spines: tuple[str, ...] = ("bottom",)) -> None:
    """Leave only the named frame lines, and small grey ticks."""
    for name, spine in axes.spines.items():
        spine.set_visible(name in spines)
        spine.set_color(LINE)
    axes.tick_params(colors=MUTED, labelsize=8, length=0)


def say(axes: "Axes", x: float, y: float, text: str, **style: object) -> None:
    """Write text as it stands: a dollar sign in a sensor's name is no formula."""
    options = {"color": INK, "fontsize": 8, **style}
    axes.text(x, y, text, parse_math=False, **options)  # type: ignore[arg-type]


def title(axes: "Axes", text: str, *, size: float = 10, color: str = INK) -> None:
    """A title on the left, as it stands."""
    # Without a place of its own, each title asks all labels beside it where they lie.
    axes.set_title(text, loc="left", y=1.0, fontsize=size, color=color, parse_math=False)


def say_nothing_to_show(axes: "Axes", text: str) -> None:
    """An empty picture says why it is empty."""
    axes.set_axis_off()
    say(
        axes,
        0.5,
        0.5,
        text,
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=11,
        color=MUTED,
    )
