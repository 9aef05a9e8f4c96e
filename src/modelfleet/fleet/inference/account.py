"""Counts what stands in the table of predictions, and asserts that no sensor disappeared."""

from collections.abc import Mapping, Sequence
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


def account_for(predictions: pl.LazyFrame, plan: InferencePlan) -> list[dict[str, Any]]:
    """The account of each origin that was asked for, looked at one after the other.

    Args:
        predictions: the table.
        plan: of the run.

    Returns:
        per origin ``origin``, ``state`` (``appended`` or ``kept`` from an earlier run),
        ``sensors``, ``rows``, ``sources`` and ``reasons`` (sensors by what made most of their
        steps, and why no model did), ``partly`` (sensors of which a model made most steps, by the
        reason of the others), ``steps`` (rows by source), ``releases`` (sensors by release),
        ``in_sample`` (sensors whose model has learned from the origin or later, so that nobody must
        judge it here), ``share_on_backup`` and ``share_fallen_back``.

    Raises:
        PredictionError: a sensor has not its rows, or counts do not add up.
    """
    promised = _promised(plan)
    return [_account(predictions, origin, plan, promised) for origin in plan.origins]


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
    predictions: pl.LazyFrame, origin: datetime, plan: InferencePlan, promised: pl.Series
) -> dict[str, Any]:
    rows = predictions.filter(pl.col("origin") == origin).select(COUNTED).collect()
    kept = origin in plan.kept
    _check_rows(rows, origin, None if kept else plan)
    sensors = _by_sensor(rows)
    mostly, partly = sensors.filter("model"), sensors.filter(~pl.col("model"))
    account = {
        "origin": origin.isoformat(),
        "state": "kept" if kept else "appended",
        "sensors": sensors.height,
        "rows": rows.height,
        "sources": _counts(sensors["source"], PREDICTION_SOURCES),
        "reasons": _counts(partly["reason"]),
        "partly": _counts(mostly["reason"]),
        "steps": _counts(rows["source"], PREDICTION_SOURCES),
        "releases": dict(sorted(_counts(sensors["release"]).items())),
        "in_sample": rows.filter(
            pl.col("source").is_in(BY_MODEL) & (pl.col("trained_to") >= origin)
        )["sensor_id"].n_unique(),
        "share_on_backup": _share(rows.filter(pl.col("reason").ne_missing(RETIRED))),
        "share_fallen_back": _share(rows.filter(pl.col("sensor_id").is_in(promised.implode()))),
    }
    _check_sums(account)
    return account


COUNTED = ["sensor_id", "timestamp", "source", "reason", "release", "trained_to"]


def _by_sensor(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per sensor: what made most of its steps, and why no model made the others.

    Of two that made as many the worse one counts.
    """
    rank = {name: rank for rank, name in enumerate(PREDICTION_SOURCES)}
    by_source = (
        rows.group_by("sensor_id", "source")
        .agg(pl.len().alias("steps"), pl.col("reason").drop_nulls().mode().sort().first())
        .with_columns(
            rank=pl.col("source").replace_strict(rank, default=len(rank), return_dtype=pl.Int8)
        )
        .sort("steps", "rank", descending=True)
    )
    others = ~pl.col("source").is_in(BY_MODEL)
    return (
        by_source.group_by("sensor_id", maintain_order=True)
        .agg(pl.col("source").first(), pl.col("reason").filter(others).first())
        .with_columns(model=pl.col("source").is_in(BY_MODEL))
        .join(rows.group_by("sensor_id").agg(pl.col("release").first()), on="sensor_id")
    )


def _counts(values: pl.Series, names: Sequence[str] = ()) -> dict[str, int]:
    """How often each stands there: these names, zeros included, then others, the most first."""
    found = values.drop_nulls().value_counts()
    ranked = found.sort("count", values.name, descending=[True, False])
    return dict.fromkeys(names, 0) | dict(ranked.iter_rows())


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


def _check_rows(rows: pl.DataFrame, origin: datetime, plan: InferencePlan | None) -> None:
    """Every known sensor has its rows, as many as each other of its release.

    Args:
        rows: of the origin.
        origin: their first step.
        plan: says who is known; ``None`` where the rows are of an earlier run.
    """
    counts = rows.group_by("sensor_id").agg(
        pl.len().alias("rows"), pl.col("timestamp").n_unique().alias("times"), release=RELEASE
    )
    usual = counts.group_by("release").agg(pl.col("times").max().alias("usual"))
    counted = counts.join(usual, on="release", nulls_equal=True)
    found = set(counts["sensor_id"])
    known = found if plan is None else {name for each in plan.services for name in each.sensors}

    def those(wrong: pl.Expr) -> list[str]:
        return sorted(counted.filter(wrong)["sensor_id"])

    problems = {
        "missing": sorted(known - found),
        "unknown": sorted(found - known),
        "with too few steps": those(pl.col("times") < pl.col("usual")),
        "more than once": those(pl.col("rows") > pl.col("times")),
    }
    told = [f"{what}: {listing(names)}" for what, names in problems.items() if names]
    if told or rows.is_empty():
        raise PredictionError(
            f"the predictions of {origin:%Y-%m-%d %H:%M} UTC must hold every one of {len(known)} "
            f"sensors; {'; '.join(told) or 'there are none'}"
        )


RELEASE = pl.col("release").first()


def _check_sums(account: Mapping[str, Any]) -> None:
    for name, total in (("sources", "sensors"), ("steps", "rows")):
        counted = sum(account[name][source] for source in PREDICTION_SOURCES)
        if counted != account[total]:
            raise PredictionError(
                f"origin {account['origin']}: {name} {dict(account[name])} do not add up to "
                f"{account[total]} {total}; report it as a bug of the inference stage"
            )


def _counted(counts: Mapping[str, int]) -> str:
    """In words; a reason that is none of a whole sensor is in the rows."""
    told = ", ".join(
        f"{count} {'sensor' if count == 1 else 'sensors'} {name}" for name, count in counts.items()
    )
    return told or "single steps of sensors"
