"""One sensor gets back what an earlier release served it with, as a release of its own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import ReleaseError
from modelfleet.fleet.pinning import Pin, pin_sensor, pinned_from
from modelfleet.stores.objects import Objects
from modelfleet.stores.release_store import Release, ReleaseStore
from tests.releases import on_backup, publish, sensor

PIN = Pin("a", source="", by="network-operations", at="2026-02-01T00:00:00+00:00", reason="calm")
RUN = {"run_id": "pin-1"}


def released(folder: Path, *sensors: dict[str, Any], **run: Any) -> Release:
    """A release in the store of the test."""
    return ReleaseStore(Objects(str(folder))).open(publish(folder, sensors, **run))


def pinned(folder: Path, base: Release, source: Release, pin: Pin = PIN) -> Release:
    """The pinned release, published and opened again."""
    draft = pin_sensor(base, source, replace(pin, source=source.rid), run=RUN)
    store = ReleaseStore(Objects(str(folder)))
    assert store.publish(draft)
    return store.open(draft.rid)


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Release, Release]:
    """An earlier release, and one that serves now in which both sensors have another model."""
    source = released(tmp_path, sensor("a", skill=0.3), sensor("b"))
    base = released(
        tmp_path,
        sensor("a", version="a-2", cohort="south"),
        sensor("b", version="b-2"),
        evaluation_stamp="s",
        readings={"table_id": "t", "version": 3},
    )
    return tmp_path, source, base


def row(release: Release, table: str, sensor_id: str) -> dict[str, Any]:
    """One row of a table."""
    return release.table(table).filter(pl.col("sensor_id") == sensor_id).to_dicts()[0]


def test_the_sensor_gets_all_its_rows_back_and_nobody_else_is_touched(
    two: tuple[Path, Release, Release],
) -> None:
    """Model, backup, verdict and figures are those of the earlier release."""
    folder, source, base = two
    made = pinned(folder, base, source)
    assert made.rid not in {base.rid, source.rid}
    for table in ("models", "baselines", "scorecard", "verdicts"):
        assert row(made, table, "a") == row(source, table, "a")
        assert row(made, table, "b") == row(base, table, "b")
        assert made.table(table).schema == base.table(table).schema
    assert row(made, "serves", "b") == row(base, "serves", "b")


def test_the_ledger_says_that_a_person_did_it_and_the_cohort_stays(
    two: tuple[Path, Release, Release],
) -> None:
    """The code is the first reason, once; the sensor stays where its owner has it now."""
    folder, source, base = two
    made = pinned(folder, base, source)
    told = row(made, "serves", "a")
    assert (told["version"], told["cohort"], told["reasons"]) == ("a-1", "south", ["pinned"])
    other = released(folder, sensor("a", version="a-3"), sensor("b"))
    again = pinned(folder, other, made, replace(PIN, reason="again"))
    assert row(again, "serves", "a")["reasons"] == ["pinned"]


def test_its_provenance_names_parents_person_and_reason(two: tuple[Path, Release, Release]) -> None:
    """Nothing of the run behind it is lost, but for the stamp: verdicts of two runs have none."""
    folder, source, base = two
    made = pinned(folder, base, source)
    assert made.provenance["parents"] == [base.rid, source.rid]
    assert made.provenance["by"] == "network-operations"
    assert made.provenance["readings"] == {"table_id": "t", "version": 3}
    assert made.provenance["pins"][0]["reason"] == "calm"
    assert "evaluation_stamp" not in made.provenance
    assert pinned_from(made.provenance, "a") == source.rid
    assert pinned_from(made.provenance, "b") is None
    card = (folder / made.rid / "MODEL_CARD.md").read_text()
    assert f"`a` was pinned from {source.rid[:12]} by network-operations: calm" in card


def test_a_second_pin_keeps_the_first(two: tuple[Path, Release, Release]) -> None:
    """Each sensor has at most one; a new one for the same sensor takes its place."""
    folder, source, base = two
    first = pinned(folder, base, source)
    second = pinned(folder, first, source, replace(PIN, sensor="b"))
    assert [pin["sensor"] for pin in second.provenance["pins"]] == ["a", "b"]
    back = pinned(folder, second, base)
    assert [pin["sensor"] for pin in back.provenance["pins"]] == ["b", "a"]
    assert row(back, "serves", "a")["version"] == "a-2"


def test_a_sensor_can_be_pinned_to_its_baseline(tmp_path: Path) -> None:
    """The model leaves the release with its row."""
    source = released(tmp_path, on_backup("a"), sensor("b"))
    base = released(tmp_path, sensor("a"), sensor("b"))
    made = pinned(tmp_path, base, source)
    assert made.table("models")["sensor_id"].to_list() == ["b"]
    assert row(made, "serves", "a")["reasons"] == ["pinned", "not_better_than_baseline"]


def test_the_same_pin_is_the_same_release(two: tuple[Path, Release, Release]) -> None:
    """Who and when do not shape its name."""
    _, source, base = two
    first = pin_sensor(base, source, replace(PIN, source=source.rid), run=RUN)
    later = replace(PIN, source=source.rid, by="planning", at="2026-03-01T00:00:00+00:00")
    assert pin_sensor(base, source, later, run=RUN).rid == first.rid


@pytest.mark.parametrize(
    ("earlier", "message"),
    [
        ([sensor("b")], "does not know 'a'"),
        ([sensor("a", serves="none", version=None)], "serves 'a' with nothing"),
        ([sensor("a", version="a-2", skill=0.7)], "there is nothing to pin"),
    ],
)
def test_what_cannot_be_pinned_is_refused(
    earlier: list[dict[str, Any]], message: str, tmp_path: Path
) -> None:
    """Each refusal says what was found, and nothing is made."""
    source, base = released(tmp_path, *earlier), released(tmp_path, sensor("a", version="a-2"))
    with pytest.raises(ReleaseError, match=message):
        pin_sensor(base, source, PIN, run=RUN)
