"""The page says what the tables say, to anybody, offline, and whatever the sensors are called."""

import re
import time
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

import modelfleet.reporting
from modelfleet.domain.errors import LedgerError
from modelfleet.fleet.retirement import RETIRED, STILL_SENDING
from modelfleet.reporting import render_report
from tests.reporting.fleets import END, NASTY, UNMET, make_content
from tests.reporting.pages import Page, assert_offline, assert_only_text

IDS = [f"s{k:02d}" for k in range(30)]


@pytest.fixture(scope="module")
def mixed() -> Page:
    content = make_content(
        IDS,
        quarantined=IDS[:4],
        failed=IDS[4:6],
        rejected=IDS[6:11],
        unserved=IDS[:1],
        expectations=[UNMET, UNMET | {"success": True}],
        parameters={"gate": {"level": 0.8}, "horizon": 24},
    )
    return Page(render_report(content))


def test_public_names() -> None:
    """The floor offers exactly these."""
    assert modelfleet.reporting.__all__ == [
        "Pictures",
        "ReportContent",
        "draw_pictures",
        "plot_examples",
        "plot_funnel",
        "plot_quality_map",
        "plot_skill",
        "render_report",
    ]


def test_head_counts_what_serves(mixed: Page) -> None:
    """The first sentence accounts for every sensor."""
    text = mixed.said
    assert "19 of 30 sensors are served by a model, 10 by their baseline, 1 by nothing." in text


def test_head_names_what_needs_a_person(mixed: Page) -> None:
    """Unserved, failed and quarantined sensors and unmet expectations are named on top."""
    for said in (
        "1 sensor is served by nothing s00",
        "2 sensors failed in training s04, s05",
        "4 sensors in quarantine: silent at the end s00, s01, s02, s03",
        "1 expectation was not met too many gaps",
    ):
        assert said in mixed.said


def test_table_has_every_sensor_with_its_outcome(mixed: Page) -> None:
    """Outcomes in the table add up to the fleet and agree with the tables."""
    outcomes = mixed.island["outcome"]
    assert mixed.island["id"] == IDS
    assert outcomes[:4] == ["quarantined"] * 4
    assert outcomes[4:6] == ["failed"] * 2
    assert outcomes[6:11] == ["backup"] * 5
    assert outcomes[11:] == ["accepted"] * 19


def test_table_says_why(mixed: Page) -> None:
    """Each sensor carries the reason of the stage that decided."""
    why = mixed.island["why"]
    assert why[0] == (
        "silent at the end: 400 hours of silence, the limit is 168; "
        "no backup: weekly naive knows no value"
    )
    assert why[4] == "training failed: ValueError: <b>no rows</b>"
    assert why[11] == "better in 11 of 12 weeks"


def test_rows_and_the_way_to_their_page(mixed: Page) -> None:
    """How many rows came in is said; where they went stands on the page on the data."""
    assert "1,234,567 rows came in, 1,234,500 were stored" in mixed.said


def test_worst_come_first(mixed: Page) -> None:
    """The list starts with who is served by nothing, then failures, quarantine and losses."""
    listed = re.findall(r"s\d\d", mixed.text.split("Worst first", 2)[2])[:11]
    assert listed == [*("s00", "s04", "s05", "s01", "s02", "s03"), *reversed(IDS[6:11])]


def test_retired_sensors_are_no_trouble() -> None:
    """Neither worst nor unserved: they are told apart, and one that still sends is told."""
    sends = pl.when(pl.col("sensor_id") == "s04").then(pl.lit([RETIRED, STILL_SENDING]))
    content = make_content(IDS, retired=IDS[:5], unserved=IDS[:3], rejected=IDS[5:6])
    admissions = content.admissions.with_columns(reasons=sends.otherwise("reasons"))
    said = Page(render_report(replace(content, admissions=admissions))).said
    assert "24 of 25 sensors in service are served by a model, 1 by its baseline, none by" in said
    assert "5 more are retired by their owners." in said
    assert "served by nothing s0" not in said
    assert "1 sensor is retired and still sends s04" in said
    assert "25 83 % 5 retired" in said
    assert re.findall(r"s\d\d", said.split("Worst first")[2].split("Pictures of")[0]) == ["s05"]


def test_parameters_are_listed(mixed: Page) -> None:
    """What shaped the run is on the page, nested settings with their path."""
    assert "gate.level 0.8" in mixed.text
    assert "horizon 24" in mixed.text


def test_events_are_listed() -> None:
    """Known periods stand on the page with what is left out, and their notes are only text."""
    time = pl.Datetime("us", "UTC")
    events = pl.DataFrame(
        {
            "kind": ["burst", "strike"],
            "start": [END, None],
            "end": [END, None],
            "note": ["<b>", None],
        },
        schema_overrides={"start": time, "end": time},
    )
    content = make_content(IDS, events=events, excluded_kinds=["burst"])
    text = Page(render_report(content)).text
    assert "burst 31 Mar 2024 31 Mar 2024 yes <b>" in text
    assert "strike – – no" in text


def test_weeks_without_loss_are_unknown(mixed: Page) -> None:
    """A week that was not judged is a gap in the evidence, not a zero."""
    assert mixed.island["weekly"][11] == [0, None, 50]
    assert mixed.island["weekly"][0] is None


def test_page_needs_nothing_from_outside(mixed: Page) -> None:
    """No request leaves the page: no addresses, and a policy that forbids them."""
    assert_offline(mixed, sister="quality.html")


@pytest.mark.parametrize("where", ["accepted", "quarantined", "failed", "rejected"])
def test_any_name_is_only_text(where: str) -> None:
    """A sensor's name can neither leave the script's data nor become markup."""
    state = {} if where == "accepted" else {where: NASTY}
    ids = [f"s{k}" for k in range(len(NASTY))]
    plain = make_content(ids, **dict.fromkeys(state, ids), expectations=[UNMET])
    nasty = make_content(NASTY, **state, fleet="<script>x</script>", expectations=[UNMET])
    page, like = Page(render_report(nasty)), Page(render_report(plain))
    assert sorted(page.island["id"]) == sorted(NASTY)
    assert_only_text(page, like)
    assert "49" not in page.text.replace("{{ 7 * 7 }}", "")


@pytest.mark.parametrize(
    "content",
    [
        make_content([]),
        make_content(["only"]),
        make_content(IDS, quarantined=IDS, unserved=IDS),
        make_content(IDS, failed=IDS),
        make_content(IDS, rejected=IDS),
        make_content(IDS, step_minutes=1440),
    ],
)
def test_any_fleet_has_a_page(content: Any) -> None:
    """Empty, unserved and wholly rejected fleets have a page whose data can be read."""
    page = Page(render_report(content))
    assert page.island["id"] == content.sensors["sensor_id"].to_list()


def test_figures_that_are_not_finite_become_null() -> None:
    """NaN and infinity are no JSON: the page would show nothing at all."""
    content = make_content(["a", "b"])
    scorecard = content.scorecard.with_columns(
        mase=pl.Series([float("nan"), float("inf")]), gain=pl.Series([float("nan"), 0.123456])
    )
    page = Page(render_report(make_content(["a", "b"], scorecard=scorecard)))
    assert page.island["mase"] == [None, None]
    assert page.island["gain"] == [None, 0.1235]


def test_a_fleet_in_order_needs_nobody() -> None:
    """Where every sensor is served and admitted, the page says so."""
    assert "Nothing. Every sensor is served" in Page(render_report(make_content(IDS))).text


def test_a_lost_sensor_is_an_error() -> None:
    """A page that leaves out a sensor is never made."""
    content = make_content(IDS)
    twice = pl.concat([content.admissions, content.admissions.head(1)])
    with pytest.raises(LedgerError, match="more than once"):
        render_report(make_content(IDS, admissions=twice))


def test_pictures_are_named_for_those_who_cannot_see_them(mixed: Page) -> None:
    """Every picture carries a text."""
    for tag, attributes in mixed.tags:
        if tag == "img":
            assert attributes["alt"]
        if tag == "svg":
            assert attributes["role"] == "img"
            assert attributes.get("aria-label") or attributes.get("aria-labelledby")


def test_same_content_same_page() -> None:
    """The page has no clock and no chance in it."""
    assert render_report(make_content(IDS)) == render_report(make_content(IDS))


def test_large_fleet() -> None:
    """5,000 sensors: the page is quick to make, small, and has all of them."""
    ids = [f"sensor-{k:04d}" for k in range(5000)]
    content = make_content(ids, quarantined=ids[:200], rejected=ids[200:700], weeks=52)
    begin = time.perf_counter()
    html = render_report(content)
    assert time.perf_counter() - begin < 5
    assert len(html) < 4_000_000
    assert Page(html).island["id"] == ids
