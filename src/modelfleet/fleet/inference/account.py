"""Counts what stands in the table of predictions, and asserts that no sensor disappeared."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from modelfleet.domain.errors import PredictionError, listing
from modelfleet.fleet.inference.live import Service
from modelfleet.fleet.inference.plan import InferencePlan
from modelfleet.fleet.inference.schema import BY_MODEL, PREDICTION_SOURCES
from modelfleet.fleet.isolation import Failure
from modelfleet.fleet.retirement import RETIRED

__all__ = ["account_for", "check_shares"]


def account_for(rows: pl.DataFrame, plan: InferencePlan) -> list[dict[str, Any]]:
    """The account of each origin that was asked for.

    Args:
        rows: what the table holds of these origins.
        plan: of the run.

    Returns:
        per origin ``origin``, ``state`` (``appended`` or ``kept`` from an earlier run),
        ``sensors``, ``rows``, ``sources`` and ``reasons`` (sensors by each, a sensor by its worst
        step), ``steps`` (rows by source), ``releases`` (sensors by release), ``in_sample``
        (sensors whose model has learned from the origin or later, so that nobody must judge it
        here), ``share_on_backup`` and ``share_fallen_back``.

    Raises:
        PredictionError: a sensor has not its rows, or counts do not add up.
    """
    promised = _promised(plan)
    by_origin = {origin: part for (origin,), part in rows.group_by("origin")}
    missing = [f"{origin:%Y-%m-%d %H:%M}" for origin in plan.origins if origin not in by_origin]
    if missing:
        raise PredictionError(f"the table of predictions has no origin {listing(missing)}")
    return [_account(by_origin[origin], origin, plan, promised) for origin in plan.origins]


def check_shares(
    accounts: list[Mapping[str, Any]], *, max_backup: float, max_fallback: float
) -> None:
    """Refuse more backups than people allow, once all is written.

    Raises:
        PredictionError: names the worst origin, its share and the limit.
    """
    limits = {
        "share_on_backup": (max_backup, "of the forecasts are no model's", "max_backup_share"),
        "share_fallen_back": (
            max_fallback,
            "of the forecasts of sensors on a model are no model's",
            "max_fallback_share",
        ),
    }
    for figure, (limit, words, name) in limits.items():
        worst = max(accounts, key=lambda account: account[figure])
        if worst[figure] > limit:
            raise PredictionError(
                f"{100 * worst[figure]:.1f} % {words} at origin {worst['origin']}, more than "
                f"{100 * limit:.1f} %: {_counted(worst['reasons'])}; everything is written; look "
                f"at the reasons, or raise inference.{name}"
            )


def _account(
    rows: pl.DataFrame, origin: datetime, plan: InferencePlan, promised: pl.Series
) -> dict[str, Any]:
    kept = origin in plan.kept
    if not kept:
        _check_complete(rows, plan, origin)
    sensors = _by_sensor(rows)
    sources = dict(sensors["source"].value_counts().iter_rows())
    steps = dict(rows["source"].value_counts().iter_rows())
    reasons = sensors.drop_nulls("reason")["reason"].value_counts(sort=True)
    account = {
        "origin": origin.isoformat(),
        "state": "kept" if kept else "appended",
        "sensors": sensors.height,
        "rows": rows.height,
        "sources": {name: sources.get(name, 0) for name in PREDICTION_SOURCES},
        "reasons": dict(reasons.sort("count", "reason", descending=[True, False]).iter_rows()),
        "steps": {name: steps.get(name, 0) for name in PREDICTION_SOURCES},
        "releases": _releases(sensors),
        "in_sample": rows.filter(
            pl.col("source").is_in(BY_MODEL) & (pl.col("trained_to") >= origin)
        )["sensor_id"].n_unique(),
        "share_on_backup": _share(rows.filter(pl.col("reason").ne_missing(RETIRED))),
        "share_fallen_back": _share(rows.filter(pl.col("sensor_id").is_in(promised.implode()))),
    }
    _check_sums(account)
    return account


def _by_sensor(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per sensor: its worst source, and why. A sensor counts once, by its worst step."""
    rank = pl.col("source").replace_strict(
        {name: rank for rank, name in enumerate(PREDICTION_SOURCES)},
        default=len(PREDICTION_SOURCES),
        return_dtype=pl.Int8,
    )
    worst = rows.with_columns(rank=rank).sort("rank", "timestamp", descending=[True, False])
    return worst.unique("sensor_id", keep="first", maintain_order=True).sort("sensor_id")


def _releases(sensors: pl.DataFrame) -> dict[str, int]:
    counts = sensors.drop_nulls("release")["release"].value_counts()
    return dict(sorted(counts.iter_rows()))


def _share(rows: pl.DataFrame) -> float:
    """Share of rows that no model made; 0 of none."""
    lost = rows.filter(~pl.col("source").is_in(BY_MODEL)).height
    return lost / rows.height if rows.height else 0.0


def _promised(plan: InferencePlan) -> pl.Series:
    """Sensors that a model should serve; of those whose release is unknown or failed, all."""
    parts = [_on_model(service, plan) for service in plan.services]
    return pl.concat(parts) if parts else pl.Series([], dtype=pl.String)


def _on_model(service: Service, plan: InferencePlan) -> pl.Series:
    own = pl.Series("sensor_id", service.sensors, dtype=pl.String)
    maker = plan.forecasters[service.rid] if service.rid else None
    if maker is None or isinstance(maker, Failure):
        return own
    models = maker.content.models.filter(pl.col("version").is_not_null())["sensor_id"]
    return own.filter(own.is_in(models.implode()))


def _check_complete(rows: pl.DataFrame, plan: InferencePlan, origin: datetime) -> None:
    """Every known sensor has its rows, as many as each other of its release."""
    known = {sensor for service in plan.services for sensor in service.sensors}
    counts = rows.group_by("sensor_id").agg(pl.len().alias("rows"), pl.col("release").first())
    usual = counts.group_by("release").agg(pl.col("rows").max().alias("usual"))
    uneven = counts.join(usual, on="release", nulls_equal=True).filter(
        pl.col("rows") != pl.col("usual")
    )
    found = set(counts["sensor_id"])
    problems = {
        "missing": sorted(known - found),
        "unknown": sorted(found - known),
        "with too few steps": sorted(uneven["sensor_id"]),
        "more than once": sorted(
            rows.filter(rows.select("sensor_id", "timestamp").is_duplicated())["sensor_id"].unique()
        ),
    }
    told = [f"{what}: {listing(names)}" for what, names in problems.items() if names]
    if told:
        raise PredictionError(
            f"the predictions of {origin:%Y-%m-%d %H:%M} UTC must hold every one of {len(known)} "
            f"sensors; {'; '.join(told)}"
        )


def _check_sums(account: Mapping[str, Any]) -> None:
    for name, total in (("sources", "sensors"), ("steps", "rows")):
        if sum(account[name].values()) != account[total]:
            raise PredictionError(
                f"origin {account['origin']}: {name} {dict(account[name])} do not add up to "
                f"{account[total]} {total}; report it as a bug of the inference stage"
            )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} sensors {name}" for name, count in counts.items()) or "no reason"
