"""Rejected rows by reason, with some of them as they came."""

from modelfleet.reporting.quality.rejections import list_rejections, rejected_by_sensor
from tests.reporting.quality.contents import batch_rows, rejected_rows

ROWS = rejected_rows(
    ("a", "yesterday", "1", "unreadable_timestamp"),
    ("a", "2024-01-01T00:17", "1", "off_grid"),
    ("a", "2024-01-01T00:18", " 7 ", "off_grid"),
    ("b", "2024-01-01T00:19", "1e3", "off_grid"),
    (None, None, None, "missing_sensor_id"),
)
TOTAL = {"missing_sensor_id": 1, "off_grid": 3, "unreadable_timestamp": 1}


def test_reasons_are_counted_in_all_and_in_the_newest_batch() -> None:
    """The most frequent first; the counts are the account's, whatever the table kept."""
    batches = batch_rows({"rejected": TOTAL}, {"rejected": {"off_grid": 2}})
    found = list_rejections(ROWS, {**TOTAL, "off_grid": 5}, batches, examples=2)
    assert [(each.reason, each.rows, each.newest) for each in found] == [
        ("off_grid", 5, 2),
        ("missing_sensor_id", 1, 0),
        ("unreadable_timestamp", 1, 0),
    ]


def test_examples_are_few_and_as_they_came() -> None:
    """Raw text with its place, nothing where there was nothing."""
    found = list_rejections(ROWS, TOTAL, batch_rows({}), examples=2)
    examples = {each.reason: each.examples for each in found}
    assert [(e.row, e.timestamp, e.value) for e in examples["off_grid"]] == [
        (1, "2024-01-01T00:17", "1"),
        (2, "2024-01-01T00:18", " 7 "),
    ]
    assert examples["missing_sensor_id"][0].sensor_id is None
    assert not any(e.examples for e in list_rejections(ROWS, TOTAL, batch_rows({}), examples=0))


def test_examples_are_of_the_newest_batch_that_has_any() -> None:
    """Yesterday's rows say more than those of the first delivery."""
    newer = ROWS.tail(2).head(1).with_columns(batch=ROWS["batch"].replace("b0", "b1").head(1))
    both = newer.vstack(ROWS).sample(fraction=1.0, shuffle=True, seed=3)
    (found, *_) = list_rejections(both, TOTAL, batch_rows({}, {}), examples=2)
    assert [(e.batch, e.row) for e in found.examples] == [("b1", 3), ("b0", 1)]


def test_nothing_rejected_is_nothing_to_list() -> None:
    """A clean fleet has no reasons, also before any batch."""
    assert list_rejections(rejected_rows(), {}, batch_rows(), examples=3) == ()


def test_reasons_of_a_sensor_most_frequent_first() -> None:
    """Each with its count."""
    found = dict(rejected_by_sensor(ROWS).iter_rows())
    assert found["a"] == ["off_grid 2", "unreadable_timestamp 1"]
    assert found["b"] == ["off_grid 1"]
