"""Sensors that send on a finer grid than the fleet's."""

from typing import Any

import polars as pl
import pytest

from modelfleet.domain.parameters.ingestion import Aggregation
from tests.fleet.ingest.test_ingest import ingest, long

MEAN = Aggregation(method="mean", min_share=0.75)


def quarters(sensor: str, *values: Any, minutes: int = 15) -> pl.DataFrame:
    """Rows every quarter of an hour from midnight on."""
    times = [divmod(minutes * place, 60) for place in range(len(values))]
    rows = (
        (f"2021-01-01T{h:02}:{m:02}", sensor, v) for (h, m), v in zip(times, values, strict=True)
    )
    return long(*rows)


def test_rows_of_one_step_become_their_mean() -> None:
    """A row counts for the step in which it lies, and every row is accounted for."""
    done = ingest(quarters("b", *"12345678"), aggregation=MEAN)
    assert done.readings["value"].to_list() == [2.5, 6.5]
    assert (done.account.stored, done.account.merged, done.account.rejected) == (2, 6, {})


@pytest.mark.parametrize(("method", "value"), [("sum", 10), ("min", 1), ("max", 4)])
def test_a_kind_may_have_its_own_method(method: Any, value: float) -> None:
    """Volumes add up, levels do not."""
    by_kind = MEAN.model_copy(update={"kinds": {"flow": method}})
    done = ingest(quarters("a", *"1234"), aggregation=by_kind)
    assert done.readings["value"].to_list() == [value]


def test_a_step_with_too_few_values_is_missing() -> None:
    """Half an hour of values is no value of the hour; a quarter may be missing."""
    done = ingest(quarters("b", "1", "", "", "4", "1", "2", "", "3", *"1234"), aggregation=MEAN)
    assert done.readings["value"].to_list() == [None, 2.0, 2.5]
    assert done.account.missing_values == 1


def test_faults_and_repetitions_are_told_before_values_are_joined() -> None:
    """A bad row is rejected alone, a repeated one counts once, a contradiction not at all."""
    rows = quarters("b", *"1234", *"5678")
    again = rows.filter(pl.col("v") == "2")
    contradiction = rows.filter(pl.col("v") == "7").with_columns(v=pl.lit("70"))
    bad = long(("2021-01-01T02:00", "b", "bad"))
    done = ingest(pl.concat([rows, again, contradiction, bad]), aggregation=MEAN)
    assert done.readings["value"].to_list() == [2.5, pytest.approx((5 + 6 + 8) / 3)]
    assert done.account.duplicates == 1
    assert done.account.rejected == {"conflicting_values": 2, "unreadable_value": 1}


def test_others_keep_to_the_grid() -> None:
    """A clock that drifts, or that is half an hour off, is not a finer grid."""
    drifting = long(*((f"2021-01-01T{h:02}:{3 * h:02}", "b", "1") for h in range(20)))
    late = long(*((f"2021-01-01T{h:02}:30", "c", "1") for h in range(20)))
    done = ingest(pl.concat([drifting, late, quarters("d", *"1234")]), aggregation=MEAN)
    assert done.account.rejected == {"off_grid": 17 + 20}
    assert done.account.merged == 3


def test_without_a_method_they_are_rejected() -> None:
    """Nobody guesses whether values add up."""
    done = ingest(quarters("b", *"1234"))
    assert done.account.rejected == {"off_grid": 3}
