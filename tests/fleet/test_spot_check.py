"""The fast path is held to scikit-learn's answer in every run."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import TaskError
from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.engine import map_shards
from modelfleet.fleet.roster import Member, Roster
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.fleet.spot_check import CHECKED, _draw, spot_check
from modelfleet.fleet.tasks import TrainingTask
from modelfleet.stores.workspace import ObjectWorkspace
from tests.fleet.engine.tasks import FrameSource
from tests.fleet.tasks.test_tasks import AXIS, BACKTEST, INTERVALS, noise, shard, training

ENGINE = EngineParameters(backend="sequential", sensors_per_task=200)


def fleet(names: str) -> tuple[TrainingTask, FrameSource]:
    """Some sensors in two shards."""
    half = len(names) // 2
    parts = {0: names[:half], 1: names[half:]}
    members = {n: tuple(Member(name, "r") for name in part) for n, part in parts.items()}
    tables = {n: shard(**{name: noise(name) for name in part}) for n, part in parts.items()}
    baselines = dict.fromkeys(names, "weekly_naive")
    task = TrainingTask(Roster(members), baselines, 4, AXIS, 24, training(), BACKTEST, INTERVALS)
    return task, FrameSource(tables)


def trained(
    names: str, folder: Path
) -> tuple[TrainingTask, FrameSource, ShardedFrame, dict[str, Any]]:
    """Candidates of some sensors, and what a check needs."""
    task, source = fleet(names)
    doors = {"source": source, "workspace": ObjectWorkspace(str(folder)), "engine": ENGINE}
    return task, source, map_shards(task, **doors), doors


def test_models_of_the_fast_path_are_those_of_scikit_learn(tmp_path: Path) -> None:
    """Twenty of them, chosen by their names; each says how near it is."""
    names = "abcdefghijklmnopqrstuvwxyz"
    task, _, candidates, doors = trained(names, tmp_path)
    found = spot_check(task, candidates, **doors).scan().collect()
    assert found.height == CHECKED < len(names)
    assert set(found["outcome"]) == {"equal"}
    assert 0 < found["difference"].to_numpy().max() < 1e-7


def test_few_shards_are_read_for_the_comparison() -> None:
    """Of a fleet of many shards, four with five sensors each; other ones in the next window."""
    names = [chr(ord("A") + n) for n in range(48)]
    shards = {n: names[6 * n : 6 * n + 6] for n in range(8)}
    drawn = [_draw(shards, salt=salt) for salt in ("1:", "2:")]
    for found in drawn:
        taken = [len(set(ids) & set(found)) for ids in shards.values()]
        assert sorted(taken) == [0, 0, 0, 0, 5, 5, 5, 5]
    assert set(drawn[0]) != set(drawn[1])
    assert sorted(_draw({0: names[:3], 4: names[3:9]}, salt="1:")) == sorted(names[:9])


def test_a_model_that_differs_ends_the_run(tmp_path: Path) -> None:
    """Stored coefficients are compared, whatever made them wrong; the sensor is named."""
    task, _, candidates, doors = trained("ab", tmp_path)
    file = tmp_path / candidates.files[1]
    bent = pl.read_parquet(file).with_columns(
        coefficients=pl.col("coefficients").list.eval(pl.element() * 1.001)
    )
    bent.write_parquet(file)
    with pytest.raises(TaskError, match=r"models of 'b' are not those of scikit-learn: \d"):
        spot_check(task, candidates, **doors)


def test_what_was_compared_is_not_compared_again(tmp_path: Path) -> None:
    """An unchanged fleet pays nothing for it, not even the import of scikit-learn."""
    task, source, candidates, doors = trained("ab", tmp_path)
    first = spot_check(task, candidates, **doors)

    class Untouchable(FrameSource):
        def read(self, *_: object, **__: object) -> pl.DataFrame:
            raise AssertionError("read again")

    again = spot_check(task, candidates, **{**doors, "source": Untouchable(source.tables)})
    assert again == first


def test_a_fleet_without_linear_models_has_nothing_to_compare(tmp_path: Path) -> None:
    """No model of the fast path, no row."""
    *_, doors = trained("ab", tmp_path)
    nobody = TrainingTask(Roster({}), {}, 4, AXIS, 24, training(), BACKTEST, INTERVALS)
    empty = map_shards(nobody, **doors)
    assert spot_check(nobody, empty, **doors).scan().collect().is_empty()
