"""One line per batch, in the order in which they were taken."""

import polars as pl

from modelfleet.reporting.quality import list_batches
from modelfleet.reporting.quality.batches import BATCH_SCHEMA
from tests.reporting.quality.contents import batch_rows


def test_a_batch_is_a_line_with_its_figures_and_reasons() -> None:
    """Whatever order the table has; rejected rows are summed and told by reason."""
    table = batch_rows({"late": 3}, {"rejected": {}}).reverse()
    listed = list_batches(table)
    assert listed.schema == BATCH_SCHEMA
    assert listed.select("number", "batch", "late", "rejected", "reasons").rows() == [
        (0, "b0", 3, 60, "off_grid 50, above_upper_limit 10"),
        (1, "b1", 0, 0, ""),
    ]


def test_an_account_without_a_figure_counts_zero() -> None:
    """Batches that were taken before a figure was counted stay readable."""
    old = '{"batch": "old", "rows_in": 2, "stored": 2, "duplicates": 0, "rejected": {}}'
    (row,) = list_batches(batch_rows({}).with_columns(account=pl.lit(old))).rows()
    assert row[:4] == (0, "old", 2, 2)
    assert set(row[4:-1]) == {0}


def test_no_batch_is_an_empty_table() -> None:
    """With its columns, so that a CSV has its header."""
    assert list_batches(batch_rows()).schema == BATCH_SCHEMA
