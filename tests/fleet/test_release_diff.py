"""What changes when one release takes the place of another."""

import json
from typing import Any

import polars as pl
import pytest

from modelfleet.fleet.diff_document import diff_document
from modelfleet.fleet.release_diff import CHANGES, ReleaseDiff, compare_services
from modelfleet.fleet.service import SERVICE_SCHEMA, TablesInHand, service_of
from tests.releases import large_fleet, on_backup, sensor, tables


def service(*sensors: dict[str, Any]) -> pl.DataFrame:
    """What a release of these sensors serves."""
    return service_of(TablesInHand(tables(sensors)))


def compare(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> ReleaseDiff:
    """Compare two lists of sensors."""
    return compare_services(service(*before), service(*after))


def changes(diff: ReleaseDiff) -> dict[str, str]:
    """Sensor to its kind of change."""
    return dict(diff.sensors.select("sensor_id", "change").iter_rows())


BEFORE = [
    sensor("same"),
    sensor("kept"),
    sensor("replaced"),
    sensor("fallen"),
    sensor("silent"),
    sensor("leaving"),
    sensor("retiring"),
    on_backup("rising"),
    on_backup("renewed"),
]
CHAMPION = {"champion_version": "replaced-1", "worse_than_champion_figure": 0.05}
AFTER = [
    sensor("same"),
    sensor("kept", outcome="kept", serves="champion", cost_candidate=999.0),
    sensor("replaced", version="replaced-2", mae=2.0, **CHAMPION),
    on_backup("fallen", champion_version="fallen-1", champion_no_gain_figure=0.2),
    sensor("silent", outcome="quarantined", serves="none", version=None, reasons=["dead"]),
    sensor("retiring", outcome="retired", serves="none", version=None),
    sensor("rising", version="rising-2"),
    on_backup("renewed", version="renewed-b2"),
    sensor("young"),
]


def test_every_sensor_has_one_kind_of_change() -> None:
    """Each kind there is, by a sensor that stands for it; the sum is the sensors of both."""
    found = changes(compare(BEFORE, AFTER))
    assert found == {
        "same": "unchanged",
        "kept": "unchanged",
        "replaced": "replaced",
        "fallen": "to_baseline",
        "silent": "unserved",
        "leaving": "gone",
        "retiring": "gone",
        "rising": "to_model",
        "renewed": "renewed_backup",
        "young": "new",
    }
    assert set(found.values()) == set(CHANGES)


def test_the_worst_come_first_and_renewed_backups_are_no_change() -> None:
    """Who is served by nothing, then by how much the error grows."""
    worst = compare(BEFORE, AFTER).worst["sensor_id"].to_list()
    assert set(worst[:3]) == {"leaving", "retiring", "silent"}
    assert worst[3] == "fallen"
    assert worst[-1] == "rising"
    assert not {"same", "kept", "renewed"} & set(worst)


def test_errors_are_compared_on_the_same_weeks_where_the_gate_did_so() -> None:
    """The figures of two releases are of different weeks; the gate's comparison is not."""
    rows = {row["sensor_id"]: row for row in compare(BEFORE, AFTER).sensors.to_dicts()}
    replaced, fallen, rising = rows["replaced"], rows["fallen"], rows["rising"]
    assert replaced["error_before"] == 0.9
    assert replaced["error"] == 2.0
    assert replaced["same_weeks"]
    assert replaced["error_change"] == -0.05
    assert fallen["same_weeks"]
    assert fallen["error_change"] == pytest.approx(0.25)
    assert rising["same_weeks"]
    assert rising["error_change"] == pytest.approx(-0.1)


def test_against_a_release_it_never_met_each_error_is_of_its_own_weeks() -> None:
    """Then the change says so: what the gate measured was another champion."""
    stranger = [sensor("replaced", version="older", mae=1.0)]
    (row,) = compare(stranger, [AFTER[2]]).sensors.to_dicts()
    assert not row["same_weeks"]
    assert row["error_change"] == pytest.approx(1.0)


def test_a_champion_that_stays_keeps_figures_and_costs() -> None:
    """The scorecard tells of its candidate, which does not serve."""
    (row,) = compare([sensor("kept")], [AFTER[1]]).sensors.to_dicts()
    assert (row["cost_before"], row["cost"]) == (180.0, 180.0)
    assert (row["skill"], row["error"]) == (0.1, 0.9)


def test_cohorts_are_counted_with_medians_and_costs() -> None:
    """One row per cohort, the one that loses most first, and one over all."""
    before = [sensor("a"), sensor("b", cohort="south"), on_backup("c", cohort="south")]
    after = [
        sensor("a", version="a-2", skill=0.2),
        on_backup("b", cohort="south"),
        sensor("c", cohort="south"),
    ]
    diff = compare(before, after)
    south, north = diff.cohorts.to_dicts()
    assert (south["cohort"], south["to_baseline"], south["to_model"]) == ("south", 1, 1)
    assert (north["replaced"], north["skill_before"], north["skill"]) == (1, 0.1, 0.2)
    total = diff.total.to_dicts()[0]
    assert (total["sensors"], total["changed"], total["models_before"], total["models"]) == (
        3, 3, 2, 2,
    )  # fmt: skip
    assert (total["cost_before"], total["cost"]) == (560.0, 560.0)
    assert (total["error_before"], total["unit"]) == (0.9, "m3/h")


def test_errors_of_two_units_have_no_median() -> None:
    """Metres and litres cannot be put together."""
    both = [sensor("a"), sensor("b", unit="m")]
    total = compare(both, both).total.to_dicts()[0]
    assert total["error"] is None
    assert total["unit"] is None


def test_costs_that_are_not_known_are_counted_and_never_taken_for_nothing() -> None:
    """Sums hold the sensors whose costs are known before and after."""
    before = [sensor("a"), sensor("b")]
    after = [sensor("a"), sensor("b", version="b-2", cost_candidate=None)]
    total = compare(before, after).total.to_dicts()[0]
    assert (total["cost_before"], total["cost"], total["cost_unknown"]) == (180.0, 180.0, 1)


def test_a_first_release_is_all_new() -> None:
    """Before it there is nothing."""
    new = service(*AFTER)
    diff = compare_services(new.clear(), new)
    assert set(changes(diff).values()) == {"new"}
    assert diff.total["models_before"].item() == 0


def test_an_older_release_may_lack_columns() -> None:
    """Then what they would say is not known."""
    known = tables([sensor("a")])
    known["scorecard"] = known["scorecard"].drop("currency", "cost_candidate")
    found = service_of(TablesInHand(known))
    assert found.schema == SERVICE_SCHEMA
    assert found["cost"].to_list() == [None]


def test_the_document_is_json_and_lists_as_many_changes_as_wanted() -> None:
    """Programs get the same as people; a figure that is no number is null."""
    diff = compare(BEFORE, [*AFTER[:2], sensor("replaced", version="x", mae=float("inf"))])
    document = diff_document(diff, after="f" * 64, before={"north": "e" * 64}, limit=2)
    assert json.loads(json.dumps(document, allow_nan=False))["changes_listed"] == 2
    whole = diff_document(diff, after="f" * 64, before={})
    assert whole["changes_listed"] == whole["total"]["changed"] == 7


def test_five_thousand_sensors_are_counted_without_a_loss() -> None:
    """Kinds of change, and outcomes, each sum to the fleet."""
    diff = compare(large_fleet(5000, later=False), large_fleet(5000, later=True))
    assert diff.sensors.height == 5000
    assert diff.cohorts["sensors"].sum() == 5000 == diff.total["sensors"].item()
    assert diff.cohorts["changed"].sum() == diff.worst.height == diff.total["changed"].item()
