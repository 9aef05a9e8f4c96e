"""From shards to jobs: every sensor once, and no more at a time than was asked for."""

from dataclasses import replace
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.fleet.engine import make_batches, make_job, split_jobs
from tests.fleet.engine.tasks import SumTask

SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=12)
MOST = st.integers(1, 70)


def fleet(sizes: list[int]) -> SumTask:
    """A task over shards of these sizes."""
    ids = {shard: tuple(f"{shard}-{n}" for n in range(size)) for shard, size in enumerate(sizes)}
    return SumTask(ids, "unused")


@given(sizes=SIZES, most=MOST, workers=st.integers(1, 8))
def test_every_sensor_is_in_one_batch_of_at_most_so_many(
    sizes: list[int], most: int, workers: int
) -> None:
    """Large shards are split, small ones are joined, in order."""
    task = fleet(sizes)
    jobs = list(split_jobs([make_job(task, shard, "") for shard in range(len(sizes))], most))
    batches = make_batches(jobs, workers=workers, most=most)
    assert list(chain(*batches)) == jobs
    assert [i for job in jobs for i in job.task.sensor_ids()] == list(task.sensor_ids())
    assert max(sum(job.sensors for job in batch) for batch in batches) <= most
    assert all(batches)


@given(size=st.integers(1, 300), most=MOST)
def test_pieces_of_a_shard_are_of_nearly_equal_size(size: int, most: int) -> None:
    """No worker gets a crumb; together they name the file that the whole shard makes."""
    whole = make_job(fleet([size]), 0, "content")
    pieces = list(split_jobs([whole], most))
    sizes = [piece.sensors for piece in pieces]
    assert max(sizes) - min(sizes) <= 1
    if len(pieces) == 1:
        assert pieces == [whole]
    else:
        assert {piece.joint for piece in pieces} == {pieces[0].joint}
        assert pieces[0].joint is not None
        assert pieces[0].joint.file == whole.file
        assert pieces[0].joint.pieces == tuple(piece.file for piece in pieces)


@given(size=st.integers(1, 300), most=MOST, dear=st.integers(2, 100))
def test_dear_sensors_are_handed_out_in_smaller_calls(size: int, most: int, dear: int) -> None:
    """So many cheap sensors are a call, and as much work of dear ones: a kill costs minutes."""
    whole = make_job(replace(fleet([size]), dear=dear), 0, "content")
    pieces = list(split_jobs([whole], most))
    assert sum(piece.sensors for piece in pieces) == size
    assert all(piece.effort <= most + dear or piece.sensors == 1 for piece in pieces)
    batches = make_batches(pieces, workers=2, most=most)
    assert all(len(batch) == 1 or sum(j.effort for j in batch) <= most for batch in batches)


@pytest.mark.parametrize(("workers", "most"), [(1, 1000), (2, 1000), (2, 100)])
def test_small_shards_are_joined_to_batches_that_become_smaller(workers: int, most: int) -> None:
    """A batch costs some milliseconds, so there are not many; nobody waits long for the last."""
    jobs = [make_job(fleet([10] * 64), shard, "") for shard in range(64)]
    sizes = [len(batch) for batch in make_batches(jobs, workers=workers, most=most)]
    assert len(sizes) < 10 * workers
    assert sizes[0] == min(64 // (2 * workers), most // 10)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-workers:] == [1] * workers


@given(size=st.integers(2, 40))
def test_a_result_is_named_by_its_sensors_and_its_readings(size: int) -> None:
    """Other sensors, other readings or another shard are another file."""
    task = fleet([size, size])
    job = make_job(task, 0, "content")
    half, other = job.cut(2)
    again = make_job(task, 0, "content")
    files = [half.file, other.file, job.file, make_job(task, 0, "new").file]
    assert again.file == job.file
    assert len({*files, make_job(task, 1, "content").file}) == 5
    assert all(a != b for a, b in pairwise(files))
