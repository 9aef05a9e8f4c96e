"""The four figures draw what the tables say, on any fleet and in a bounded time."""

import io
from collections.abc import Callable, Mapping

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest
from matplotlib import _pylab_helpers
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.text import Text

from modelfleet.reporting import plot_examples, plot_funnel, plot_quality_map, plot_skill
from tests.reporting.fleets import END, NASTY, make_fleet

Fleet = Mapping[str, pl.DataFrame]
FIGURES: dict[str, Callable[[Fleet], Figure]] = {
    "skill": lambda f: plot_skill(f["scorecard"]),
    "funnel": lambda f: plot_funnel(f["admissions"], f["candidates"], f["verdicts"]),
    "examples": lambda f: plot_examples(
        f["candidates"], f["verdicts"], end=END, step_minutes=60, count=2
    ),
    "quality": lambda f: plot_quality_map(f["profiles"], f["admissions"], end=END),
}
IDS = [f"s{k}" for k in range(9)]
FLEETS: dict[str, Fleet] = {
    "none": make_fleet([]),
    "one": make_fleet(["only"]),
    "no candidate": make_fleet(IDS, quarantined=IDS),
    "all failed": make_fleet(IDS, failed=IDS),
    "mixed": make_fleet(IDS, quarantined=IDS[:2], failed=IDS[2:3], rejected=IDS[3:5]),
    "all retired": make_fleet(IDS, retired=IDS),
    "many weeks": make_fleet(IDS, weeks=400),
    "arbitrary names": make_fleet(NASTY, quarantined=NASTY[:2]),
}


def draw(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=50)
    return buffer.getvalue()


def texts(figure: Figure) -> str:
    figure.draw_without_rendering()
    return "\n".join(t.get_text() for t in figure.findobj(Text))


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("fleet", FLEETS)
def test_every_figure_draws_every_fleet(name: str, fleet: str) -> None:
    """An empty fleet, one sensor or names full of markup give a picture, not an error."""
    assert draw(FIGURES[name](FLEETS[fleet])).startswith(b"\x89PNG")


def test_figures_leave_no_global_state() -> None:
    """Drawing changes no style and registers no figure that would stay in memory."""
    before = dict(mpl.rcParams)
    for make in FIGURES.values():
        make(FLEETS["mixed"])
    assert dict(mpl.rcParams) == before
    assert not _pylab_helpers.Gcf.get_all_fig_managers()


def test_names_are_no_formulas() -> None:
    """A dollar sign in a sensor's name is shown as it stands in every figure that names sensors."""
    fleet = make_fleet(["$\\frac{1}{0}$"], quarantined=[])
    assert "$\\frac{1}{0}$" in texts(FIGURES["examples"](fleet))
    assert "$\\frac{1}{0}$" in texts(FIGURES["quality"](fleet))
    for figure in (FIGURES["examples"](fleet), FIGURES["quality"](fleet)):
        drawn = [t for t in figure.findobj(Text) if t.get_visible()]
        named = [t for t in drawn if "frac" in t.get_text()]
        assert named
        assert not any(t.get_parse_math() for t in named)


def test_funnel_counts() -> None:
    """The funnel shows known, admitted, trained and accepted sensors, and where the others went."""
    said = texts(FIGURES["funnel"](FLEETS["mixed"]))
    for part in (
        "Known",
        "9",
        "7",
        "6",
        "4",
        "2 quarantined",
        "1 failed in training",
        "2 rejected",
    ):
        assert part in said


def test_skill_counts_every_judged_sensor() -> None:
    """Bars add up to the judged sensors, however far off one lies; the median is marked."""
    skill = [*np.linspace(-0.1, 0.3, 98), -50.0, 0.99, float("nan"), None]
    accepted = [value is not None and value > 0 for value in skill]
    scorecard = pl.DataFrame({"skill": skill, "accepted": accepted}, strict=False)
    figure = plot_skill(scorecard)
    heights = [patch.get_height() for patch in figure.axes[0].patches]
    assert sum(heights) == 100
    said = texts(figure)
    assert "median +10 %" in said
    assert "lower" in said


def test_skill_of_columns_without_type() -> None:
    """A fleet in which nothing was judged has null columns, and the picture says so."""
    figure = plot_skill(pl.DataFrame({"skill": [None], "accepted": [None]}))
    assert "No candidate was judged" in texts(figure)


def test_examples_are_the_extremes_and_never_twice() -> None:
    """The best come first, the worst last, and a small fleet is shared between both."""
    fleet = make_fleet(IDS[:5], rejected=IDS[:1])
    panels = [
        a.get_title(loc="left")
        for a in plot_examples(
            fleet["candidates"], fleet["verdicts"], end=END, step_minutes=60
        ).axes
    ]
    assert len(panels) == 5
    assert panels[0].startswith("s4")
    assert panels[3] == "s0  −20 %  rejected"


def test_examples_end_with_the_axis() -> None:
    """The last value of a trace stands at the axis' end, and only the asked days are shown."""
    fleet = make_fleet(["a"])
    figure = plot_examples(fleet["candidates"], fleet["verdicts"], end=END, step_minutes=60, days=2)
    days = figure.axes[0].lines[0].get_xdata()
    assert len(days) == 48
    assert days[-1] == pytest.approx(date2num(END.replace(tzinfo=None)))


def test_quality_map_names_quarantined_sensors() -> None:
    """The map says why the rows on top are quarantined."""
    assert "silent at the end (2): s0, s1" in texts(FIGURES["quality"](FLEETS["mixed"])).replace(
        "s1, s0", "s0, s1"
    )


def test_quality_map_of_a_large_fleet_is_a_texture() -> None:
    """5,000 sensors give one bounded picture without 5,000 labels."""
    ids = [f"s{k}" for k in range(5000)]
    figure = FIGURES["quality"](make_fleet(ids, quarantined=ids[:100]))
    assert figure.get_figheight() < 12
    assert not figure.axes[0].get_yticklabels()
    assert "silent at the end (100)" in texts(figure)
