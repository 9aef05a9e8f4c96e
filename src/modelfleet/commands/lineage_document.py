"""What is known of where a model or a release comes from, as a document for programs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from modelfleet.commands.opening import Opened

__all__ = ["model_document", "release_document"]

Row = dict[str, Any]

SERVED = ("sensor_id", "cohort", "version", "serves")
MODEL_FACTS = ("recipe", "specification", "carried_hours", "excluded_hours")
PEOPLE = ("by", "machine", "python", "modelfleet", "mlflow_run", "not_as_locked")


def model_document(opened: "Opened", *, version: str | None, sensor_id: str | None) -> Row:
    """Where one model or baseline comes from.

    Args:
        opened: the releases.
        version: its beginning; ``None`` for what serves the sensor now.
        sensor_id: whose it is; ``None`` where the version is of one sensor alone.

    Raises:
        ReleaseError: there is none, or more than one.
    """
    from modelfleet.stores.lineage import find_version, run_lineage_of

    wanted = version or _served_now(opened, str(sensor_id))
    found = find_version(opened.store, wanted, sensor_id=sensor_id)
    rids = sorted(found, key=lambda each: opened.store.about(each)["made"])
    row = found[rids[0]]
    origin = row["release"] or rids[0]
    there = origin in opened.store.rids()
    run = (run_lineage_of(opened.store, origin) if there else None) or {}
    return {
        "schema": 1,
        **{name: row[name] for name in ("sensor_id", "kind", "version", "reason")},
        "readings": _readings(row),
        **{name: _text(row[name]) for name in ("trained_from", "trained_to", "rows")},
        "excluded": list(_excluded(row, run.get("exclusions", ()))),
        "made_by": _recipe(opened, rids[0], row),
        "configuration": row["configuration"],
        **_installed(opened, code=row["code"], lock=row["lock"]),
        "run": _run(row, run.get("run", {})),
        "release": origin,
        "releases": rids,
        "live": list(_live(opened, row, rids)),
    }


def release_document(opened: "Opened", rid: str) -> Row:
    """Where a release and all that it holds come from."""
    from modelfleet.commands.release_states import states_of
    from modelfleet.stores.lineage import lineage_of, run_lineage_of

    rows = lineage_of(opened.store, rid)
    run = run_lineage_of(opened.store, rid) or {}
    readings = dict(run.get("readings", {}))
    readings.pop("shards", None)
    state = states_of(opened).get(rid, {})
    return {
        "schema": 1,
        **opened.store.about(rid),
        "reason": rows["reason"].drop_nulls().first(),
        "environment": run.get("environment"),
        "readings": readings or None,
        "period": run.get("period"),
        "exclusions": [{**e, "sensors": _count(e["sensors"])} for e in run.get("exclusions", ())],
        "configuration": run.get("configuration"),
        **_installed(opened, code=run.get("code"), lock=run.get("lock")),
        "versions": run.get("versions"),
        "run": run.get("run"),
        "origins": _origins(rows),
        "oldest": _extreme(rows, last=False),
        "newest": _extreme(rows, last=True),
        "approved_by": list(state.get("approved_by", ())),
        "live": list(_entries(opened, rid)),
    }


def _served_now(opened: "Opened", sensor_id: str) -> str:
    """Version of what serves a sensor now."""
    from modelfleet.domain.errors import ReleaseError

    for cohort, rid in opened.live.items():
        row = _served(opened, rid, sensor_id)
        if row and row["cohort"] == cohort:
            if row["version"] is None:
                raise ReleaseError(
                    f"nothing serves {sensor_id!r} now; `modelfleet why --sensor {sensor_id}` says "
                    "why"
                )
            return str(row["version"])
    raise ReleaseError(
        f"nothing that is live knows {sensor_id!r}; `modelfleet history --sensor ID` shows which "
        "releases know a sensor"
    )


def _served(opened: "Opened", rid: str, sensor_id: str) -> Row | None:
    import polars as pl

    from modelfleet.stores.release_rows import checked_table

    rows = checked_table(opened.store, rid, "serves", SERVED)
    mine = rows.filter(pl.col("sensor_id") == sensor_id)
    return None if mine.is_empty() else mine.row(0, named=True)


def _readings(row: Row) -> Row:
    names = ("table_id", "table_version", "shard", "shard_digest")
    return {name: row[name] for name in names}


def _excluded(row: Row, events: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """Each period that was left out, and the events that it was left out for."""
    own = [e for e in events if e["sensors"] is None or row["sensor_id"] in e["sensors"]]
    for start, stop in row["excluded"] or ():
        mine = [
            {name: event[name] for name in ("event_id", "kind", "note")}
            for event in own
            if (event["first_step"], event["stop_step"]) == (_text(start), _text(stop))
        ]
        yield {"from": _text(start), "to": _text(stop), "events": mine}


def _recipe(opened: "Opened", rid: str, row: Row) -> Row:
    """The recipe with its parameters, or the name of the baseline."""
    import json

    import polars as pl

    from modelfleet.stores.release_rows import checked_table

    name, columns = (
        ("models", MODEL_FACTS) if row["kind"] == "model" else ("baselines", ("baseline",))
    )
    table = checked_table(opened.store, rid, name, ("sensor_id", *columns))
    found = (
        table.filter(pl.col("sensor_id") == row["sensor_id"]).drop("sensor_id").row(0, named=True)
    )
    text = found.pop("specification", None)
    return {**found, **({"specification": json.loads(text)} if text else {})}


def _installed(opened: "Opened", *, code: str | None, lock: str | None) -> Row:
    """Code and lock then, and whether they are those of now."""
    from modelfleet.fleet.code import code_digest

    now = {"code": code_digest(), "lock": opened.assets.load("run_info").get("lock")}
    then = {"code": code, "lock": lock}
    return {
        name: {
            "digest": digest,
            "installed": now[name],
            "same": None if None in {digest, now[name]} else digest == now[name],
        }
        for name, digest in then.items()
    }


def _run(row: Row, run: Mapping[str, Any]) -> Row:
    known = {name: run[name] for name in PEOPLE if name in run}
    names = ("run_id", "made_at", "environment")
    return {**{name: _text(row[name]) for name in names}, **known}


def _live(opened: "Opened", row: Row, rids: Sequence[str]) -> Iterator[Row]:
    """When a model began to serve its sensor, by which entry of the channel, approved by whom."""
    served = {rid: _served(opened, rid, row["sensor_id"]) for rid in rids}
    cohorts = {
        rid: s["cohort"] for rid, s in served.items() if s and s["version"] == row["version"]
    }
    before = False
    for entry in opened.entries:
        now = next(
            (rid for rid, cohort in cohorts.items() if entry.serves.get(cohort) == rid), None
        )
        if now and not before:
            yield _entry(opened, entry, now, [cohorts[now]])
        before = now is not None


def _entries(opened: "Opened", rid: str) -> Iterator[Row]:
    """When a release went live, for which cohorts."""
    before: Mapping[str, str] = {}
    for entry in opened.entries:
        newly = [c for c, each in entry.serves.items() if each == rid and before.get(c) != rid]
        before = entry.serves
        if newly:
            yield _entry(opened, entry, rid, sorted(newly))


def _entry(opened: "Opened", entry: Any, rid: str, cohorts: list[str]) -> Row:
    asked, approved = opened.people(entry)
    return {
        "environment": opened.environment,
        "position": entry.position,
        "at": entry.at.isoformat(),
        "cohorts": cohorts,
        "release": rid,
        "kind": entry.kind,
        "requested_by": asked,
        "approved_by": list(approved),
        "reason": entry.reason,
    }


def _origins(rows: "pl.DataFrame") -> list[Row]:
    """How many models and baselines come from which version of the readings and which run."""
    import polars as pl

    found = (
        rows.group_by("kind", "table_version", "run_id", "release")
        .agg(
            count=pl.len(), made_at=pl.col("made_at").first(), trained_to=pl.col("trained_to").max()
        )
        .sort("kind", "made_at", "release", descending=[True, True, False], nulls_last=True)
    )
    return [{n: _text(v) for n, v in each.items()} for each in found.iter_rows(named=True)]


def _extreme(rows: "pl.DataFrame", *, last: bool) -> Row | None:
    """The model that learned the longest ago, or the last."""
    import polars as pl

    models = rows.filter((pl.col("kind") == "model") & pl.col("trained_to").is_not_null())
    if models.is_empty():
        return None
    chosen = models.sort("trained_to", "sensor_id", descending=[last, False]).row(0, named=True)
    names = ("sensor_id", "version", "trained_to", "made_at", "table_version")
    return {name: _text(chosen[name]) for name in names}


def _count(sensors: Sequence[str] | None) -> int | None:
    return None if sensors is None else len(sensors)


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
