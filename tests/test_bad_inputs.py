"""Bad inputs and what each gets: the verdict and the reason.

F: the run fails before it writes, with an error that names the offender and the remedy. R: the rows
are rejected with that reason. N: normalised and counted. What quarantines a sensor (S) is tested
with profiles and admissions. `pytest -k bad_inputs -s` prints the table.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import ModelfleetError
from modelfleet.fleet.ingest import Account
from modelfleet.stores.ingestion_store import DeltaIngestionStore
from tests.fleet.ingest.batches import ingest, make_store, raw, table

GOOD = raw(*((hour, "b", hour) for hour in range(200)))


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes:
        number: as in the list of bad inputs.
        title: what is wrong.
        verdict: F, R or N.
        reason: rejected with it, or part of the error, or the figure of the account that counts it.
        batches: the raw tables, ingested one after the other.
        layout: settings of the raw readings that differ.
    """

    number: int
    title: str
    verdict: str
    reason: str
    batches: tuple[pl.DataFrame, ...]
    layout: dict[str, Any]


def case(
    number: int, title: str, verdict: str, reason: str, *batches: pl.DataFrame, **layout: Any
) -> Case:
    """A case whose last batch is the bad one."""
    return Case(number, title, verdict, reason, batches, layout)


def stamped(*rows: tuple[str | None, Any, Any]) -> pl.DataFrame:
    """Raw rows with their times as text."""
    return pl.DataFrame(
        rows, schema={"time": pl.String, "id": pl.String, "v": pl.String}, orient="row"
    )


def with_good(*rows: tuple[str | None, Any, Any]) -> pl.DataFrame:
    """A few bad rows among good ones."""
    return pl.concat([GOOD, stamped(*rows)])


ROME = {"time_zone": "Europe/Rome"}
COMPOSED = unicodedata.normalize("NFC", "Pégase")
DECOMPOSED = unicodedata.normalize("NFD", "Pégase")
MANY_BAD = stamped(*((f"2021-01-01T{h:02}:00", "b", "bad") for h in range(24)))
EPOCH_BATCH = stamped(*((f"1970-01-19T{h:02}:00", "b", "1") for h in range(24)))
NUMBERS = GOOD.with_columns(id=pl.lit(7, dtype=pl.Int64))
SMALL = GOOD.with_columns(v=pl.lit(127, dtype=pl.Int8))

PATHS = ["../x", "/etc/x", "a\0b"]

CASES = [
    case(1, "duplicate, same value", "N", "duplicates=1",
         with_good(("2021-01-01T00:00", "b", "0"))),
    case(2, "duplicate, other value", "R", "conflicting_values",
         with_good(("2021-01-01T00:00", "b", "9"))),
    case(2, "other value than stored", "R", "conflicts_with_stored", GOOD,
         stamped(("2021-01-01T00:00", "b", "9"))),
    case(3, "ambiguous local hour", "R", "ambiguous_local_time",
         with_good(("2021-10-31T02:00", "b", "1")), **ROME),
    case(3, "doubled hour in order", "N", "stored=202",
         with_good(("2021-10-31T02:00", "b", "1"), ("2021-10-31T02:00", "b", "2")), **ROME),
    case(4, "local hour that does not exist", "R", "nonexistent_local_time",
         with_good(("2021-03-28T02:00", "b", "1")), **ROME),
    case(5, "naive times, no zone declared", "F", "none is declared", GOOD, time_zone=None),
    case(6, "mixed offsets", "N", "stored=2",
         stamped(("2021-01-01T02:00+02:00", "b", "1"), ("2021-01-01T01:00Z", "b", "2"))),
    case(7, "naive and aware mixed", "F", "carry an offset",
         with_good(("2021-02-01T00:00Z", "b", "1"))),
    case(8, "NaN or null", "N", "missing_values=2",
         with_good(("2021-02-01T00:00", "b", "NaN"), ("2021-02-01T01:00", "b", None))),
    case(9, "infinite", "R", "not_finite", with_good(("2021-02-01T00:00", "b", "-inf"))),
    case(10, "negative where the limit is 0", "R", "below_lower_limit",
         with_good(("2021-02-01T00:00", "a", "-1"))),
    case(11, "outside the physical range", "R", "above_upper_limit",
         with_good(("2021-02-01T00:00", "a", "101"))),
    case(15, "clock drifts within tolerance", "N", "moved_to_grid=1",
         with_good(("2021-02-01T00:04", "b", "1"))),
    case(15, "clock drifts over tolerance", "R", "off_grid",
         with_good(("2021-02-01T00:06", "b", "1"))),
    case(16, "in the future", "R", "in_the_future", with_good(("2039-02-01T00:00", "b", "1"))),
    case(17, "rows out of order", "N", "stored=200", GOOD.reverse()),
    case(18, "late rows", "N", "late=1", GOOD, stamped(("2020-12-31T00:00", "b", "1"))),
    case(21, "epoch read in the wrong unit", "R", "implausible_time",
         with_good(("1970-01-19T00:00", "b", "1"))),
    case(21, "epoch in the wrong unit, all rows", "F", "24 of 224 rows cannot be read",
         pl.concat([GOOD, EPOCH_BATCH])),
    case(22, "small integers", "N", "stored=200", SMALL),
    case(23, "decimal commas", "F", "decimal comma", with_good(("2021-02-01T00:00", "b", "1,5"))),
    case(24, "text among numbers", "R", "unreadable_value",
         with_good(("2021-02-01T00:00", "b", "#N/A"))),
    case(24, "much text among numbers", "F", "cannot be read", MANY_BAD),
    case(25, "required column missing", "F", "'v' is missing", GOOD.drop("v")),
    case(26, "extra column", "N", "ignored_columns=['note']", GOOD.with_columns(note=pl.lit("x"))),
    case(27, "columns in another order", "N", "stored=200", GOOD.select("v", "time", "id")),
    case(27, "columns renamed", "F", "'id' is missing", GOOD.rename({"id": "sensor"})),
    case(28, "ids change from number to text", "F", "become one sensor or two", NUMBERS, GOOD),
    case(34, "null id", "R", "missing_sensor_id", with_good(("2021-02-01T00:00", None, "1"))),
    case(35, "one id in two Unicode forms", "N", "duplicates=1",
         stamped(("2021-01-01T00:00", COMPOSED, "1"), ("2021-01-01T00:00", DECOMPOSED, "1"))),
    case(36, "ids that look like paths", "N", "stored=3",
         stamped(*((f"2021-01-01T0{i}:00", n, "1") for i, n in enumerate(PATHS)))),
    case(37, "ids 007 and 7", "N", "stored=2",
         stamped(("2021-01-01T00:00", "007", "1"), ("2021-01-01T00:00", "7", "2"))),
]  # fmt: skip


@pytest.fixture(scope="module")
def printed() -> Iterator[Callable[[Case], None]]:
    """Prints the table when all cases are through."""
    lines: list[str] = []
    yield lambda c: lines.append(f"{c.number:>3}  {c.verdict}  {c.title:<36} {c.reason}")
    print("\n" + "\n".join(sorted(lines)))


def feed(store: DeltaIngestionStore, bad: Case) -> Account:
    """Ingest all batches of a case; 1 % of the rows may be unreadable, as by default."""
    named = [(f"batch-{i}", frame) for i, frame in enumerate(bad.batches)]
    for count in range(1, len(named)):
        ingest(store, *named[:count], max_unreadable_share=0.01, **bad.layout)
    ingest(store, *named, max_unreadable_share=0.01, **bad.layout)
    return store.accounts()[-1]


@pytest.mark.parametrize("bad", CASES, ids=lambda c: f"{c.number}-{c.title.replace(' ', '_')}")
def test_bad_inputs(bad: Case, tmp_path: Path, printed: Callable[[Case], None]) -> None:
    """Each gets its verdict and its reason, and no row is unaccounted."""
    store = make_store(tmp_path / "store")
    if bad.verdict == "F":
        with pytest.raises(ModelfleetError, match=bad.reason) as caught:
            feed(store, bad)
        assert f"batch-{len(bad.batches) - 1}" in str(caught.value)
        if len(bad.batches) == 1:
            assert not (tmp_path / "store").exists(), "nothing is written"
    else:
        account = feed(store, bad)
        account.check()
        if bad.verdict == "R":
            assert account.rejected == {bad.reason: account.rows_in - account.stored}
        else:
            name, _, figure = bad.reason.partition("=")
            assert str(getattr(account, name)) == figure
            assert account.rejected == {}
    printed(bad)


def test_small_integers_keep_their_value(tmp_path: Path) -> None:
    """Sums of a small-integer column would wrap; stored as floats they do not."""
    store = make_store(tmp_path)
    ingest(store, ("small", SMALL))
    assert sum(value or 0 for _, _, value in table(store)) == 127 * 200


def test_the_doubled_hour_is_stored_an_hour_apart(tmp_path: Path) -> None:
    """Order tells which is which."""
    store = make_store(tmp_path)
    ingest(
        store,
        ("rome", stamped(("2021-10-31T02:00", "b", "1"), ("2021-10-31T02:00", "b", "2"))),
        **ROME,
    )
    times: list[datetime] = [time for _, time, _ in table(store)]
    assert [time.hour for time in times] == [0, 1]
