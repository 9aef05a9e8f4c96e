"""What pictures show, as plain values."""

import base64
import io

import numpy as np
import polars as pl
import pytest
from matplotlib.image import imread

from modelfleet.fleet.retirement import RETIRED, STILL_SENDING
from modelfleet.reporting.drawings import draw_histogram, draw_lines
from modelfleet.reporting.palette import coverage_palette, coverage_steps
from modelfleet.reporting.pixels import png_data_uri
from modelfleet.reporting.views import (
    Example,
    count_funnel,
    distribute_skill,
    map_coverage,
    pick_extremes,
)
from modelfleet.reporting.views.coverage import spread_labels
from modelfleet.reporting.words import change, explained, naming, percent, shown
from tests.reporting.fleets import END, make_fleet


def test_coverage_aligns_ragged_histories_at_the_end() -> None:
    """All sensors share the latest week; a younger one is unknown before its first."""
    found = _map({"old": [1.0, 0.5, 1.0], "young": [0.75]}, history={"old": 3.0, "young": 1.0})
    rows = dict(zip(found.sensors, found.shares.tolist(), strict=True))
    assert rows["old"] == [1.0, 0.5, 1.0]
    assert np.isnan(rows["young"][:2]).all()
    assert rows["young"][2] == 0.75


def test_coverage_of_a_short_first_week_is_of_its_own_part() -> None:
    """A history that begins in the middle of a week does not begin with a gap."""
    found = _map({"a": [0.25, 1.0], "b": [0.1, 1.0]}, history={"a": 1.25, "b": 1.2})
    rows = dict(zip(found.sensors, found.shares.tolist(), strict=True))
    assert rows["a"] == pytest.approx([1.0, 1.0])
    assert rows["b"] == pytest.approx([0.5, 1.0])


def test_coverage_puts_problems_on_top() -> None:
    """Quarantined sensors stand together by reason, then the least covered."""
    found = _map(
        {"good": [1.0], "gaps": [0.5], "dead": [0.2], "young": [1.0], "silent": None},
        history={},
        reasons={"dead": ["dead"], "silent": ["dead"], "young": ["too_young", "stuck"]},
    )
    assert found.sensors == ("silent", "dead", "young", "gaps", "good")
    assert [(b.reason, b.first, b.last) for b in found.bands] == [
        ("dead", 0, 1),
        ("too_young", 2, 2),
    ]


def test_coverage_has_the_retired_at_its_foot() -> None:
    """Out of service is no trouble: such a sensor stands below all others, also one that sends."""
    found = _map(
        {"gone": [0.0], "gaps": [0.5], "sends": [0.2], "dead": [0.9]},
        history={},
        reasons={"dead": ["dead"], "gone": [RETIRED], "sends": [RETIRED, STILL_SENDING]},
    )
    assert found.sensors == ("dead", "gaps", "gone", "sends")
    assert [(b.reason, b.first, b.last, b.retired) for b in found.bands] == [
        ("dead", 0, 0, False),
        (RETIRED, 2, 3, True),
    ]


def test_funnel_tells_the_retired_from_the_quarantined() -> None:
    """Who is not admitted is in quarantine or out of service, and the counts say which."""
    ids = [f"s{k}" for k in range(10)]
    fleet = make_fleet(ids, quarantined=ids[:3], retired=ids[3:5], failed=ids[5:6])
    steps = count_funnel(fleet["admissions"], fleet["candidates"], fleet["verdicts"])
    assert [(step.count, step.lost) for step in steps] == [
        (10, ""),
        (5, "3 quarantined, 2 retired"),
        (4, "1 failed in training"),
        (4, ""),
    ]


def test_full_coverage_is_never_rounded_up() -> None:
    """One missing hour shows: only a week without gaps has the colour of a full week."""
    steps = coverage_steps(np.array([1.0, 0.999, 0.7, 0.0, np.nan], dtype=np.float32))
    assert steps.tolist() == [10, 9, 7, 0, -1]


def test_labels_never_overlap() -> None:
    """Labels move down as far as needed and stay where they are otherwise."""
    assert spread_labels([1.0, 2.0, 20.0], apart=5.0) == [1.0, 6.0, 20.0]


def test_zero_is_an_edge_of_the_distribution() -> None:
    """No bar mixes sensors that are better with such that are worse."""
    for low, high in ((-0.3, 0.2), (0.01, 0.9), (-40.0, 0.1)):
        scorecard = pl.DataFrame({"skill": np.linspace(low, high, 50), "accepted": [True] * 50})
        found = distribute_skill(scorecard)
        assert np.abs(found.edges).min() < 1e-12
        assert found.judged == 50
        assert sum(1 for bar in draw_histogram(found).bars if bar.height > 0) > 0


def test_extremes_leave_out_what_was_not_measured() -> None:
    """A candidate without a gain is neither best nor worst."""
    fleet = make_fleet(["a", "b", "c"])
    verdicts = fleet["verdicts"].with_columns(gain=pl.Series([None, float("nan"), 0.3]))
    found = pick_extremes(fleet["candidates"], verdicts, count=12, steps=24)
    assert [example.sensor_id for example in found.best] == ["c"]
    assert not found.worst


def test_lines_break_at_gaps() -> None:
    """A missing value interrupts the line, a lone value is a dot, a constant one a level line."""
    nan = float("nan")
    values = np.array([1.0, nan, 2.0, 3.0])
    flat = np.full(4, 2.0)
    found = draw_lines(Example("a", 0.1, True, values, flat, flat * nan), steps_per_day=2)
    assert found.actual.count("M") == 2
    assert found.forecast.count("L") == 3
    assert found.baseline == ""


def test_lines_of_nothing_are_empty() -> None:
    """A sensor without any value in the days shown has an empty picture."""
    nothing = np.full(4, np.nan)
    found = draw_lines(Example("a", 0.1, True, nothing, nothing, nothing), steps_per_day=2)
    assert (found.actual, found.high) == ("", "")


def test_map_picture_is_a_png() -> None:
    """The hand-written picture can be read, and has the palette's colours."""
    uri = png_data_uri(np.array([[0, 10, -1]], dtype=np.int16), coverage_palette())
    pixels = imread(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    assert np.rint(pixels[0, 0] * 255).tolist() == coverage_palette()[0].tolist()
    assert pixels[0, 2, 3] == 0


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("plain", "plain"),
        ("a\nb\x00\u202e", "a�b��"),
        ("", "(blank)"),
        ("x" * 60, "x" * 47 + "…"),
    ],
)
def test_names_are_one_short_line(name: str, line: str) -> None:
    """A name with line breaks, control characters or any length fits into a label."""
    assert shown(name) == line


def test_figures_in_words() -> None:
    """Percentages carry their sign, unknown ones are a dash, and lists are bounded."""
    assert (percent(None), percent(float("nan")), percent(-0.001)) == ("–", "–", "0 %")
    assert (change(0.081), change(-0.2), change(0.001)) == ("+8 %", "−20 %", "0 %")
    assert naming([f"s{k}" for k in range(8)], limit=2) == "s0, s1 and 6 more"


def test_explanations_in_words() -> None:
    """Known reasons get their words and units, and anything else is passed on as it stands."""
    assert explained("dead: 400, limit 168") == (
        "silent at the end: 400 hours of silence, the limit is 168"
    )
    assert explained("low_coverage: 0.412, limit 0.5") == (
        "too many gaps: 41.2 % of the steps have a value, the limit is 50.0 %"
    )
    assert explained("stuck: 0.3, limit 0.5 (allowed: pumps rest)") == (
        "often stuck at one value: 30.0 % of the values stand still, "
        "the limit is 50.0 % (allowed: pumps rest)"
    )
    assert explained("retired_by_owner: since 2024-05-31") == (
        "retired by its owner: since 2024-05-31"
    )
    assert explained("mean_in_range") == "mean in range"
    assert explained("what: 1, limit 2") == "what: 1, the limit is 2"
    assert explained("free text: of any kind") == "free text: of any kind"


def _map(coverage, *, history, reasons=None):  # type: ignore[no-untyped-def]
    reasons = reasons or {}
    ids = list(coverage)
    profiles = pl.DataFrame(
        {
            "sensor_id": ids,
            "history_weeks": [history.get(i) for i in ids],
            "weekly_coverage": list(coverage.values()),
        },
        schema_overrides={"history_weeks": pl.Float64, "weekly_coverage": pl.List(pl.Float32)},
    )
    admissions = pl.DataFrame(
        {
            "sensor_id": ids,
            "admitted": [i not in reasons for i in ids],
            "reasons": [reasons.get(i, []) for i in ids],
        },
        schema_overrides={"reasons": pl.List(pl.String)},
    )
    return map_coverage(profiles, admissions, end=END)
