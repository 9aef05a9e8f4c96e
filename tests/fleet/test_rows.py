"""From one record per sensor to a table."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.fleet.rows import table_of

SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "loss": pl.List(pl.Float64),
        "trace": pl.List(pl.Float32),
        "names": pl.List(pl.String),
        "rows": pl.Int64(),
    }
)


def test_arrays_become_lists_and_what_is_not_said_is_null():
    """A failed sensor has no model; a list of nothing is not the same as no list."""
    rows = [
        {"sensor_id": "a", "loss": np.array([1.0, np.nan]), "trace": np.array([0.5]), "rows": 3},
        {"sensor_id": "b"},
        {"sensor_id": "c", "loss": [], "trace": None, "names": ["x", "y"], "rows": 4},
        {"sensor_id": "d", "loss": [2.0], "trace": [1.5, 2.5]},
    ]
    table = table_of(rows, SCHEMA)
    assert table.schema == SCHEMA
    assert table["loss"].to_list()[1:] == [None, [], [2.0]]
    assert str(table["loss"][0].to_list()) == "[1.0, nan]"
    assert table["trace"].to_list() == [[0.5], None, None, [1.5, 2.5]]
    assert table["names"].to_list() == [None, None, ["x", "y"], None]
    assert table["rows"].to_list() == [3, None, 4, None]


def test_no_sensor_no_row():
    """The columns are there all the same."""
    table = table_of([], SCHEMA)
    assert table.schema == SCHEMA
    assert table.height == 0


def test_it_is_what_polars_makes_of_lists():
    """The short way gives the same table."""
    rng = np.random.default_rng(0)
    rows = [{"sensor_id": str(k), "loss": rng.normal(size=k)} for k in range(5)]
    plain = [{**row, "loss": row["loss"].tolist()} for row in rows]
    schema = pl.Schema({"sensor_id": pl.String(), "loss": pl.List(pl.Float64)})
    assert table_of(rows, schema).equals(pl.DataFrame(plain, schema=schema))


class Closed(np.ndarray):
    """An array that nobody may walk through number by number."""

    def __iter__(self):
        raise AssertionError("one Python object per number")


def test_arrays_are_laid_out_as_a_whole():
    """To walk through traces and patterns number by number takes as long as a tenth of a fit."""
    rows = [{"sensor_id": name, "loss": np.arange(3.0).view(Closed)} for name in "ab"]
    assert table_of(rows, SCHEMA)["loss"].to_list() == [[0.0, 1.0, 2.0]] * 2


@given(missing=st.sets(st.integers(0, 3)), kind=st.sampled_from([pl.Float64(), pl.Int32()]))
def test_lists_of_one_length_are_those_of_plain_lists(missing, kind):
    """Whoever failed has none; counts stay whole numbers."""
    rows = [{"sensor_id": str(k), "loss": np.arange(3.0) + k} for k in range(4)]
    rows = [{"sensor_id": r["sensor_id"]} if k in missing else r for k, r in enumerate(rows)]
    schema = pl.Schema({"sensor_id": pl.String(), "loss": pl.List(kind)})
    plain = [None if k in missing else [k, k + 1, k + 2] for k in range(4)]
    assert table_of(rows, schema)["loss"].equals(pl.Series("loss", plain, pl.List(kind)))
