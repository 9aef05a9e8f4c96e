"""Metadata of sensors: contradictions are refused, gaps are noted, and who sends is known."""

import unicodedata
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import SchemaError
from modelfleet.domain.parameters.ingestion import SensorLayout
from modelfleet.fleet.ingest import UNREGISTERED, complete_fleet, note_sensors, register_sensors
from tests.fleet.ingest.test_ingest import LAYOUT, SENSORS

LIMITLESS = SensorLayout.model_validate({**LAYOUT["sensors"], "lower_limit": None})
RENAMING = SensorLayout.model_validate({**LAYOUT["sensors"], "renamed_from": "was"})
ROW = {"kind": "flow", "unit": "L/s", "area": "x", "low": "0", "high": "1"}


def raw(*rows: dict[str, Any]) -> pl.DataFrame:
    """Metadata as they are delivered; what a row leaves out is in order."""
    return pl.DataFrame([{**ROW, **row} for row in rows], infer_schema_length=None)


def register(*rows: dict[str, Any], layout: SensorLayout = RENAMING) -> pl.DataFrame:
    """The metadata in one shape."""
    return register_sensors(raw(*({"was": None, **row} for row in rows)), layout)


def notes(*rows: dict[str, Any], heard: set[str] = frozenset()) -> list[tuple[str, str, str]]:
    """Notes on a fleet."""
    fleet = complete_fleet(register(*rows), heard, shards=8)
    return note_sensors(fleet, RENAMING).rows()


def test_sensors_without_metadata_join_the_fleet_as_unregistered() -> None:
    """Who sends is known."""
    fleet = complete_fleet(SENSORS, {"a", "stranger"}, shards=8)
    assert fleet["sensor_id"].to_list() == ["a", "b", "stranger"]
    assert fleet["cohort"].to_list() == ["flow/x", "flow/y", UNREGISTERED]
    assert fleet["registered"].to_list() == [True, True, False]
    assert fleet["shard"].null_count() == 0


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["b", "a", "a"], r"'a' stands in more than one row: rows 1, 2 \(row 0 is the .*; keep"),
        (["a", None, " "], r"2 rows have no sensor id: rows 1, 2 .*; name them"),
        ([7, 7], "'7' stands in more than one row"),
    ],
)  # fmt: skip
def test_metadata_has_one_row_per_sensor(ids: list[Any], message: str) -> None:
    """Two rows for one sensor contradict each other sooner or later."""
    with pytest.raises(SchemaError, match=message):
        register(*({"id": sensor_id} for sensor_id in ids))


def test_ten_offenders_are_named_then_counted() -> None:
    """However long the file is."""
    rows = [{"id": f"s{number:02}"} for number in range(15)] * 2
    with pytest.raises(SchemaError, match=r"'s09' and 5 more .* and 20 more") as caught:
        register(*rows)
    assert "s10" not in str(caught.value)


def test_an_id_is_one_in_every_unicode_form() -> None:
    """Metadata and readings meet, whoever typed the accent."""
    forms = [unicodedata.normalize(form, "Pégase") for form in ("NFC", "NFD")]
    assert register({"id": forms[1]})["sensor_id"].to_list() == [forms[0]]
    with pytest.raises(
        SchemaError, match="some in two Unicode forms that look the same: rows 0, 1"
    ):
        register(*({"id": form} for form in forms))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shard": 0}, "column 'shard' has the name of a column that is made here"),
        ({"cohort": "mine"}, "column 'cohort'"),
        ({"rule_value": 1.0}, "column 'rule_value'"),
        ({"renamed_from": "b"}, "column 'renamed_from'"),
        ({"low": "abc"}, "lower_limit of sensor 'a' is no number, such as 'abc'; correct it"),
        ({"low": "nan"}, "lower_limit of sensor 'a' is no number, such as 'nan'"),
        ({"high": "-inf"}, "upper_limit of sensor 'a' is no number, such as '-inf'"),
        ({"low": "9"}, "lower limit of sensor 'a' is above its upper limit, such as 9 above 1;"),
        ({"was": "a"}, "following their former ids, 'a' were once themselves"),
    ],
)
def test_metadata_that_contradict_themselves_are_refused(
    change: dict[str, Any], message: str
) -> None:
    """A further column never replaces one of ours, and a limit is a number that makes sense."""
    with pytest.raises(SchemaError, match=message):
        register({"id": "a", **change})


def test_a_former_id_leads_to_one_sensor() -> None:
    """A chain of renamings is read, a fork and a circle are refused."""
    chain = register({"id": "c", "was": "b"}, {"id": "b", "was": "a"})
    assert chain["renamed_from"].to_list() == ["b", "a"]
    with pytest.raises(SchemaError, match="'a' is the former id of more than one sensor: 'b', 'c'"):
        register({"id": "b", "was": "a"}, {"id": "c", "was": "a"})
    with pytest.raises(SchemaError, match="former ids, 'a', 'b' were once themselves"):
        register({"id": "a", "was": "b"}, {"id": "b", "was": "a"})


@pytest.mark.parametrize(
    ("change", "note", "detail"),
    [
        ({"kind": None}, "no_kind", ""),
        ({"unit": None}, "no_unit", ""),
        ({"low": None}, "no_limit", "lower_limit"),
        ({"high": None}, "no_limit", "upper_limit"),
        ({"unit": "m3/h"}, "another_unit", "m3/h; most of kind flow have L/s"),
        ({"was": "z"}, "unknown_former_id", "z"),
    ],
)
def test_what_is_missing_or_odd_is_noted(
    change: dict[str, Any], note: str, detail: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The sensor takes part all the same; its owner can complete the metadata."""
    found = notes({"id": "a"}, {"id": "b"}, {"id": "odd", **change})
    assert [row for row in found if row[1] != "no_cohort"] == [("odd", note, detail)]
    assert f"metadata: {note} for 1 sensors: 'odd'" in caplog.text


def test_a_sensor_without_an_owner_is_noted() -> None:
    """In no metadata, or without a column that its cohort is made of."""
    found = notes({"id": "a"}, {"id": "b", "area": None}, heard={"a", "stranger"})
    assert found == [("b", "no_cohort", ""), ("stranger", "no_metadata", "")]


def test_metadata_that_are_complete_get_no_note(caplog: pytest.LogCaptureFixture) -> None:
    """Nor is a limit missed that no column is configured for."""
    assert notes({"id": "a"}, {"id": "b", "was": "a"}) == []
    known = register_sensors(raw({"id": "a"}).drop("low"), LIMITLESS)
    assert note_sensors(complete_fleet(known, set(), shards=8), LIMITLESS).is_empty()
    assert caplog.text == ""
