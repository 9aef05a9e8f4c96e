"""A made-up fleet of which everything is known that a report can show."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from modelfleet.reporting import ReportContent
from tests.reporting.fleets import make_content

WEEKS = 12


def rich_content(count: int, *, cohorts: int = 7, **changes: Any) -> ReportContent:
    """Weekly losses that differ, champions that stay, costs, intervals, a hold and so on."""
    ids = [f"sensor-{k:04d}" for k in range(count)]
    some = max(count // 25, 1)
    plain = make_content(
        ids,
        quarantined=ids[:some],
        failed=ids[some : some + 2],
        rejected=ids[2 * some : 3 * some],
        unserved=ids[:1],
        weeks=52,
    )
    rng = np.random.default_rng(5)
    names = [f"{'flow' if k % 3 else 'pressure'}/district {k:02d}" for k in range(cohorts)]
    cohort = pl.Series("cohort", rng.choice(names, count, p=_shares(cohorts)).tolist())
    verdicts = _with_people(plain.verdicts, ids[3 * some : 4 * some], ids[4 * some])
    content: dict[str, Any] = {
        **{name: getattr(plain, name) for name in plain.__dataclass_fields__},
        "sensors": plain.sensors.with_columns(cohort),
        "candidates": _with_weeks(plain.candidates, verdicts, rng),
        "verdicts": verdicts,
        "scorecard": _with_figures(
            plain.scorecard.drop("accepted").join(
                verdicts.select("sensor_id", "accepted"), on="sensor_id", how="left"
            ),
            cohort,
            rng,
        ),
        "hold": [_hold("too_many_flips", ids[: count // 3]), _hold("no_skill", ids[5:8])],
        "overrides": [_override(ids[4 * some], "baseline"), _override(ids[0], "champion")],
        "exclusion_effects": _effects(ids[-some:]),
    }
    return ReportContent(**(content | changes))


def _shares(cohorts: int) -> list[float]:
    sizes = 1 / np.arange(1.0, cohorts + 1)
    return list((sizes / sizes.sum()).tolist())


def _with_people(verdicts: pl.DataFrame, kept: list[str], forced: str) -> pl.DataFrame:
    stays, told = pl.col("sensor_id").is_in(kept), pl.col("sensor_id") == forced
    decided = pl.when("accepted").then(pl.lit("accept")).otherwise(pl.lit("baseline"))
    return verdicts.with_columns(accepted=pl.col("accepted") & ~stays & ~told).with_columns(
        decision=pl.when(stays).then(pl.lit("keep")).otherwise(decided),
        override=pl.when(told).then(pl.lit("forced_to_baseline")),
    )


def _with_weeks(
    candidates: pl.DataFrame, verdicts: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    gain = dict(verdicts.select("sensor_id", "gain").iter_rows())
    own = np.array([gain.get(i) or 0.0 for i in candidates["sensor_id"]])[:, None]
    weekly = own + rng.normal(0, 0.08, (len(own), WEEKS))
    weekly[:, 4] -= 0.25  # a bad week of the whole fleet
    weekly[rng.random(weekly.shape) < 0.03] = np.nan
    trained = candidates["outcome"] == "trained"
    loss = pl.Series("loss", (1 - weekly).tolist(), dtype=pl.List(pl.Float64))
    theirs = pl.Series("baseline_loss", [[1.0] * WEEKS] * len(own), dtype=pl.List(pl.Float64))
    return candidates.with_columns(
        pl.when(trained).then(each).alias(each.name) for each in (loss, theirs)
    )


def _with_figures(
    scorecard: pl.DataFrame, cohort: pl.Series, rng: np.random.Generator
) -> pl.DataFrame:
    count = scorecard.height
    baseline = rng.gamma(4, 30, count)
    judged = pl.col("gain").is_not_null()
    gain = pl.col("gain").fill_null(0)
    return scorecard.with_columns(
        cohort,
        cost_without_model=pl.Series(baseline * 1.4),
        cost_baseline=pl.Series(baseline),
        cost_candidate=pl.when(judged).then(pl.Series(baseline) * (1 - gain) + 2),
        cost_saved=pl.when(judged).then(pl.Series(baseline) * gain - 2),
        currency=pl.lit("EUR"),
        coverage=pl.when(judged).then(pl.Series(rng.beta(60, 7, count))),
        untracked_coverage=pl.when(judged).then(pl.Series(rng.beta(20, 4, count))),
        replaced_share=pl.when(judged).then(
            pl.Series(np.where(rng.random(count) < 0.05, rng.random(count) / 50, 0.0))
        ),
    )


def _hold(code: str, sensors: list[str]) -> dict[str, Any]:
    return {
        "code": code,
        "figure": float(len(sensors)),
        "threshold": 20.0,
        "sensors": sensors,
        "place": None,
        "sentence": f"{len(sensors)} sensors, 20 are allowed",
    }


def _override(sensor: str, serve: str) -> dict[str, Any]:
    reason = "the valve <b>in front</b> of it is being rebuilt"
    return {"sensor": sensor, "serve": serve, "reason": reason, "expires": date(2026, 12, 31)}


def _effects(ids: list[str]) -> pl.DataFrame:
    accepted = [k % 2 == 0 for k in range(len(ids))]
    return pl.DataFrame(
        {
            "sensor_id": ids,
            "excluded_hours": [240.0] * len(ids),
            "judged_excluded_hours": [48.0] * len(ids),
            "accepted": accepted,
            "accepted_without": [False] * len(ids),
            "gain": [0.1] * len(ids),
            "gain_without": [-0.1] * len(ids),
            "sentence_without": ["better in 5 of 12 weeks, 10 % more error"] * len(ids),
        }
    )
