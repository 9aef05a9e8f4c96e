"""Champions: what they say of the weeks after their training, and what becomes of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from kedro.io import DatasetError

from modelfleet.domain.errors import ConfigurationError, ReleaseError
from modelfleet.domain.hold import HOLD_CODES, HoldReason
from modelfleet.domain.lineage import canonical_json
from modelfleet.domain.parameters.overrides import OverrideParameters
from modelfleet.domain.parameters.promotion import PromotionParameters
from modelfleet.fleet.challenge import champion_evidence, versions_in_service
from modelfleet.fleet.champions import Champions, models_in_service
from modelfleet.fleet.holding import SENTENCES, _record
from modelfleet.fleet.ledger import build_ledger
from modelfleet.fleet.lineage import unknown_lineage
from modelfleet.fleet.overruling import check_today, overrule, standing_champions
from modelfleet.fleet.promotion import PromotionDecision, decide_promotion
from modelfleet.fleet.release_content import draft_release
from modelfleet.fleet.roster import Member, Roster
from modelfleet.fleet.scorecard import make_scorecard, trained_candidates
from modelfleet.fleet.tasks import ChampionModel, ComparisonTask, TrainingTask
from modelfleet.stores.champions import ChampionsDataset
from tests.fleet.engine.tasks import SOURCE
from tests.fleet.tasks.test_tasks import AXIS, BACKTEST, INTERVALS, WEEK, noise, shard, training
from tests.fleet.test_release_and_ledger import (
    ADMISSIONS,
    BASELINES,
    CANDIDATES,
    SENSORS,
    VERDICTS,
    Kept,
)
from tests.governed import Governed

MEMBER = Member("a", "r")
TASK = TrainingTask(
    roster=Roster({0: (MEMBER,)}),
    baselines={"a": "weekly_naive"},
    baseline_weeks=4,
    axis=AXIS,
    horizon=24,
    parameters=training(),
    backtest=BACKTEST,
    intervals=INTERVALS,
)

pytestmark = pytest.mark.xdist_group("challenge")


def specification(task: TrainingTask = TASK) -> str:
    """The recipe of a task, as a release keeps it."""
    return canonical_json(task.parameters.recipes["r"].model_dump(mode="json", by_alias=True))


def champion_of(row: dict[str, Any], *, weeks_ago: int, **changes: Any) -> ChampionModel:
    """A candidate's row as the champion of some weeks ago."""
    found = ChampionModel(
        version="old",
        specification=specification(),
        feature_names=tuple(row["feature_names"]),
        coefficients=tuple(row["coefficients"]),
        intercept=row["intercept"],
        model_bytes=None,
        trained_to=AXIS.stop - 1 - weeks_ago * WEEK,
    )
    return replace(found, **changes)


def compare(champion: ChampionModel, task: TrainingTask = TASK) -> dict[str, Any]:
    """The row of the one sensor."""
    comparison = ComparisonTask(task, {"a": "r"}, {"a": champion})
    return comparison.run(shard(a=noise("a"))).row(0, named=True)


@pytest.fixture(scope="module")
def trained() -> dict[str, Any]:
    """The candidate."""
    return TASK.run(shard(a=noise("a"))).row(0, named=True)


@pytest.mark.parametrize(("weeks_ago", "expected"), [(0, 0), (2, 2), (3, 3), (9, 4)])
def test_only_weeks_after_its_training_tell_of_a_champion(
    trained: dict[str, Any], weeks_ago: int, expected: int
) -> None:
    """A model is good on what it learned from: no such hour is looked at."""
    row = compare(champion_of(trained, weeks_ago=weeks_ago))
    assert row["outcome"] == "compared"
    assert row["same_recipe"]
    assert sum(row["out_of_sample"]) == expected
    assert [hours > 0 for hours in row["hours"]] == row["out_of_sample"]
    assert row["out_of_sample"] == sorted(row["out_of_sample"])


def test_a_week_that_began_before_the_end_of_training_is_not_looked_at(
    trained: dict[str, Any],
) -> None:
    """Not even where a single hour of it was learned."""
    champion = champion_of(trained, weeks_ago=2)
    later = replace(champion, trained_to=champion.trained_to + 1)
    assert sum(compare(champion)["out_of_sample"]) == 2
    assert sum(compare(later)["out_of_sample"]) == 1


def test_the_champion_itself_forecasts(trained: dict[str, Any]) -> None:
    """Its coefficients are not touched: one that always says 7 errs by the distance from 7."""
    silent = (0.0,) * len(trained["feature_names"])
    row = compare(champion_of(trained, weeks_ago=4, coefficients=silent, intercept=7.0))
    last = noise("a")[-WEEK:]
    assert row["loss"][-1] == pytest.approx(np.abs(last - 7.0).mean())
    assert row["candidate_loss"] is None
    assert row["baseline_loss"] == pytest.approx(trained["baseline_loss"])
    assert row["hours"] == trained["hours"]


def test_another_recipe_is_fitted_anew_like_its_challenger(trained: dict[str, Any]) -> None:
    """Both learn before each origin, so every judged week counts."""
    other = replace(TASK, parameters=training(levels=[24, 168]))
    row = compare(champion_of(trained, weeks_ago=0, specification=specification(other)))
    assert not row["same_recipe"]
    assert all(row["out_of_sample"])
    anew = other.run(shard(a=noise("a"))).row(0, named=True)
    assert row["loss"] == pytest.approx(anew["loss"])
    assert row["candidate_loss"] == pytest.approx(trained["loss"])


def test_a_champion_of_other_features_fails_by_name(trained: dict[str, Any]) -> None:
    """Code that builds features otherwise must not feed a model that was fitted before."""
    row = compare(champion_of(trained, weeks_ago=4, feature_names=("lag_1",)))
    assert row["outcome"] == "failed"
    assert "features are made otherwise" in row["reason"]


def champions(**serves: str) -> Champions:
    """What is live: sensors with what serves them."""
    ids = list(serves)
    table = pl.DataFrame(
        {"sensor_id": ids, "cohort": "c", "serves": list(serves.values())}
    ).with_columns(version="old-" + pl.col("sensor_id"))
    models = table.filter(pl.col("serves") != "baseline").select("sensor_id", "version")
    return replace(Champions.none(), serves=table, models=models)


def test_a_baseline_in_service_is_no_champion() -> None:
    """Also where the release has a model of it from before."""
    live = champions(accepted="model", rejected="champion", failed="baseline")
    assert models_in_service(live)["sensor_id"].to_list() == ["accepted", "rejected"]
    found = versions_in_service(trained_candidates(CANDIDATES), live)
    assert found.to_list() == ["old-accepted", "old-rejected"]
    nobody = versions_in_service(trained_candidates(CANDIDATES), Champions.none())
    assert nobody.to_list() == [None, None]


def test_a_comparison_with_another_champion_says_nothing() -> None:
    """The channel may have moved since; hours must be the same for both contenders."""
    live, mine = champions(accepted="model"), trained_candidates(CANDIDATES)
    row = {
        "sensor_id": "accepted", "outcome": "compared", "version": "old-accepted",
        "same_recipe": True, "out_of_sample": [True] * 12, "loss": [1.0] * 12,
        "candidate_loss": None, "baseline_loss": [1.0] * 12, "hours": [168.0] * 11 + [100.0],
        "valid_share": 1.0, "mean_error": 0.0, "mae": 1.0,
    }  # fmt: skip
    schema = ComparisonTask(TASK, {}, {}).schema
    told = champion_evidence(mine, live, pl.DataFrame([row], schema=schema), weeks=12)
    assert told.serves_model.tolist() == [True, False]
    assert np.isfinite(told.candidate_loss[0]).tolist() == [True] * 11 + [False]
    stale = pl.DataFrame([{**row, "version": "older"}], schema=schema)
    assert not champion_evidence(mine, live, stale, weeks=12).out_of_sample.any()


def served(verdicts: pl.DataFrame, live: Champions | None = None) -> dict[str, Any]:
    """Outcome, what serves, and which version, by sensor."""
    standing = None if live is None else standing_champions(live, OverrideParameters())
    ledger = build_ledger(SENSORS, ADMISSIONS, BASELINES, CANDIDATES, verdicts, champions=standing)
    rows = ledger.iter_rows(named=True)
    return {row["sensor_id"]: (row["outcome"], row["serves"], row["version"]) for row in rows}


def kept() -> pl.DataFrame:
    """Verdicts in which one champion stays."""
    is_kept = pl.col("sensor_id") == "rejected"
    return VERDICTS.with_columns(
        decision=pl.when(is_kept).then(pl.lit("keep")).otherwise("decision"),
        champion_version=pl.when(is_kept).then(pl.lit("old-rejected")),
    )


def test_what_is_kept_serves_under_its_old_name() -> None:
    """And where training failed, the model that serves goes on."""
    live = champions(accepted="model", rejected="model", failed="model")
    found = served(kept(), live)
    assert found["rejected"] == ("kept", "champion", "old-rejected")
    assert found["failed"] == ("failed", "champion", "old-failed")
    assert found["accepted"] == ("accepted", "model", "m-accepted")
    assert served(kept())["failed"] == ("failed", "baseline", "b-failed")


def test_a_release_refuses_champions_that_are_not_live() -> None:
    """Else a sensor would be served by a model that nobody has."""
    verdicts = kept()
    ledger = build_ledger(SENSORS, ADMISSIONS, BASELINES, CANDIDATES, verdicts)
    parts: dict[str, Any] = {
        "sensors": SENSORS,
        "ledger": ledger,
        "candidates": CANDIDATES,
        "baselines": BASELINES,
        "scorecard": make_scorecard(SENSORS, BASELINES, CANDIDATES, verdicts),
        "verdicts": verdicts,
        "parameters": {},
        "readings": SOURCE,
        "run": {},
        "files": {},
    }
    with pytest.raises(ReleaseError, match="champions of 'rejected' are not live any more"):
        draft_release(**parts, champions=champions(accepted="model").models)
    live = champions(rejected="model").models
    assert "models.parquet" in draft_release(**parts, champions=live).contents


def overrides(**serve: str) -> OverrideParameters:
    """Overrides of some sensors."""
    rows = [
        {"sensor": name, "serve": what, "reason": "a new valve", "expires": "2026-12-31"}
        for name, what in serve.items()
    ]
    return OverrideParameters.model_validate({"sensors": rows})


def test_people_go_before_the_gate() -> None:
    """Forced to its baseline, or held at its champion; with code, reason and last day."""
    verdicts = VERDICTS.with_columns(
        champion_version=pl.when(pl.col("sensor_id") == "rejected").then(pl.lit("old"))
    )
    told = overrule(verdicts, overrides(accepted="baseline", rejected="champion"))
    assert told["decision"].to_list() == ["baseline", "keep"]
    assert told["accepted"].to_list() == [False, False]
    assert told["override"].to_list() == ["forced_to_baseline", "held_at_champion"]
    assert told["reasons"].to_list()[0] == ["forced_to_baseline"]
    assert told["sentence"][0].startswith("a new valve (override until 2026-12-31); the gate says")
    untouched = overrule(verdicts, overrides())
    assert untouched["override"].null_count() == 2
    assert untouched.drop("override").equals(verdicts)


def test_nobody_can_hold_what_is_not_there_or_not_sane() -> None:
    """The baseline serves, and the code says why."""
    assert overrule(VERDICTS, overrides(accepted="champion"))["override"].to_list() == [
        "no_champion_to_hold",
        None,
    ]
    insane = VERDICTS.with_columns(
        champion_version=pl.lit("old"), champion_biased_status=pl.lit("fail")
    )
    told = overrule(insane, overrides(accepted="champion"))
    assert told["override"][0] == "held_champion_not_sane"
    assert told["decision"][0] == "baseline"


def test_an_override_ends() -> None:
    """After its last day it fails the run, so that nobody forgets it."""
    chosen = overrides(accepted="baseline")
    assert check_today(chosen, SENSORS, started_at="2026-12-31T23:59:00+00:00") is chosen
    with pytest.raises(ConfigurationError, match=r"'accepted'.*2026-12-31"):
        check_today(chosen, SENSORS, started_at="2027-01-01T00:00:00+00:00")


def test_who_is_forced_to_its_baseline_has_no_champion_to_go_on_with() -> None:
    """Also where training failed."""
    live = champions(failed="model", accepted="model")
    forced = overrides(failed="baseline")
    assert standing_champions(live, forced)["sensor_id"].to_list() == ["accepted"]


def test_a_held_release_waits_whatever_the_policy() -> None:
    """Until every code is cleared, for this release and no other."""
    card = {"rid": "ab" * 32, "started_at": "t", "by": "me"}
    automatic = PromotionParameters()
    held = decide_promotion(
        card, {"c"}, automatic, Kept(), Governed(), holds=["no_skill", "skill_fell"]
    )
    assert (held.state, held.holds, dict(held.serves)) == (
        "on hold",
        ("no_skill", "skill_fell"),
        {},
    )
    cleared = {"release": "ab" * 6, "codes": ["no_skill"], "reason": "the strike"}
    partly = PromotionParameters.model_validate({"clearances": [cleared]})

    def decide(card: dict[str, str], policy: str, *holds: str) -> PromotionDecision:
        return decide_promotion(card, {"c"}, partly, Kept(), Governed(policy), holds=holds)

    assert decide(card, "automatic", "no_skill", "skill_fell").holds == ("skill_fell",)
    assert decide(card, "automatic", "no_skill").state == "live"
    assert decide({**card, "rid": "cd" * 32}, "automatic", "no_skill").state == "on hold"
    assert decide(card, "four_eyes", "no_skill").state == "on hold", "the signed request clears"


def test_a_code_that_holds_nothing_cannot_be_cleared() -> None:
    """A slip of the pen would leave the release on hold, and nobody would know why."""
    wrong = {"release": "ab" * 6, "codes": ["no_skil"], "reason": "x"}
    with pytest.raises(ValueError, match="no reasons to hold"):
        PromotionParameters.model_validate({"clearances": [wrong]})


@pytest.mark.parametrize("code", HOLD_CODES)
def test_every_reason_to_hold_has_its_sentence(code: str) -> None:
    """With figure and limit, and JSON that any reader takes."""
    reason = HoldReason(code, float("nan"), 2.0, np.array([0, 2]), 1)
    told = _record(reason, ["a", "b", "c"], ["first", "second"])
    assert set(SENTENCES) == set(HOLD_CODES)
    assert told["sensors"] == ["a", "c"]
    assert told["figure"] is None
    assert told["place"] == "second"
    assert "{" not in told["sentence"]


def test_before_the_first_release_nothing_is_live(tmp_path: Path) -> None:
    """The asset is there all the same, and nobody writes to it."""
    places = {
        name: str(tmp_path / name) for name in ("channel", "approvals", "releases", "witness")
    }
    owners = Governed().owners.model_dump()
    dataset = ChampionsDataset(
        filepath=str(tmp_path / "channel"),
        governance={"environment": "local", **places, "owners": owners},
    )
    assert dataset.exists()
    live = dataset.load()
    assert live.is_empty
    assert live.end is None
    assert live.stamp is None
    with pytest.raises(DatasetError, match="append an entry"):
        dataset.save(live)


class Live:
    """A release of two cohorts."""

    def __init__(self, rid: str, stamp: str) -> None:
        self.rid, self.provenance = rid, {"evaluation_stamp": stamp}
        self.lineage = unknown_lineage(self.table("models"), self.table("baselines"), rid=rid)

    def table(self, name: str) -> pl.DataFrame:
        """Two sensors, one of each cohort."""
        ids = pl.DataFrame({"sensor_id": ["a", "b"], "version": f"{name}-{self.rid}"})
        if name == "serves":
            return ids.with_columns(cohort=pl.Series(["c", "d"]), serves=pl.lit("model"))
        return ids


def test_each_cohort_has_its_own_release() -> None:
    """An owner may have approved one and not the other: nothing is taken as judged before."""
    both = Champions.of({"c": Live("r1", "s"), "d": Live("r2", "s")})
    assert both.models.sort("sensor_id")["version"].to_list() == ["models-r1", "models-r2"]
    assert both.stamp is None
    one = Live("r1", "s")
    assert Champions.of({"c": one, "d": one}).stamp == "s"


class Moved(Live):
    """The same release after its sensor ``b`` moved to cohort c."""

    def table(self, name: str) -> pl.DataFrame:
        """Two sensors of one cohort."""
        table = super().table(name)
        return table.with_columns(cohort=pl.lit("c")) if name == "serves" else table


def test_a_sensor_that_changed_its_cohort_is_served_once() -> None:
    """Its old cohort still has the release before, in which it stands too."""
    both = Champions.of({"c": Moved("r2", "s"), "d": Live("r1", "s")})
    assert both.serves["sensor_id"].sort().to_list() == ["a", "b"]
    assert both.models.sort("sensor_id")["version"].to_list() == ["models-r2", "models-r1"]
