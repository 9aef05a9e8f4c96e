"""What the report says of gains by week, of costs, and of what people and guards decided."""

import base64
import io
import re
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from matplotlib.image import imread

from modelfleet.reporting import plot_skill, render_report
from modelfleet.reporting.drawings import draw_gains
from modelfleet.reporting.drawings.gains import MOST_COLUMNS
from modelfleet.reporting.palette import decision_palette, gain_palette, gain_steps
from modelfleet.reporting.views import (
    add_costs,
    count_exclusions,
    count_funnel,
    describe_coverage,
    describe_hold,
    distribute_skill,
    find_outcomes,
    list_overrides,
    map_gains,
    rank_sensors,
    weekly_gains,
    with_decision,
)
from tests.reporting.fleets import END, NASTY, make_content, make_fleet
from tests.reporting.pages import Page, assert_offline
from tests.reporting.rich import WEEKS, rich_content


@pytest.fixture(scope="module")
def rich() -> Page:
    return Page(render_report(rich_content(119)))


def section(page: Page, title: str, until: str) -> str:
    """What is said between two headings; the first heading may stand in the navigation, too."""
    return page.said.rsplit(title, 1)[1].split(until, 1)[0]


def pixels(uri: str) -> np.ndarray:
    """A picture of a page as RGBA from 0 to 255; shape (height, width, 4)."""
    return np.rint(imread(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) * 255)


def gains(shares: dict[str, list[float | None]], cohorts: dict[str, str] | None = None, **options):  # type: ignore[no-untyped-def]
    """The map of these weekly gains over a baseline that always errs by 1."""
    losses = [[float("nan") if g is None else 1 - g for g in row] for row in shares.values()]
    candidates = pl.DataFrame(
        {
            "sensor_id": list(shares),
            "loss": losses,
            "baseline_loss": [[1.0] * len(r) for r in losses],
        }
    )
    judged = pl.DataFrame(
        {
            "sensor_id": list(shares),
            "cohort": [(cohorts or {}).get(i, "one") for i in shares],
            "gain": [None] * len(shares),
            "decision": ["accepted"] * len(shares),
        },
        schema_overrides={"gain": pl.Float64},
    )
    return map_gains(weekly_gains(candidates), judged, end=END, **options)


def test_the_map_begins_with_who_lost_most() -> None:
    """Sensors stand by their mean gain; one without any comparable week is on no map."""
    found = gains({"good": [0.2, 0.1], "bad": [-0.3, None], "none": [None, None]})
    assert found.sensors == ("bad", "good")
    assert found.losing == 1
    assert found.shares[0, 0] == pytest.approx(-0.3)
    assert np.isnan(found.shares[0, 1])
    assert (found.week_end(1), found.week_end(0).day) == (END, 24)


def test_the_map_by_cohort_keeps_cohorts_together() -> None:
    """Each cohort is one span, worst first within it."""
    found = gains(
        {"a": [0.2], "b": [0.1], "c": [0.3]}, {"a": "x", "b": "x", "c": "w"}, by_cohort=True
    )
    assert found.sensors == ("c", "b", "a")
    assert [(span.name, span.first, span.last) for span in found.spans] == [
        ("w", 0, 1),
        ("x", 1, 3),
    ]


def test_colours_say_better_worse_and_unknown() -> None:
    """Losses and gains have hues of their own, what is larger is stronger, unknown is clear."""
    steps = gain_steps(np.array([-9.0, -0.1, 0.0, 0.1, 9.0, np.nan]), limit=0.2)
    assert steps.tolist() == [0, 5, 10, 15, 20, -1]
    red, blue = gain_palette()[0], gain_palette()[-1]
    assert red[0] > red[2]
    assert blue[2] > blue[0]
    assert gain_palette()[0, 3] > gain_palette()[5, 3] > gain_palette()[10, 3]
    assert len({tuple(colour) for colour in decision_palette().tolist()}) == 3


def test_the_picture_has_a_row_per_week_and_joins_sensors_beyond_a_screen() -> None:
    """2,500 sensors are drawn in columns of three, each their mean: no column is left out."""
    count = 2500
    shares: dict[str, list[float | None]] = {f"s{k:04d}": [-0.3, 0.3] for k in range(count)}
    picture = draw_gains(gains(shares))
    assert picture is not None
    assert picture.per_column == 3
    drawn = pixels(picture.uri)
    assert drawn.shape[:2] == (2, 834)
    assert drawn.shape[1] <= MOST_COLUMNS
    assert (drawn[0, :, 0] > drawn[0, :, 2]).all()
    assert (drawn[1, :, 2] > drawn[1, :, 0]).all()
    assert pixels(picture.verdicts).shape[:2] == (1, 834)


def test_nothing_judged_is_no_picture() -> None:
    """A fleet without verdicts says so instead of showing an empty map."""
    assert draw_gains(gains({})) is None
    assert "so there is nothing to show" in Page(render_report(make_content([]))).said


def test_the_map_names_its_axes_and_leads_to_the_table(rich: Page) -> None:
    """Weeks are named, the ends of the order too, and every judged sensor has its place."""
    said = section(rich, "Gain by week and sensor", "Worst first")
    for words in (
        "14 Jan",
        "31 Mar",
        "← most lost",
        "most gained →",
        "or better than the baseline",
    ):
        assert words in said
    placed = sorted(place for place in rich.island["place_worst"] if place is not None)
    assert placed == list(range(len(placed)))
    assert sorted(p for p in rich.island["place_cohort"] if p is not None) == placed
    assert max(len(weeks or []) for weeks in rich.island["weekly"]) == WEEKS


def test_the_hold_stands_on_top_with_its_sensors(rich: Page) -> None:
    """Why the release waits, what was measured, and who is behind it, before anything else."""
    said = rich.said
    assert said.index("On hold because") < said.index("served by a model")
    assert "39 sensors, 20 are allowed (measured 39, the limit is 20; too_many_flips )" in said
    assert "39 sensors behind it: sensor-0000" in said
    held = dict(zip(rich.island["id"], rich.island["hold"], strict=True))
    assert held["sensor-0005"] == "too_many_flips no_skill"
    assert held["sensor-0118"] is None


def test_no_hold_no_word_of_it() -> None:
    """A release that does not wait shows no empty box."""
    page = Page(render_report(make_content(["a", "b"])))
    assert "On hold" not in page.said
    assert not {"hold", "override", "without"} & page.island.keys()


def test_a_hold_tells_its_place_and_survives_missing_figures() -> None:
    """A cohort or a week is named; a figure that is not there is unknown, no zero."""
    (card,) = describe_hold(
        [{"code": "shock_in_loss", "figure": None, "threshold": 2.5, "place": "week to 4 Nov"}]
    )
    assert card.measured == "week to 4 Nov: measured unknown, the limit is 2.5"
    assert (card.count, card.named) == (0, "")


def test_overrides_tell_reason_effect_and_last_day(rich: Page) -> None:
    """Those of the configuration and of the verdicts, also where there was no verdict."""
    said = section(rich, "Decided by people", "What exclusions changed")
    reason = "the valve <b>in front</b> of it is being rebuilt 2026-12-31"
    assert f"sensor-0000 its champion no verdict to override {reason}" in said
    assert f"sensor-0016 its baseline on its baseline by decision {reason}" in said


def test_an_override_that_left_the_configuration_still_shows() -> None:
    """The verdicts of the run count: what was forced stands there whatever conf/ says now."""
    verdicts = pl.DataFrame({"sensor_id": ["a", "b"], "override": ["held_at_champion", None]})
    (row,) = list_overrides([], verdicts)
    assert (row.sensor, row.effect, row.last_day) == ("a", "held at its champion by decision", "–")


def test_exclusions_tell_what_would_be_without_them(rich: Page) -> None:
    """Hours in sum, and by name only those whose verdict would be another."""
    said = section(rich, "What exclusions changed", "All sensors")
    assert "left out of 4 sensors: 960 hours in all, 192 of them in judged weeks" in said
    assert "2 verdicts would be another" in said
    assert re.findall(r"sensor-\d+", said) == ["sensor-0115", "sensor-0117"]
    assert "with them it would be rejected" in rich.island["without"][-1]
    assert count_exclusions(None) is None


def test_costs_add_up_over_the_same_sensors(rich: Page) -> None:
    """Who has no candidate is in none of the three sums, and how many they are is said."""
    content = rich_content(119)
    outcomes = find_outcomes(content)
    found = add_costs(outcomes, content.scorecard)
    assert found is not None
    known = content.scorecard.filter(pl.col("cost_candidate").is_not_null())
    assert (found.fleet.sensors, found.fleet.known) == (119, known.height)
    assert found.fleet.baseline == pytest.approx(known["cost_baseline"].sum())
    assert sum(row.candidate for row in found.cohorts) == pytest.approx(found.fleet.candidate)
    saved = [row.saved for row in found.cohorts]
    assert saved == sorted(saved, reverse=True)
    assert "6 more are in no sum" in section(rich, "What it costs in a year", "Do the intervals")


def test_costs_show_only_where_they_are_known() -> None:
    """A scorecard without costs, or one that knows none, has no section on them."""
    content = make_content(["a", "b"])
    outcomes = find_outcomes(content)
    unknown = content.scorecard.with_columns(
        *(
            pl.lit(None, dtype=pl.Float64).alias(name)
            for name in ("cost_without_model", "cost_baseline", "cost_candidate")
        ),
        currency=pl.lit("EUR"),
    )
    assert add_costs(outcomes, content.scorecard) is None
    assert add_costs(outcomes, unknown) is None
    assert "What it costs" not in Page(render_report(content)).said


def test_coverage_is_told_with_and_without_tracking() -> None:
    """Mean and share of sensors within 80 to 98 %; weekly lists count by their mean."""
    judged = pl.DataFrame(
        {
            "coverage": [[0.9, 0.7, float("nan")], [0.99], [], None],
            "untracked_coverage": [0.7, 0.9, None, float("nan")],
        }
    )
    found = describe_coverage(judged)
    assert found is not None
    assert (found.sensors, found.without) == (2, 2)
    assert found.mean == pytest.approx(0.895)
    assert (found.sound, found.untracked_mean, found.untracked_sound) == (0.5, 0.8, 0.5)
    assert describe_coverage(judged.drop("coverage")) is None


def test_rule_breaks_are_listed(rich: Page) -> None:
    """Who broke a business rule, most often first."""
    said = section(rich, "Forecasts that broke a business rule", "Decided by people")
    shares = [float(share) for share in re.findall(r"([\d.]+) %", said)]
    assert len(shares) > 3
    assert shares == sorted(shares, reverse=True)


def test_kept_champions_are_neither_accepted_nor_rejected() -> None:
    """Funnel, distribution and pictures know them."""
    content = rich_content(119)
    steps = count_funnel(content.admissions, content.candidates, content.verdicts)
    assert steps[-1].lost == "4 kept their champion, 5 rejected, served by their baseline"
    skill = distribute_skill(with_decision(content.scorecard, content.verdicts))
    assert (skill.kept.sum(), skill.rejected.sum()) == (4, 5)
    assert skill.judged == content.verdicts.height
    legend = plot_skill(with_decision(content.scorecard, content.verdicts)).axes[0].get_legend()
    assert legend is not None
    assert "its champion stays" in [text.get_text() for text in legend.get_texts()]


def test_everybody_has_a_rank() -> None:
    """Unserved first, then failed, quarantined, backups by gain, accepted, and the retired last."""
    ids = list("abcdef")
    content = make_content(
        ids, quarantined=["a", "b"], unserved=["b"], failed=["c"], rejected=["d"], retired=["f"]
    )
    ranked = rank_sensors(find_outcomes(content), content.scorecard)
    assert ranked["sensor_id"].to_list() == ["b", "c", "a", "d", "e", "f"]
    assert ranked["rank"].to_list() == [1, 2, 3, 4, 5, 6]


def test_a_rich_page_needs_nothing_from_outside(rich: Page) -> None:
    """All of it lies in the page, pictures too."""
    assert_offline(rich, sister="quality.html")


def test_any_name_behind_a_hold_or_override_is_only_text() -> None:
    """Names of sensors and reasons of people cannot become markup."""
    content = make_content(NASTY)
    hold = [{"code": "no_skill", "figure": 1.0, "threshold": 0.0, "sensors": list(NASTY)}]
    overrides = [{"sensor": i, "serve": "baseline", "reason": i, "expires": i} for i in NASTY]
    page = Page(render_report(replace(content, hold=hold, overrides=overrides)))
    assert len(page.scripts) == 2
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_a_large_rich_fleet_has_a_small_page() -> None:
    """5,000 sensors with all there is: below four megabytes, and no row of them in the markup."""
    begin = time.perf_counter()
    html = render_report(rich_content(5000, cohorts=60))
    assert time.perf_counter() - begin < 20
    assert len(html) < 4_000_000
    page = Page(html)
    assert len(page.island["id"]) == 5000
    assert len(page.tags) < 6000
    assert sum(tag == "img" for tag, _ in page.tags) == 4


def test_fleets_without_decisions_have_a_page() -> None:
    """Tables of a gate that knows no champions have no column for what was decided."""
    fleet = make_fleet(["a", "b"])
    verdicts = fleet["verdicts"].drop("decision")
    scorecard = fleet["scorecard"].drop("decision", strict=False)
    told = with_decision(scorecard, verdicts)["decision"].to_list()
    assert told == ["accepted", "accepted"]
