"""Rows by place: sensor first, then time."""

import numpy as np
import polars as pl
import pytest

from modelfleet.fleet.ingest import places
from modelfleet.fleet.ingest.places import SHORT_RUN, in_order, place_of

STEPS = 2 * SHORT_RUN


def rows(sensors: list[int], steps: list[int]) -> pl.DataFrame:
    """Numbered rows of sensors at steps."""
    place = place_of(pl.col("sensor"), pl.col("step"))
    frame = pl.DataFrame({"sensor": sensors, "step": steps}).with_row_index("row")
    return frame.select("row", place=place)


def runs(*sensors: int) -> pl.DataFrame:
    """Sensors one after the other, each with all its steps."""
    steps = list(range(400_000, 400_000 + STEPS))
    return rows([s for s in sensors for _ in steps], steps * len(sensors))


@pytest.mark.parametrize(
    "frame",
    [
        runs(0, 1, 2),
        runs(2, 0, 5, 1),
        runs(0, 3, 1),
        rows([1, 0] * STEPS, list(range(2 * STEPS))),
        pl.concat([runs(1, 0), runs(0, 2)]),
        rows([], []),
    ],
    ids=["in order", "runs", "a sensor passed over", "by time", "overlapping runs", "none"],
)
def test_rows_come_in_the_order_of_their_places(frame: pl.DataFrame) -> None:
    """However the source ordered them; each row stays whole."""
    found = in_order(frame)
    assert found["place"].is_sorted()
    assert found.sort("row", "place").equals(frame.sort("row", "place"))


def test_runs_are_not_sorted_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source with one sensor after the other is put in order by moving whole sensors."""
    frame = runs(*np.random.default_rng(1).permutation(50).tolist())

    def refuse(*_: object, **__: object) -> pl.DataFrame:
        raise AssertionError("all rows were sorted")

    monkeypatch.setattr(places, "SHORT_RUN", 1)
    sort = pl.DataFrame.sort
    monkeypatch.setattr(
        pl.DataFrame, "sort", lambda f, by, **k: refuse() if by == "place" else sort(f, by, **k)
    )
    assert in_order(frame)["place"].is_sorted()
