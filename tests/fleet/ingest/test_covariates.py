"""Companions of the fleet: on its grid, one row per step, and every cell a number."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import DataError
from modelfleet.domain.grid import Grid
from modelfleet.domain.parameters.ingestion import CovariateLayout
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.ingest import covariate_arrays, read_covariates

AXIS = Axis(60, "UTC", 0, 10)


def read(times: list[str | None], rain: list[Any], *, zone: str = "UTC") -> pl.DataFrame:
    """Covariates as they were delivered, brought into shape."""
    raw = pl.DataFrame(
        {"time": times, "rain": [None if cell is None else str(cell) for cell in rain]},
        schema={"time": pl.String, "rain": pl.String},
    )
    layout = CovariateLayout(timestamp="time", columns=("rain",), time_zone=zone)
    return read_covariates(raw, layout, grid=Grid(60), tolerance_minutes=5)


def test_covariates_lie_on_the_grid() -> None:
    """Missing hours are NaN; a time that nearly meets its step is moved to it."""
    table = read(["2021-01-01T02:04", "2021-01-01T00:00"], ["", 1])
    assert table["timestamp"].to_list() == [datetime(2021, 1, 1, h, tzinfo=UTC) for h in (0, 2)]
    arrays = covariate_arrays(table, AXIS)
    assert arrays is not None
    assert arrays.names == ("rain",)
    assert arrays.values.shape == (3, 1)
    assert arrays.values[0, 0] == 1.0


def test_there_may_be_none() -> None:
    """A header alone says so."""
    table = read([], [])
    assert table.is_empty()
    assert covariate_arrays(table, AXIS) is None


HOUR = "2021-01-01T00:00"


@pytest.mark.parametrize(
    ("times", "rain", "message"),
    [
        ([HOUR, HOUR], [1, 2], f"2 rows share their time .*, such as '{HOUR}', in rows 0, 1"),
        ([HOUR, "2021-01-01T00:15"], [1, 2], r"1 times miss the fleet's step of 60 .* in rows 1"),
        ([HOUR, "yesterday"], [1, 2], r"'time': 1 times .* cannot be read, such as 'yesterday'"),
        ([HOUR, None], [1, 2], r"'time': 1 times are missing .* in rows 1 "),
        ([HOUR], ["bad"], r"'rain': 1 values are no finite numbers, such as 'bad', in rows 0"),
        ([HOUR], ["1,5"], r"'rain': 1 values are no finite numbers, such as '1,5', in rows 0"),
        ([HOUR], ["inf"], r"no finite numbers, such as 'inf'.*; correct them, or leave them empty"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_refused(
    times: list[str | None], rain: list[Any], message: str
) -> None:
    """Two rows for one step would shift all later ones; each error names column, rows and value."""
    with pytest.raises(DataError, match=message):
        read(times, rain)


def test_what_a_change_of_the_clocks_took_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The hour that spring skips, and one that autumn repeats but the file does not."""
    table = read(
        ["2021-03-28T01:00", "2021-03-28T02:00", "2021-10-31T02:00"], [1, 2, 3], zone="Europe/Rome"
    )
    assert table["rain"].to_list() == [1.0]
    assert "1 rows left out, nonexistent_local_time: 1" in caplog.text
    assert "1 rows left out, ambiguous_local_time: 2" in caplog.text
