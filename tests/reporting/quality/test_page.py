"""The page on the data: what came in, what is wrong, what changed; to anybody and offline."""

import time
from dataclasses import replace

import polars as pl
import pytest

import modelfleet.reporting.quality
from modelfleet.fleet.retirement import STILL_SENDING
from modelfleet.reporting.quality import QualityContent, render_quality_report
from tests.reporting.fleets import NASTY, UNMET
from tests.reporting.pages import Page, assert_offline, assert_only_text
from tests.reporting.quality.contents import (
    ACCOUNT,
    RUN,
    batch_rows,
    make_profiles,
    make_quality_content,
    make_state,
    note_rows,
    rejected_rows,
)

IDS = [f"s{k:02d}" for k in range(30)]
GOOD = ("admitted", [], 0.99, 0)
STOPS = UNMET | {"consequence": "stop", "reason": "too_many_rows_rejected"}
PAST = {"late": 1234, "corrections": 1}
LATE = {**ACCOUNT, **PAST}


def show(content: QualityContent) -> Page:
    """The page."""
    return Page(render_quality_report(content)[0])


@pytest.fixture(scope="module")
def changed() -> Page:
    """A page after a change of much."""
    before = {**dict.fromkeys(IDS[1:], GOOD), "s05": ("quarantined", ["stuck"], 0.9, 0)}
    return show(
        make_quality_content(
            IDS,
            quarantined=IDS[:4],
            retired=IDS[4:5],
            before=make_state({**before, "old": GOOD}),
            state={"version": 4, "batches": 3, "account": LATE},
            account=LATE,
            batches=batch_rows({}, {}, PAST),
            rejected=rejected_rows(("s02", "2024-01-01T00:17", "<7>", "off_grid")),
            expectations=[UNMET | {"success": True}, UNMET, STOPS],
        )
    )


def test_public_names() -> None:
    """The package offers exactly these."""
    assert modelfleet.reporting.quality.__all__ == [
        "QualityChanges",
        "QualityContent",
        "QualityHistory",
        "QualityState",
        "find_changes",
        "list_batches",
        "render_quality_report",
        "take_state",
    ]


def test_ten_seconds(changed: Page) -> None:
    """The first lines account for every row and every sensor."""
    assert "1,000 rows came in: 900 stored, 60 rejected, 40 duplicates." in changed.said
    assert "25 of 30 sensors are admitted, 4 are in quarantine, 1 is retired." in changed.said
    assert "of the rows rejected 6.0 % expectations not met 2" in changed.said


def test_merged_rows_are_part_of_the_sum() -> None:
    """Where finer readings were merged, the sentence still adds up."""
    account = {**ACCOUNT, "stored": 300, "merged": 600}
    assert (
        "300 stored, 600 merged into their step, 60 rejected, 40"
        in show(make_quality_content(account=account)).said
    )


def test_what_needs_a_person_stands_on_top(changed: Page) -> None:
    """What stops the run, then what changed the past, then what else is not in order."""
    box = changed.said.split("What needs a person")[1].split("What changed since")[0]
    told = (
        "1 expectation was not met, and that stops the run",
        "1,234 late rows inside the already known period new version of the readings (3 → 4)",
        "1 correction of stored values",
        "1 expectation was not met too many gaps",
        "4 sensors in quarantine: silent at the end s00, s01, s02, s03",
    )
    places = [box.find(text) for text in told]
    assert -1 not in places
    assert places == sorted(places)


def test_retired_sensors_are_no_trouble_unless_they_send() -> None:
    """Out of service needs nobody; sending all the same does."""
    content = make_quality_content(IDS, retired=IDS[:2])
    assert "Nothing. No sensor is in quarantine" in show(content).said
    sends = pl.col("reasons").list.concat(pl.lit([STILL_SENDING]))
    some = pl.when(pl.col("sensor_id") == "s01").then(sends).otherwise("reasons")
    sending = replace(content, admissions=content.admissions.with_columns(reasons=some))
    assert "1 sensor is retired and still sends s01" in show(sending).said


def test_what_changed_is_told_by_kind(changed: Page) -> None:
    """Counts with names and reasons, and figures before and after."""
    section = changed.said.split("What changed since 01 Apr 2024 06:00 UTC")[1]
    section = section.split("No row is lost")[0]
    for text in (
        "1 batch came in; readings went from version 3 to 4.",
        "late rows 0 1,234 +1,234",
        "sensors quarantined 1 4 +3",
        "3 newly in quarantine s01 silent at the end: 400 hours of silence, the limit is 168",
        "1 recovered s05 was: often stuck at one value",
        "1 new s00 silent",
        "1 no longer known old",
        "1 newly retired s04 retired by its owner",
        "with less coverage s29 99 % → 85 % s28",
    ):
        assert text in section
    assert "s01" not in section.split("no longer known")[1]


def test_a_long_list_of_changes_is_cut_and_counted() -> None:
    """Six are named, the rest is counted and can be found in the table."""
    before = make_state(dict.fromkeys(IDS, GOOD))
    page = show(make_quality_content(IDS, quarantined=IDS, before=before))
    section = page.said.split("What changed since")[1].split("No row is lost")[0]
    assert "30 newly in quarantine" in section
    assert "s05" in section
    assert "s06" not in section
    assert "and 24 more" in section
    assert set(page.island["changed"]) == {"quarantined"}


def test_the_first_run_says_so() -> None:
    """Nothing to compare with, and nothing is called new."""
    page = show(make_quality_content(IDS, quarantined=IDS[:1]))
    assert "This is the first run. " in page.said
    assert "There is no earlier state to compare with" in page.said
    assert set(page.island["changed"]) == {None}


def test_an_unchanged_fleet_says_since_when_and_keeps_the_last_change() -> None:
    """Another run saw this state first; what that one found new is still told."""
    later = {"run_id": "run-3", "started_at": "2024-04-03T06:00:00+00:00"}
    before = make_state(dict.fromkeys(IDS, GOOD))
    page = show(make_quality_content(IDS, quarantined=IDS[:1], before=before, run=later))
    assert page.said.count("Nothing changed since 02 Apr 2024 06:00 UTC") == 2
    assert "compared with the state of 01 Apr 2024 06:00 UTC" in page.said
    assert "1 newly in quarantine s00" in page.said
    alone = show(make_quality_content(IDS, run=later))
    assert "Nothing changed since 02 Apr 2024 06:00 UTC" in alone.said
    assert "That was the first run" in alone.said


def test_a_change_that_moved_no_sensor_says_so() -> None:
    """Rows came, nothing happened to a sensor."""
    ids = ["a"]
    content = make_quality_content(ids, before=make_state({"a": ("admitted", [], 1.0, 0)}))
    assert "No sensor was judged otherwise, came or went" in show(content).said


def test_rows_stand_by_batch_newest_first(changed: Page) -> None:
    """The total first, then the batches."""
    table = changed.said.split("No row is lost")[1].split("Rejected rows")[0]
    assert "All 3 batches 1,000 900 60 40 1,234 1 5 7" in table
    assert table.index("b2 1,000 900 60 40 1,234 1") < table.index("b1 ") < table.index("b0 ")


def test_only_the_newest_batches_are_listed() -> None:
    """A year of hourly batches does not make a longer page."""
    text = show(make_quality_content(batches=batch_rows(*[{}] * 400))).said
    assert "The newest 12 of 400 batches" in text
    assert "b388" in text
    assert "b387 " not in text


def test_rejected_rows_are_shown_as_they_came(changed: Page) -> None:
    """With code, counts and the place of each example."""
    assert "off grid off_grid 50 50 s02 2024-01-01T00:17 <7> b0, row 0" in changed.said
    assert (
        "No row was rejected."
        in show(make_quality_content(account={**ACCOUNT, "rejected": {}})).said
    )


def test_table_has_every_sensor_worst_first(changed: Page) -> None:
    """Quarantine, admitted, retired; reasons, rejected rows and changes beside them."""
    island = changed.island
    assert sorted(island["id"]) == IDS
    assert island["place"] == list(range(30))
    standings = island["standing"]
    assert standings == ["quarantined"] * 4 + ["admitted"] * 25 + ["retired"]
    assert all("silent at the end" in why for why in island["why"][:4])
    place = island["id"].index("s02")
    assert island["rejected_for"][place] == ["off_grid 1"]
    assert island["changed"][place] == "quarantined"
    assert island["unit"][place] == "l/s"


def test_map_leads_to_the_table(changed: Page) -> None:
    """Each line of the map knows its sensor, each sensor its letters."""
    island = changed.island
    assert sorted(island["map"]) == list(range(30))
    assert island["id"][island["map"][-1]] == "s04"
    assert {len(weeks) for weeks in island["weekly"]} == {len(island["week_ends"])}


def test_expectations_are_listed_unmet_first(changed: Page) -> None:
    """With what follows from them."""
    listed = changed.said.split("Expectations of the data")[1]
    assert "1 of 3 met." in listed
    assert listed.index("not met") < listed.index(" met values between")
    assert "Consequence: stop (too many rows rejected)" in listed


def test_notes_on_the_metadata_are_listed() -> None:
    """The most frequent first, each with its sensors; nothing where all is well."""
    notes = note_rows(("s00", "no_unit"), ("s02", "no_limit"), ("s01", "no_limit"))
    said = show(make_quality_content(IDS, notes=notes)).said
    assert "no limit 2 sensors s01, s02 no unit 1 sensor s00" in said
    assert "in the metadata" not in show(make_quality_content(IDS)).said


def test_page_needs_nothing_from_outside(changed: Page) -> None:
    """No request leaves the page."""
    assert_offline(changed, sister="report.html")


def test_any_name_is_only_text() -> None:
    """Neither a sensor's name nor a rejected value nor a batch becomes markup."""
    ids = [f"s{k}" for k in range(len(NASTY))]

    def page(names: list[str]) -> Page:
        account = {**ACCOUNT, "batch": names[0], "ignored_columns": names}
        rows = [(name, name, name, "off_grid") for name in names]
        return show(
            make_quality_content(
                names,
                quarantined=names[:3],
                fleet=names[0],
                before=make_state(dict.fromkeys([*names[:4], f"{names[1]}!"], GOOD)),
                account=account,
                batches=batch_rows(account),
                rejected=rejected_rows(*rows),
                notes=note_rows(*[(name, name) for name in names]),
                expectations=[UNMET],
            )
        )

    nasty = page(list(NASTY))
    assert sorted(nasty.island["id"]) == sorted(NASTY)
    assert_only_text(nasty, page(ids))


@pytest.mark.parametrize(
    "content",
    [
        make_quality_content([]),
        make_quality_content(["only"]),
        make_quality_content(IDS, quarantined=IDS),
        make_quality_content(IDS, retired=IDS),
        make_quality_content(IDS, before=make_state()),
        make_quality_content(IDS, before=make_state(table="another")),
        make_quality_content(IDS, batches=batch_rows(), account={**ACCOUNT, "rows_in": 0}),
    ],
)
def test_any_fleet_has_a_page(content: QualityContent) -> None:
    """Empty fleets, empty tables, another table: the page is there and its data can be read."""
    assert sorted(show(content).island["id"]) == content.sensors["sensor_id"].to_list()


def test_sensors_that_never_sent_have_a_line() -> None:
    """Without any figure; what is not finite is no JSON."""
    figures = ("first_reading", "last_reading", "coverage", "silence_hours", "minimum")
    nothing = [pl.lit(None, pl.Float64).alias(name) for name in figures[2:]]
    times = [pl.lit(None, pl.Datetime("us", "UTC")).alias(name) for name in figures[:2]]
    infinite = pl.lit(float("inf")).alias("longest_gap_hours")
    profiles = make_profiles(IDS).with_columns(*nothing, *times, infinite)
    island = show(make_quality_content(IDS, profiles=profiles)).island
    assert set(island["coverage"]) == set(island["first_reading"]) == {None}
    assert set(island["longest_gap_hours"]) == {None}
    assert set(island["strain"]) == {10.0}


def test_changes_are_json_of_the_same_content() -> None:
    """What programs read is what the page tells."""
    before = make_state(dict.fromkeys(IDS, GOOD))
    content = make_quality_content(IDS, quarantined=IDS[:1], before=before)
    _, changes = render_quality_report(content)
    assert changes["latest"]["run"] == RUN["run_id"]
    assert changes["before"]["run"] == "run-1"
    assert changes["sensors"][0]["change"] == "quarantined"
    assert "sensors" not in changes["latest"]


def test_same_content_same_page() -> None:
    """The page has no clock and no chance in it."""
    content = make_quality_content(IDS, quarantined=IDS[:3])
    assert render_quality_report(content) == render_quality_report(content)


def test_large_fleet() -> None:
    """5,000 sensors: the page is quick to make, small, and has all of them."""
    ids = [f"sensor-{k:04d}" for k in range(5000)]
    rows = [(ids[k % 5000], "2024-01-01", "9", "off_grid") for k in range(20_000)]
    content = make_quality_content(
        ids,
        quarantined=ids[:200],
        weeks=52,
        rejected=rejected_rows(*rows),
        before=make_state(dict.fromkeys(ids[50:], GOOD)),
        batches=batch_rows(*[{}] * 500),
    )
    begin = time.process_time()
    html, _ = render_quality_report(content)
    assert time.process_time() - begin < 5
    assert len(html) < 4_000_000
    assert sorted(Page(html).island["id"]) == ids
