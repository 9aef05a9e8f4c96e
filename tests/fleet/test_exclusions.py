"""What the verdicts would have been, had no event been left out."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.evaluation import EvaluationParameters
from modelfleet.domain.parameters.fleet import BacktestParameters, EngineParameters
from modelfleet.fleet.engine import map_shards
from modelfleet.fleet.exclusions import (
    EFFECT_SCHEMA,
    exclusion_effects,
    judged_exclusions,
    without_exclusions,
)
from modelfleet.fleet.release_content import shaping_parameters
from modelfleet.fleet.roster import Periods, assign, make_roster
from modelfleet.fleet.scorecard import judge_candidates
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.fleet.tables import from_pandas, to_pandas
from modelfleet.fleet.tasks import BaselineTask, TrainingTask
from modelfleet.fleet.tasks.training import CANDIDATE_SCHEMA
from modelfleet.stores.workspace import ObjectWorkspace
from tests.domain.parameters.configuration import shipped
from tests.fleet.engine.tasks import FrameSource
from tests.fleet.tasks.test_tasks import (
    AXIS,
    FIRST,
    INTERVALS,
    WEEK,
    noise,
    shard,
    training,
)

ENGINE = EngineParameters(backend="sequential", sensors_per_task=200)
BACKTEST = BacktestParameters(weeks=8, choice_weeks=4, min_training_weeks=4)
BASELINE = BaselineParameters.model_validate(shipped()["baseline"])
EVALUATION = EvaluationParameters.model_validate(shipped()["evaluation"])
NAMES = "acef"
SENSORS = pl.DataFrame(
    {
        "sensor_id": list(NAMES),
        "cohort": "x",
        "kind": "flow",
        "shard": [0, 1, 0, 1],
        "rule_value": pl.Series([None] * 4, dtype=pl.Float64),
    }
)

pytestmark = pytest.mark.xdist_group("exclusions")
BURST = (FIRST + 10 * WEEK, FIRST + 11 * WEEK)
OUTAGE = (FIRST + 20 * WEEK, FIRST + 20 * WEEK + 6)
"""Six hours of a judged week."""

EVENTS: dict[str, Periods] = {"f": (BURST, OUTAGE), "c": ((FIRST - 9, FIRST - 3),)}
"""The second lies before anything was read: of that sensor nothing is left out."""


def readings(**changed: np.ndarray) -> FrameSource:
    """Four sensors in two shards; a burst goes through one of them."""
    series = {name: noise(name) for name in NAMES}
    start, stop = (edge - FIRST for edge in BURST)
    series["f"][start:stop] += np.random.default_rng(3).normal(scale=1000, size=stop - start)
    series |= changed
    return FrameSource(
        {n: shard(**{name: series[name] for name in part}) for n, part in enumerate(("ae", "cf"))}
    )


@dataclass(frozen=True)
class Run:
    """What the stages baseline, training and evaluation make of a fleet."""

    baselines: pl.DataFrame
    candidates: ShardedFrame
    unexcluded: ShardedFrame
    verdicts: pl.DataFrame
    effects: pl.DataFrame


def run(
    folder: Path,
    events: Mapping[str, Periods],
    *,
    source: FrameSource | None = None,
    compare: bool = True,
) -> Run:
    """All three stages, as their nodes call them."""
    doors: dict[str, Any] = {
        "source": source or readings(),
        "workspace": ObjectWorkspace(str(folder)),
        "engine": ENGINE,
    }
    roster = make_roster(SENSORS, assign(SENSORS, BASELINE.assign), events)
    backups = map_shards(BaselineTask(roster, AXIS, 24, BASELINE, BACKTEST, INTERVALS), **doors)
    fitted = backups.collect()
    parameters = training()
    task = TrainingTask(
        make_roster(SENSORS, assign(SENSORS, parameters.assign), events),
        dict(fitted.select("sensor_id", "baseline").iter_rows()),
        BASELINE.weeks,
        AXIS,
        24,
        parameters,
        BACKTEST,
        INTERVALS,
    )
    candidates = map_shards(task, **doors)
    again = without_exclusions(task, SENSORS, fitted, baseline=BASELINE, compare=compare)
    unexcluded = map_shards(again, **doors)
    judge = functools.partial(judge_candidates, sensors=SENSORS, weeks=8, gate=EVALUATION.gate)
    verdicts = judge(candidates.collect())
    effects = exclusion_effects(
        candidates.scan(),
        unexcluded.collect(),
        verdicts,
        hours=judged_exclusions(fitted, events, AXIS, weeks=8),
        judge=judge,
    )
    return Run(fitted, candidates, unexcluded, verdicts, effects)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A fleet of which one sensor had a burst and an outage."""
    return run(tmp_path_factory.mktemp("workspace"), EVENTS)


def test_an_excluded_burst_makes_a_sensor_accepted_that_would_be_rejected(told: Run) -> None:
    """The row says of both verdicts what they are and rest on."""
    (row,) = told.effects.iter_rows(named=True)
    assert row["sensor_id"] == "f"
    assert (row["decision"], row["decision_without"]) == ("accept", "baseline")
    assert (row["accepted"], row["accepted_without"]) == (True, False)
    assert row["gain"] > 0 > row["gain_without"]
    assert row["mae"] < row["mae_without"]
    assert row["sentence_without"].startswith("better in 0 of 8 weeks, ")
    assert (row["excluded_hours"], row["judged_excluded_hours"]) == (WEEK + 6, 6)


def test_it_is_what_a_run_without_exclusions_says(told: Run, tmp_path: Path) -> None:
    """Model, evidence and verdict of the second look are those of a fleet without events."""
    plain = run(tmp_path, {})
    (again,) = told.unexcluded.collect().iter_rows(named=True)
    (usual,) = plain.candidates.collect().filter(sensor_id="f").iter_rows(named=True)
    assert again == usual
    (effect,) = told.effects.iter_rows(named=True)
    (verdict,) = plain.verdicts.filter(sensor_id="f").iter_rows(named=True)
    assert effect["sentence_without"] == verdict["sentence"]
    assert effect["gain_without"] == verdict["gain"]


def test_nothing_else_changes(told: Run, tmp_path: Path) -> None:
    """Baselines, candidates and verdicts are, to the byte, those of a run that does not compare."""
    quiet = run(tmp_path, EVENTS, compare=False)
    assert quiet.candidates.digest == told.candidates.digest
    for name in ("baselines", "verdicts"):
        assert getattr(quiet, name).equals(getattr(told, name)), name
    for file in told.candidates.files:
        assert (Path(quiet.candidates.root) / file).read_bytes() == (
            Path(told.candidates.root) / file
        ).read_bytes()
    assert quiet.effects.is_empty()


def test_only_sensors_with_something_left_out_are_computed_again(told: Run) -> None:
    """In files of their own; an event before a sensor's first reading leaves nothing out."""
    assert told.unexcluded.collect()["sensor_id"].to_list() == ["f"]
    assert told.unexcluded.files[0].startswith("unexcluded_candidates/0001-")
    assert len(told.unexcluded.files) == 1


def test_an_unchanged_fleet_computes_nothing_again(
    told: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """The second look lies on disk like any result."""
    with caplog.at_level("INFO"):
        again = run(Path(told.candidates.root), EVENTS)
    assert "unexcluded_candidates: 1 sensors, 0 of 1 shards computed" in caplog.text
    assert again.effects.equals(told.effects)


def test_a_fleet_without_events_has_an_empty_table(tmp_path: Path) -> None:
    """With its columns, also after the way through pandas that tables in the catalog take."""
    plain = run(tmp_path, {})
    assert plain.effects.is_empty()
    assert plain.effects.schema == EFFECT_SCHEMA
    assert plain.unexcluded.collect().schema == CANDIDATE_SCHEMA
    assert from_pandas(to_pandas(plain.effects)).columns == EFFECT_SCHEMA.names()


def test_a_sensor_that_only_the_exclusion_leaves_without_data_has_a_row(tmp_path: Path) -> None:
    """Its candidate failed and has no verdict; without the exclusion there is one."""
    everything: dict[str, Periods] = {"f": ((FIRST, FIRST + 23 * WEEK),)}
    told = run(tmp_path, everything)
    (row,) = told.effects.iter_rows(named=True)
    assert row["decision"] is None
    assert row["accepted"] is False
    assert row["decision_without"] == "baseline"
    assert row["judged_excluded_hours"] == 7 * WEEK


def test_a_sensor_that_fails_without_the_exclusion_says_why(tmp_path: Path) -> None:
    """The reason stands where the sentence would."""
    told = run(tmp_path, EVENTS)
    failed = pl.DataFrame(
        [{"sensor_id": "f", "outcome": "failed", "reason": "ValueError: too much"}],
        schema=CANDIDATE_SCHEMA,
    )
    effects = exclusion_effects(
        told.candidates.scan(),
        failed,
        told.verdicts,
        hours=judged_exclusions(told.baselines, EVENTS, AXIS, weeks=8),
        judge=functools.partial(judge_candidates, sensors=SENSORS, weeks=8, gate=EVALUATION.gate),
    )
    (row,) = effects.iter_rows(named=True)
    assert row["sentence_without"] == "ValueError: too much"
    assert (row["decision_without"], row["accepted_without"]) == (None, False)
    assert row["accepted"] is True


def test_hours_are_counted_once_and_from_the_first_reading(tmp_path: Path) -> None:
    """Events overlap, begin before a sensor does, and end after the fleet."""
    young = noise("f")
    young[: 18 * WEEK] = np.nan
    long = ((FIRST, FIRST + 19 * WEEK), (FIRST + 18 * WEEK, FIRST + 18 * WEEK + 5))
    ending = ((AXIS.stop - 3, AXIS.stop + 99),)
    told = run(tmp_path, {"f": (*long, *ending)}, source=readings(f=young))
    hours = judged_exclusions(told.baselines, {"f": (*long, *ending)}, AXIS, weeks=8)
    assert hours.rows() == [("f", WEEK + 3, WEEK + 3)]


def test_pieces_of_the_second_look_join_to_the_whole(told: Run, tmp_path: Path) -> None:
    """The engine cuts large shards: both tasks are cut at the same sensors."""
    roster = make_roster(SENSORS, dict.fromkeys(NAMES, "best"), EVENTS)
    backup = BaselineTask(roster, AXIS, 24, BASELINE, BACKTEST, INTERVALS)
    task = TrainingTask(
        make_roster(SENSORS, dict.fromkeys(NAMES, "r"), EVENTS),
        {}, BASELINE.weeks, AXIS, 24, training(), BACKTEST, INTERVALS,
    )  # fmt: skip
    touched = backup_rows(backup)
    again = without_exclusions(task, SENSORS, touched, baseline=BASELINE, compare=True)
    assert again.sensor_ids() == ("a", "e", "c", "f")
    table = readings().read(1)
    part = again.part(1)
    pieces = [part.piece(start, start + 1) for start in range(2)]
    assert [piece.sensor_ids() for piece in pieces] == [("c",), ("f",)]
    assert pl.concat([piece.run(table) for piece in pieces]).equals(part.run(table))
    other = replace(again, training=replace(again.training, baseline_weeks=3))
    assert other.fingerprint() != again.fingerprint()


def backup_rows(task: BaselineTask) -> pl.DataFrame:
    """Baselines that say that something was left out of every sensor."""
    ids = task.sensor_ids()
    return pl.DataFrame({"sensor_id": ids, "excluded_hours": [1.0] * len(ids)})


def test_the_switch_names_no_release() -> None:
    """It shapes what people see, and neither models nor verdicts."""
    off = EVALUATION.model_copy(
        update={"exclusions": EVALUATION.exclusions.model_copy(update={"compare": False})}
    )
    assert EVALUATION.exclusions.compare
    assert shaping_parameters(off) == shaping_parameters(EVALUATION)
