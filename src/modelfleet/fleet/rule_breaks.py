"""How often each rule would strike, cohort by cohort: what a release with these rules would do.

Limits and largest changes concern one sensor and were counted where it was trained, over all judged
weeks. Whether a cohort adds up can only be told of all its sensors together: this is replayed here
on the traces, the last two judged weeks, as the fleet would be served by the verdicts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.domain.rules import CohortSum, Rules, apply_rules
from modelfleet.fleet.arrays import as_floats
from modelfleet.fleet.retirement import RETIRED
from modelfleet.fleet.sensor_rules import SensorRules, rules_by_sensor, rules_of_fleet
from modelfleet.fleet.served_figures import replaced_rows

__all__ = ["RULE_BREAKS_SCHEMA", "count_rule_breaks", "sums_in_service"]

RULE_BREAKS_SCHEMA = pl.Schema(
    {
        "rule": pl.String(),
        "kind": pl.String(),
        "cohort": pl.String(),
        "rows": pl.Int64(),
        "replaced": pl.Int64(),
        "share": pl.Float64(),
    }
)
"""One row per rule and cohort. ``kind`` is ``limits``, ``rate_of_change`` or ``cohort_sum``.
``rows`` are forecasts of models that the rule could judge, ``replaced`` those that it gave to the
backup, ``share`` the one over the other, null where there were none. Of a sum only steps count at
which every sensor of the cohort is served."""

LIMITS, CHANGES, SUMS = "limits", "rate_of_change", "cohort_sum"


def count_rule_breaks(
    *,
    sensors: pl.DataFrame,
    admissions: pl.DataFrame,
    candidates: pl.LazyFrame,
    baselines: pl.LazyFrame,
    verdicts: pl.DataFrame,
    parameters: RuleParameters,
) -> pl.DataFrame:
    """Count the rows that each rule replaces in each cohort.

    Args:
        sensors: ``sensor_id``, ``cohort``, ``kind`` and the metadata that bounds may name: the
            fleet.
        admissions: ``reasons``; who is retired is no part of a sum.
        candidates: trained ones have been counted; traces are read of those in sums only.
        baselines: ``trace`` of every sensor: what its backup said of the steps of the traces.
        verdicts: ``decision``; whom the baseline serves counts with it. Where a champion is kept,
            the candidate's forecast stands for its own.
        parameters: the rules.

    Returns:
        the columns of :data:`RULE_BREAKS_SCHEMA`, in the order of the rules, cohorts sorted.

    Raises:
        ConfigurationError: a rule names a metadata column, or a sensor to measure sums by, that
            there is not.
    """
    known = sensors.sort("sensor_id")
    rules = rules_of_fleet(known, parameters)
    own = _count_own(known, candidates, rules_by_sensor(known, parameters))
    names = [*(rule.name for rule in rules.limits), *(rule.name for rule in rules.changes)]
    order = pl.col("rule").replace_strict({name: k for k, name in enumerate(names)}, default=None)
    retired = admissions.filter(pl.col("reasons").list.contains(RETIRED))["sensor_id"]
    serving = ~known["sensor_id"].is_in(retired.implode()).to_numpy()
    sums = _count_sums(known, candidates, baselines, verdicts, sums_in_service(rules.sums, serving))
    return pl.concat([own.sort(order, "cohort"), sums]).match_to_schema(RULE_BREAKS_SCHEMA)


def _count_own(
    sensors: pl.DataFrame, candidates: pl.LazyFrame, bound: Mapping[str, SensorRules]
) -> pl.DataFrame:
    """Of limits and largest changes, from the counts of the backtest."""
    columns = ("sensor_id", "forecast_rows", "rules_broken", "rows_replaced")
    trained = candidates.filter(pl.col("outcome") == "trained").select(columns).collect()
    counted = (
        _who_keeps_what(bound)
        .join(sensors.select("sensor_id", "cohort"), on="sensor_id")
        .join(trained.select("sensor_id", rows="forecast_rows"), on="sensor_id", how="left")
        .join(replaced_rows(trained), on=["sensor_id", "rule"], how="left")
    )
    return _with_share(
        counted.group_by("rule", "kind", "cohort").agg(pl.col("rows", "replaced").sum())
    )


def _who_keeps_what(bound: Mapping[str, SensorRules]) -> pl.DataFrame:
    """One row per sensor and rule that binds it."""
    rows = [
        (sensor_id, name, kind)
        for sensor_id, rules in bound.items()
        for kind, names in (
            (LIMITS, [name for name, _, _ in rules.limits]),
            (CHANGES, [name for name, _ in rules.changes]),
        )
        for name in names
    ]
    schema = {"sensor_id": pl.String(), "rule": pl.String(), "kind": pl.String()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _count_sums(
    sensors: pl.DataFrame,
    candidates: pl.LazyFrame,
    baselines: pl.LazyFrame,
    verdicts: pl.DataFrame,
    sums: Sequence[CohortSum],
) -> pl.DataFrame:
    """Of sums over cohorts: replayed on the traces, all sums together."""
    concerned = _in_sums(sums, sensors.height)
    if not concerned.any():
        return RULE_BREAKS_SCHEMA.to_frame()
    chosen = sensors.filter(pl.Series(concerned))
    few = tuple(_among(rule, concerned) for rule in sums)
    model, backup = _traces(chosen["sensor_id"], candidates, baselines, verdicts)
    before = apply_rules(model, backup, Rules()).values
    served = apply_rules(model, backup, Rules(sums=few))
    cohorts = chosen["cohort"].to_list()
    rows = []
    for rule in few:
        members = rule.members
        judged = np.isfinite(model[members]) & _can_be_judged(before, rule)
        replaced = served.code[members] == served.names.index(rule.name)
        cohort = cohorts[int(np.argmax(members))]
        rows.append((rule.name, SUMS, cohort, int(judged.sum()), int(replaced.sum())))
    schema = dict(list(RULE_BREAKS_SCHEMA.items())[:-1])
    return _with_share(pl.DataFrame(rows, schema=schema, orient="row"))


def sums_in_service(sums: Sequence[CohortSum], serving: BoolArray) -> tuple[CohortSum, ...]:
    """Sums over sensors in service; cohorts that have none have no sum."""
    left = (replace(each, members=each.members & serving) for each in sums)
    return tuple(each for each in left if each.members.any())


def _can_be_judged(served: FloatArray, rule: CohortSum) -> BoolArray:
    """Steps at which every part of a sum is there, and what it is measured by; shape (steps,)."""
    known = np.isfinite(served[rule.members]).all(axis=0)
    if rule.share_of is not None:
        known &= served[rule.share_of] > 0
    return np.asarray(known, dtype=np.bool_)


def _in_sums(sums: Sequence[CohortSum], sensors: int) -> BoolArray:
    """Sensors that are added up, or that sums are measured by; shape (n,)."""
    concerned = np.zeros(sensors, dtype=np.bool_)
    for rule in sums:
        concerned |= rule.members
        if rule.share_of is not None:
            concerned[rule.share_of] = True
    return concerned


def _among(rule: CohortSum, concerned: BoolArray) -> CohortSum:
    """The same sum over the sensors that are concerned, and no others."""
    place = np.cumsum(concerned) - 1
    share_of = None if rule.share_of is None else int(place[rule.share_of])
    return CohortSum(rule.name, rule.members[concerned], rule.low, rule.high, share_of)


def _traces(
    ids: pl.Series, candidates: pl.LazyFrame, baselines: pl.LazyFrame, verdicts: pl.DataFrame
) -> tuple[FloatArray, FloatArray]:
    """Forecasts of the models that serve, and of all backups; NaN elsewhere, shapes (n, steps)."""
    wanted = pl.col("sensor_id").is_in(ids.implode())
    served = verdicts.filter(pl.col("decision") != "baseline")["sensor_id"].implode()
    on_model = candidates.filter(wanted & pl.col("sensor_id").is_in(served))
    told = [
        frame.select("sensor_id", trace=pl.col(column).cast(pl.List(pl.Float64))).collect()
        for frame, column in ((on_model, "forecast_trace"), (baselines.filter(wanted), "trace"))
    ]
    lengths = [each["trace"].list.len().fill_null(0).to_numpy() for each in told]
    steps = int(np.concatenate(lengths).max(initial=0))
    model, backup = (_as_rows(ids, each, steps) for each in told)
    return model, backup


def _as_rows(ids: pl.Series, traces: pl.DataFrame, steps: int) -> FloatArray:
    lists = ids.to_frame().join(traces, on="sensor_id", how="left", maintain_order="left")["trace"]
    rows = np.full((len(ids), steps), np.nan)
    rows[lists.is_not_null().to_numpy()] = as_floats(lists.explode().drop_nulls()).reshape(
        -1, steps
    )
    return rows


def _with_share(counted: pl.DataFrame) -> pl.DataFrame:
    share = pl.col("replaced") / pl.col("rows")
    return counted.with_columns(share=pl.when(pl.col("rows") > 0).then(share))
