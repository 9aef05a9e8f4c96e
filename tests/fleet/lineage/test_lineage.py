"""What is written down about each model of a release."""

import io
import json
import time
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from modelfleet.domain.lineage import canonical_json
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.lineage import (
    LINEAGE_SCHEMA,
    excluding_events,
    learned_from,
    lineage_rows,
    unknown_lineage,
)
from modelfleet.fleet.lineage.attaching import with_lineage
from modelfleet.fleet.provenance import COVARIATES, LINEAGE, PROVENANCE, RUN_LINEAGE, attachments
from modelfleet.fleet.release_content import ReleaseDraft, table_bytes
from modelfleet.fleet.roster import Member, Roster
from tests.fleet.engine.tasks import FrameSource

START = datetime(2026, 1, 5, tzinfo=UTC)
AXIS = Axis(60, "UTC", 0, 24)
FACTS = {
    "run_id": "run-2",
    "made_at": "2026-02-01T12:00:00+00:00",
    "configuration": "c1",
    "code": "k1",
    "lock": None,
    "environment": "local",
    "release": "r2",
}
SHARDS = pl.DataFrame({"sensor_id": ["a", "b", "c"], "shard": [0, 1, 1]})


def sources(version: int, *, excluded: dict[str, list[list[int]]] | None = None) -> dict:
    """What a stage learned from."""
    return {
        "table_id": "t",
        "version": version,
        "shards": {"0": "d0", "1": "d1"},
        "axis": AXIS.as_dict(),
        "excluded": excluded or {},
    }


def models(*names: str, of: str) -> pl.DataFrame:
    """Rows of a release's table of models."""
    return pl.DataFrame(
        {"sensor_id": names, "version": [f"{name}-{of}" for name in names]}
    ).with_columns(trained_from=START, trained_to=START + timedelta(hours=5), rows=6)


def rows_of(lineage: pl.DataFrame, sensor_id: str) -> dict[str, dict]:
    """Kind to row, of one sensor."""
    mine = lineage.filter(pl.col("sensor_id") == sensor_id).to_dicts()
    return {row["kind"]: row for row in mine}


def second_run(before: pl.DataFrame) -> pl.DataFrame:
    """Of three sensors one got a model, one keeps the one it had, one is on its backup."""
    return lineage_rows(
        pl.concat([models("a", of="2"), models("b", of="1")]),
        models("a", "b", "c", of="base").rename({"rows": "readings"}),
        pl.DataFrame({"sensor_id": ["a", "b", "c"], "serves": ["model", "champion", "baseline"]}),
        SHARDS,
        training=sources(7, excluded={"a": [[2, 4]]}),
        backups=sources(8),
        facts=FACTS,
        before=before,
    )


def test_a_model_that_stays_keeps_the_row_of_the_run_that_made_it() -> None:
    """It names the version of the table that it was truly trained on, and the release of then."""
    first = second_run(pl.DataFrame(schema=LINEAGE_SCHEMA)).with_columns(
        version=pl.col("version").str.replace("-2", "-1"),
        table_version=pl.lit(3, dtype=pl.Int64),
        release=pl.lit("r1"),
    )
    before = pl.concat(
        [first, first.filter(pl.col("kind") == "model").with_columns(sensor_id=pl.lit("b"))]
    ).with_columns(version=pl.col("sensor_id") + "-1")
    lineage = second_run(before)
    assert lineage.schema == LINEAGE_SCHEMA
    kept = rows_of(lineage, "b")["model"]
    assert (kept["version"], kept["table_version"], kept["release"]) == ("b-1", 3, "r1")
    assert kept in before.to_dicts()
    assert rows_of(lineage, "b")["baseline"]["table_version"] == 8


def test_a_model_of_the_run_names_readings_period_and_exclusions() -> None:
    """Also the digest of its shard, and what was left out, as times."""
    made = rows_of(second_run(pl.DataFrame(schema=LINEAGE_SCHEMA)), "a")["model"]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert made["excluded"] == [[epoch + timedelta(hours=2), epoch + timedelta(hours=4)]]
    assert made["made_at"] == datetime(2026, 2, 1, 12, tzinfo=UTC)
    facts = ("table_id", "table_version", "shard", "shard_digest", "rows", "lock", "reason")
    assert [made[name] for name in facts] == ["t", 7, 0, "d0", 6, None, None]
    backup = rows_of(second_run(pl.DataFrame(schema=LINEAGE_SCHEMA)), "c")["baseline"]
    assert (backup["excluded"], backup["shard_digest"], backup["rows"]) == ([], "d1", 6)


def test_what_was_made_before_lineage_is_not_guessed() -> None:
    """The row says what the release says itself; the rest is null, with a reason."""
    old = unknown_lineage(
        models("a", of="1"), models("a", of="base").rename({"rows": "readings"}), rid="0f" * 32
    )
    assert old.schema == LINEAGE_SCHEMA
    for row in old.to_dicts():
        assert row["table_version"] is row["table_id"] is row["excluded"] is row["release"] is None
        assert row["reason"] == "release 0f0f0f0f0f0f was made before lineage was recorded"
        assert row["rows"] == 6
    carried = rows_of(
        second_run(old.with_columns(sensor_id=pl.lit("b"), version=pl.lit("b-1"))), "b"
    )
    assert carried["model"]["table_version"] is None
    assert "before lineage" in carried["model"]["reason"]


def test_a_stage_writes_down_what_it_read_by() -> None:
    """Table, version and digests are those of the handle that its workers read by."""
    source = FrameSource({0: pl.DataFrame(), 1: pl.DataFrame()})
    roster = Roster({0: (Member("a", "r", ((2, 4), (9, 12))),), 1: (Member("b", "r"),)})
    found = json.loads(json.dumps(learned_from(roster, AXIS, source)))
    assert found["shards"] == {str(k): v for k, v in source.shards().items()}
    assert {k: found[k] for k in source.identity()} == dict(source.identity())
    assert found["excluded"] == {"a": [[2, 4], [9, 12]]}
    assert Axis(**found["axis"]) == AXIS


def test_events_that_were_left_out_name_whom_they_concern() -> None:
    """By each column of the scope that they fill; one that fills none concerns all."""
    columns = ["event_id", "kind", "start", "end", "note", "district", "pipe"]
    at = datetime(1970, 1, 1, 1, 30, tzinfo=UTC)
    rows = [
        ("e1", "burst", at, at + timedelta(hours=2), "p1", "A", None),
        ("e2", "strike", at, at + timedelta(hours=2), None, None, None),
        ("e3", "burst", at, at + timedelta(hours=1), None, "A", "7"),
        ("e4", "burst", at, at + timedelta(hours=1), None, "Z", None),
        ("e5", "festival", at, at + timedelta(hours=1), None, None, None),
    ]
    sensors = pl.DataFrame(
        {"sensor_id": ["b", "a", "c"], "district": ["A", "A", "B"], "pipe": [7, 8, 7]}
    )
    found = excluding_events(
        pl.DataFrame(rows, schema=columns, orient="row"),
        sensors,
        AXIS,
        kinds=("burst", "strike"),
        scope=("district", "pipe"),
    )
    assert {e["event_id"]: e["sensors"] for e in found} == {
        "e1": ["a", "b"], "e2": None, "e3": ["b"], "e4": [],
    }  # fmt: skip
    assert (found[0]["first_step"], found[0]["stop_step"], found[0]["note"]) == (
        "1970-01-01T01:00:00+00:00", "1970-01-01T04:00:00+00:00", "p1",
    )  # fmt: skip


def test_no_kind_that_is_left_out_and_no_scope() -> None:
    """Nothing is told where nothing is left out."""
    events = pl.DataFrame(
        schema={
            **dict.fromkeys(("event_id", "kind", "note"), pl.String),
            "start": pl.Datetime,
            "end": pl.Datetime,
        }
    )
    assert excluding_events(events, SHARDS, AXIS, kinds=("burst",), scope=()) == []


def draft(count: int, *, covariates: list[str]) -> ReleaseDraft:
    """A release of so many sensors, half of which a model serves."""
    names = [f"S{number:05}" for number in range(count)]
    on_model = pl.DataFrame({"sensor_id": names, "serves": ["model", "baseline"] * (count // 2)})
    configuration = {"training": {"recipes": {"r": {"features": {"covariates": covariates}}}}}
    contents = {
        "models.parquet": table_bytes(models(*names[::2], of="1")),
        "baselines.parquet": table_bytes(models(*names, of="b").rename({"rows": "readings"})),
        "serves.parquet": table_bytes(on_model),
        "configuration.json": canonical_json(configuration).encode(),
    }
    manifest = Manifest.of(contents, code="c" * 64, versions={"numpy": "2"}, readings="r" * 64)
    return ReleaseDraft(contents, manifest, attachments({"run_id": "x"}, {"report.html": b"<p>"}))


def attached(
    made: ReleaseDraft, *, excluded: dict[str, list[list[int]]] | None = None
) -> ReleaseDraft:
    """The same with its lineage."""
    ids = pl.read_parquet(io.BytesIO(made.contents["serves.parquet"]))["sensor_id"].to_list()
    shards = pl.DataFrame({"sensor_id": ids, "shard": [number % 64 for number in range(len(ids))]})
    stage = {**sources(7, excluded=excluded), "shards": {str(k): f"{k:060}" for k in range(64)}}
    run = {"run_id": "x", "started_at": "2026-02-01T12:00:00+00:00", "environment": "local"}
    covariates = pl.DataFrame({"timestamp": [START], "t": [1.0]})
    return with_lineage(
        made, shards=shards, training=stage, backups=stage, run=run, events=[],
        before=pl.DataFrame(schema=LINEAGE_SCHEMA), covariates=covariates,
    )[0]  # fmt: skip


def test_lineage_lies_beside_a_release_and_does_not_name_it() -> None:
    """It is named in PROVENANCE.json with its digest; what lay there stays."""
    bare = draft(2, covariates=[])
    made = attached(bare)
    assert made.rid == bare.rid
    named = {entry["path"] for entry in json.loads(made.attachments[PROVENANCE])["files"]}
    assert named == {LINEAGE, RUN_LINEAGE, "report.html"} == made.attachments.keys() - {PROVENANCE}
    assert json.loads(made.attachments[PROVENANCE])["run_id"] == "x"
    rows = pl.read_parquet(io.BytesIO(made.attachments[LINEAGE]))
    assert rows["release"].unique().to_list() == [made.rid]
    document = json.loads(made.attachments[RUN_LINEAGE])
    assert document["models"] == {"made": 1, "carried_over": 0, "baselines": 2}
    assert document["readings"]["version"] == 7


@pytest.mark.parametrize("seen", [[], ["t"]])
def test_companions_are_kept_where_a_recipe_sees_any(seen: list[str]) -> None:
    """A weather that is corrected later would train another model."""
    assert (COVARIATES in attached(draft(2, covariates=seen)).attachments) == bool(seen)


def test_the_lineage_of_a_large_fleet_takes_no_time() -> None:
    """0.3 s at 5,000 sensors are allowed, of processor time; it takes about a tenth of that."""
    made = draft(5000, covariates=[])
    excluded = {f"S{number:05}": [[1, 3], [5, 9]] for number in range(0, 5000, 10)}
    started = time.process_time()
    found = attached(made, excluded=excluded)
    assert time.process_time() - started < 0.3
    assert len(found.attachments[LINEAGE]) < 2_000_000
