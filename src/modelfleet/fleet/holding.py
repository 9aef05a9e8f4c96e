"""Whether the whole fleet should wait for people, and why, in words."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.arrays import BoolArray
from modelfleet.domain.gates import Evidence
from modelfleet.domain.hold import HoldReason, LiveRelease, Proposal, Service, find_hold_reasons
from modelfleet.domain.parameters.evaluation import GateParameters, HoldParameters
from modelfleet.fleet.arrays import as_floats
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.champions import Champions
from modelfleet.fleet.scorecard import evidence_from

__all__ = ["find_holds", "hold_codes"]

SANITY = ("too_few_valid_hours_status", "biased_status", "too_few_weeks_status")
SERVICES = {
    "model": Service.MODEL,
    "champion": Service.MODEL,
    "baseline": Service.BASELINE,
    "none": Service.NONE,
}
LISTED = 100
"""Sensors that are named behind a reason; the count is always told."""


def find_holds(
    *,
    ledger: pl.DataFrame,
    candidates: pl.DataFrame,
    verdicts: pl.DataFrame,
    scorecard: pl.DataFrame,
    champions: Champions,
    axis: Axis,
    weeks: int,
    gate: GateParameters,
    hold: HoldParameters,
) -> list[dict[str, Any]]:
    """All reasons why people should look at what a run would release.

    Args:
        ledger: what would serve each sensor.
        candidates: their weekly losses.
        verdicts: the answers of the gate.
        scorecard: the skill of each candidate.
        champions: what is live.
        axis: of the run.
        weeks: judged weeks.
        gate: hours without which a week says nothing.
        hold: limits.

    Returns:
        one record per reason: ``code``, ``figure``, ``threshold``, ``place`` (the cohort or week,
        or ``None``), ``count`` and ``sensors`` behind it, ``sentence``.
    """
    serving = ledger.filter(pl.col("outcome") != "retired").sort("sensor_id")
    cohorts = serving["cohort"].unique().sort().to_list()
    proposal = _proposal(serving, candidates, verdicts, scorecard, cohorts=cohorts, weeks=weeks)
    live = None if champions.is_empty else _live(serving, champions, axis, weeks=weeks)
    found = find_hold_reasons(proposal, live, parameters=hold, min_hours=gate.min_hours)
    places = {"too_many_cohort_flips": cohorts} | dict.fromkeys(
        ("shock_in_gain", "shock_in_loss"), _week_names(axis, weeks)
    )
    ids = serving["sensor_id"].to_list()
    return [_record(reason, ids, places.get(reason.code, ())) for reason in found]


def hold_codes(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The codes of the records that :func:`find_holds` returns, each once, sorted."""
    return sorted({record["code"] for record in records})


def _proposal(
    serving: pl.DataFrame,
    candidates: pl.DataFrame,
    verdicts: pl.DataFrame,
    scorecard: pl.DataFrame,
    *,
    cohorts: Sequence[str],
    weeks: int,
) -> Proposal:
    fleet = serving.select("sensor_id")
    judged = _beside(fleet, verdicts)
    accepted = _flags(judged["decision"] == "accept")
    evidence = _evidence(fleet, candidates, weeks=weeks)
    on_model = _flags(judged["champion_version"].is_not_null())
    return Proposal(
        service=_services(serving["serves"]),
        replaced=accepted & on_model,
        cohort=np.array([cohorts.index(each) for each in serving["cohort"]], dtype=np.int64),
        judged=_flags(judged["decision"].is_not_null()),
        sane=_sane(judged),
        finite=np.where(accepted, np.isfinite(evidence.mae), np.ones_like(accepted)),
        skill=as_floats(_beside(fleet, scorecard)["skill"]),
        improvement=as_floats(judged["worse_than_champion_figure"]),
        evidence=evidence,
    )


def _live(serving: pl.DataFrame, champions: Champions, axis: Axis, *, weeks: int) -> LiveRelease:
    fleet = serving.select("sensor_id")
    judged = _beside(fleet, champions.verdicts)
    end = champions.end
    stops = [axis.time(axis.stop - 1 - back * axis.grid.per_week) for back in range(weeks)][::-1]
    return LiveRelease(
        service=_services(_beside(fleet, champions.serves)["serves"].fill_null("none")),
        judged=_flags(judged["decision"].is_not_null()),
        sane=_sane(judged),
        skill=as_floats(_beside(fleet, champions.scorecard)["skill"]),
        recent=np.array([end is None or stop > end for stop in stops], dtype=np.bool_),
    )


def _beside(fleet: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table in the order of the fleet, null where it has none."""
    return fleet.join(table, on="sensor_id", how="left", maintain_order="left")


def _services(serves: pl.Series) -> Any:
    return np.array([SERVICES[each] for each in serves.to_list()], dtype=np.int8)


def _sane(judged: pl.DataFrame) -> BoolArray:
    sane: BoolArray = np.logical_and.reduce([_flags(judged[name] == "pass") for name in SANITY])
    return sane


def _flags(column: pl.Series) -> BoolArray:
    return np.asarray(column.fill_null(value=False).to_numpy(), dtype=np.bool_)


def _evidence(fleet: pl.DataFrame, candidates: pl.DataFrame, *, weeks: int) -> Evidence:
    """Of all sensors, NaN where nothing was trained."""
    nothing = [float("nan")] * weeks
    lists = ("loss", "baseline_loss", "hours")
    trained = candidates.filter(pl.col("outcome") == "trained")
    table = _beside(fleet, trained).with_columns(
        pl.col(name).fill_null(pl.lit(nothing, dtype=pl.List(pl.Float64))) for name in lists
    )
    return evidence_from(table, weeks)


def _week_names(axis: Axis, weeks: int) -> list[str]:
    """The first day of each judged week."""
    first = [axis.time(axis.stop - back * axis.grid.per_week) for back in range(weeks, 0, -1)]
    return [f"{day:%Y-%m-%d} to {day + timedelta(days=7):%Y-%m-%d}" for day in first]


def _record(reason: HoldReason, ids: Sequence[str], places: Sequence[str]) -> dict[str, Any]:
    place = None if reason.place is None or not places else places[reason.place]
    sensors = [ids[i] for i in reason.sensors.tolist()]
    record = {
        "code": reason.code,
        "figure": _number(reason.figure),
        "threshold": _number(reason.threshold),
        "place": place,
        "count": len(sensors),
        "sensors": sensors[:LISTED],
    }
    return {**record, "sentence": _sentence(record)}


def _number(value: float) -> float | None:
    """JSON knows no NaN."""
    return float(value) if np.isfinite(value) else None


SENTENCES: Mapping[str, str] = {
    "not_finite": "{count} models that would serve do not forecast finite numbers",
    "too_many_demotions": "{figure:.0f} sensors lose their model, more than {threshold:.0f}",
    "too_many_flips": "{figure:.0f} sensors change between model and baseline, more than "
    "{threshold:.0f}",
    "too_many_cohort_flips": "in cohort {place} {figure:.0f} sensors change between model and "
    "baseline, more than {threshold:.0f}",
    "too_many_insane": "{figure:.0f} candidates are not sane, more than {threshold:.0f}",
    "skill_fell": "the median skill falls by {figure:.3f}, more than {threshold:.3f}",
    "no_skill": "the median skill of the models that would serve is {figure:.3f}, not above 0",
    "replacements_worse": "the median replacement improves on its champion by {figure:.3f}, less "
    "than {threshold:.3f}",
    "shock_in_gain": "in the week {place} the fleet's gain over the baselines lies {figure:.1f} "
    "usual deviations off, more than {threshold:.1f}",
    "shock_in_loss": "in the week {place} the fleet's error lies {figure:.1f} usual deviations "
    "off, more than {threshold:.1f}",
}


def _sentence(record: Mapping[str, Any]) -> str:
    known = {k: float("nan") if v is None else v for k, v in record.items() if k != "place"}
    return SENTENCES[record["code"]].format(**known, place=record["place"])
