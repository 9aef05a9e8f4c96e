"""The forty bad inputs, and what each gets.

F: the run fails before it writes anything, with an error that names the offender and the remedy.
R: the rows are rejected with that reason. S: the sensor is quarantined with that reason, and the
others are not. N: normalised, and counted in the account.
"""

import io
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from tests.bad_inputs.rows import (
    GOOD,
    SOUND,
    metadata,
    rows,
    series,
    since,
    with_good,
    with_sound,
)
from tests.fleet.test_admissions import DAY, LENGTH, WEEK, changed, sound

__all__ = ["CASES", "Case"]

Delivery = pl.DataFrame | bytes


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes:
        number: in the list of bad inputs.
        title: what is wrong.
        verdict: what it gets.
        reason: part of the error (F); reason of the rejected rows (R); reasons of the quarantined
            sensors, joined (S); the figure of the account that counts it (N).
        deliveries: files, one run of the ingestion after each; the last one is the bad one. Of a
            tuple, all files come at once.
        says: further parts of the error: columns, rows, values and the remedy (F); or of the
            explanations (S).
        hides: what the error leaves out, because ten rows are enough.
        faulty: the sensors that are quarantined.
        metadata: of the known sensors.
        layout: settings of the raw readings that differ.
        retired: column of the metadata that tells who is retired.
    """

    number: int
    title: str
    verdict: Literal["F", "R", "S", "N"]
    reason: str
    deliveries: tuple[Delivery | tuple[Delivery, ...], ...]
    says: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    faulty: tuple[str, ...] = ("faulty",)
    metadata: pl.DataFrame = field(default_factory=lambda: metadata("a", "b"))
    layout: dict[str, Any] = field(default_factory=dict)
    retired: str | None = None

    def __str__(self) -> str:
        return f"{self.number}-{self.title.replace(' ', '_')}"


def case(
    number: int,
    title: str,
    verdict: Literal["F", "R", "S", "N"],
    reason: str,
    *deliveries: Delivery | tuple[Delivery, ...],
    **options: Any,
) -> Case:
    """A case whose last delivery is the bad one."""
    if verdict == "S":
        options = {"metadata": metadata("sound", "faulty"), **options}
    return Case(number, title, verdict, reason, deliveries, **options)


def parquet(frame: pl.DataFrame) -> bytes:
    """A table as the bytes of a Parquet file."""
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def faulty(values: Any, **options: Any) -> pl.DataFrame:
    """A sensor with these values beside one that is in order."""
    return with_sound(series("faulty", values, **options))


ROME = {"time_zone": "Europe/Rome"}
COMPOSED = unicodedata.normalize("NFC", "Pégase")
DECOMPOSED = unicodedata.normalize("NFD", "Pégase")
ACCENTS = metadata("a", COMPOSED, DECOMPOSED)
PATHS = ("../x", "/etc/x", "a\0b")
MUCH_TEXT = rows(*((f"2021-01-01T{hour:02}:00", "b", "bad") for hour in range(24)))
TYPED = GOOD.with_columns(pl.col("time").str.to_datetime())
EPOCH_MS = 1_612_137_600_000
WRONG_UNIT = pl.DataFrame(
    {"time": [EPOCH_MS, EPOCH_MS * 1_000_000], "id": "b", "v": "1"}  # years 1970 and 53056
).with_columns(pl.col("time").cast(pl.Datetime("us")))
EPOCHS = rows(*((f"1970-01-19T{hour:02}:00", "b", "1") for hour in range(24)))
SMALL = GOOD.with_columns(v=pl.lit(127, dtype=pl.Int8))
NUMBERED = GOOD.with_columns(id=pl.lit(7, dtype=pl.Int64))
WIDE_OF_RANGE = (("2021-02-01T00:00", "a", "101"), ("2021-02-01T01:00", "a", "100"))

HOURS = np.arange(LENGTH)
LATE = LENGTH - 10 * WEEK + 7
AT_NIGHT = np.where(HOURS % DAY < 3, 20.0, 0.0)
"""Minutes by which a clock is off for three hours of each day."""
EVERY_45 = np.arange(0.0, LENGTH * 60, 45)
LAST_DAYS = LENGTH - 5 * DAY
FLOOD = np.arange((LENGTH - LAST_DAYS) * 100)
"""A hundred rows an hour for the last days."""
SWAP = LENGTH - 4 * WEEK
SWAPPED = with_sound(
    series("faulty", since(SWAP, sound(20, 2), sound(32, 1))),
    series("other", since(SWAP, sound(32, 1), sound(20, 2))),
    series("moved", since(SWAP, sound(40, 3), sound(50, 3))),
)
RETIRED = metadata("sound", "faulty", gone=[None, "2021-10-01"])

CASES = [
    case(1, "duplicate, same value", "N", "duplicates=1",
         with_good(("2021-01-01T00:00", "b", "0"))),
    case(2, "duplicate, other value", "R", "conflicting_values",
         with_good(("2021-01-01T00:00", "b", "9"))),
    case(2, "other value than stored", "R", "conflicts_with_stored", GOOD,
         rows(("2021-01-01T00:00", "b", "9"))),
    case(3, "ambiguous local hour", "R", "ambiguous_local_time",
         with_good(("2021-10-31T02:00", "b", "1")), layout=ROME),
    case(3, "doubled hour in order", "N", "stored=202",
         with_good(("2021-10-31T02:00", "b", "1"), ("2021-10-31T02:00", "b", "2")), layout=ROME),
    case(4, "local hour that does not exist", "R", "nonexistent_local_time",
         with_good(("2021-03-28T02:00", "b", "1")), layout=ROME),
    case(5, "naive times, no zone declared", "F", "name no time zone", GOOD,
         says=("set time_zone in parameters_ingestion.yml",), layout={"time_zone": None}),
    case(6, "mixed offsets", "N", "stored=2",
         rows(("2021-01-01T02:00+02:00", "b", "1"), ("2021-01-01T01:00Z", "b", "2"))),
    case(7, "naive and aware mixed", "F", "1 of 201 timestamps carry an offset",
         with_good(("2021-02-01T00:00Z", "b", "1")), says=("write all of them one way",)),
    case(8, "NaN or null value", "N", "missing_values=2",
         with_good(("2021-02-01T00:00", "b", "NaN"), ("2021-02-01T01:00", "b", None))),
    case(8, "NaN values over the limit", "S", "low_coverage",
         faulty(sound()).with_columns(
             v=pl.when((pl.col("id") == "faulty") & (pl.int_range(pl.len()) % 3 > 0))
             .then(pl.lit("NaN")).otherwise("v"))),
    case(9, "infinite", "R", "not_finite",
         with_good(("2021-02-01T00:00", "b", "inf"), ("2021-02-01T01:00", "b", "-inf"))),
    case(10, "negative where the limit is 0", "R", "below_lower_limit",
         with_good(("2021-02-01T00:00", "a", "-1"))),
    case(11, "outside the physical range", "R", "above_upper_limit", with_good(*WIDE_OF_RANGE)),
    case(12, "stuck at a constant", "S", "stuck_at_end", faulty(changed(-30, None, 20.0))),
    case(13, "unit switch, times 1000", "S", "unit_switch",
         faulty(since(LATE, sound(), sound() * 1000))),
    case(14, "level shift", "S", "level_shift",
         faulty(since(LENGTH - 3 * WEEK + 7, sound(), sound(80)))),
    case(15, "clock drifts within tolerance", "N", "moved_to_grid=1",
         with_good(("2021-02-01T00:04", "b", "1"))),
    case(15, "clock drifts over tolerance", "S", "clock_drift",
         faulty(sound(), minutes=HOURS * 60 + AT_NIGHT)),
    case(16, "in the future", "R", "in_the_future", with_good(("2039-02-01T00:00", "b", "1"))),
    case(17, "rows out of order", "N", "stored=200",
         GOOD.sample(fraction=1, shuffle=True, seed=3)),
    case(18, "late rows", "N", "late=1", GOOD, rows(("2020-12-31T00:00", "b", "1"))),
    case(19, "gap of weeks", "S", "long_gap", faulty(changed(-7 * WEEK, -7 * WEEK + 700, np.nan))),
    case(20, "finer step, a quarter of an hour", "N", f"merged={3 * LENGTH}",
         series("b", np.repeat(sound(), 4), minutes=np.arange(4.0 * LENGTH) * 15)),
    case(20, "step that does not divide the hour", "S", "low_coverage; clock_drift",
         faulty(np.tile(sound(), 2)[: len(EVERY_45)], minutes=EVERY_45)),
    case(21, "epoch read in the wrong unit", "R", "implausible_time",
         pl.concat([TYPED, WRONG_UNIT])),
    case(21, "epoch in the wrong unit, many rows", "F", "24 of 224 rows cannot be read",
         pl.concat([GOOD, EPOCHS]), hides=("1970-01-19T10:00",),
         says=("(200, '1970-01-19T00:00', '1')", "'1970-01-19T09:00'", "correct the file")),
    case(21, "typed, in the wrong unit", "F", "10 of 210 rows cannot be read",
         pl.concat([TYPED, *[WRONG_UNIT] * 5]),
         says=("(200, '1970-01-19", "'+53056-08-10", "correct the file")),
    case(22, "small integers", "N", "stored=200", SMALL),
    case(23, "decimal commas", "F", "1 values have a decimal comma",
         with_good(("2021-02-01T00:00", "b", "1,5")),
         says=("(200, '1,5')", "set decimal_comma")),
    case(24, "text among numbers", "R", "unreadable_value",
         with_good(("2021-02-01T00:00", "b", "bad"), ("2021-02-01T01:00", "b", "#N/A"))),
    case(24, "much text among numbers", "F", "24 of 24 rows cannot be read", MUCH_TEXT,
         says=("(0, '2021-01-01T00:00', 'bad')", "T09:00", "correct the file"), hides=("T10:00",)),
    case(25, "required column missing", "F", "column 'v' is missing", GOOD.drop("v"),
         says=("'time', 'id'", "correct the file, or ingestion.readings")),
    case(26, "extra column", "N", "ignored_columns=['note']", GOOD.with_columns(note=pl.lit("x"))),
    case(27, "columns in another order", "N", "stored=200", GOOD.select("v", "time", "id")),
    case(27, "columns renamed", "F", "column 'id' is missing", GOOD.rename({"id": "sensor"}),
         says=("'sensor'", "correct the file, or ingestion.readings")),
    case(28, "ids change from number to text", "F", "sensor ids are texts", NUMBERED, GOOD,
         says=("'007' and 7", "write ids the same way")),
    case(29, "expected file without a byte", "F", "are empty (0 bytes)", (GOOD, b""),
         says=("deliver them again",)),
    case(29, "expected file without a row", "F", "is expected and has no rows",
         (GOOD, GOOD.clear()), says=("deliver it again",)),
    case(30, "known sensor without data", "S", "no_data", SOUND),
    case(31, "sensor not seen before", "S", "too_young",
         faulty(changed(0, LENGTH - 20 * WEEK, np.nan)), metadata=metadata("sound")),
    case(32, "sensor no longer sends", "S", "dead", faulty(changed(-200, None, np.nan))),
    case(32, "then retired by its owner", "S", "retired_by_owner",
         faulty(changed(-200, None, np.nan)), metadata=RETIRED, retired="gone"),
    case(33, "two sensors swapped", "S", "looks_swapped", SWAPPED, faulty=("faulty", "other"),
         says=("limit 0.25 (with other)", "limit 0.25 (with faulty)"),
         metadata=metadata("sound", "faulty", "other", "moved")),
    case(34, "null id", "R", "missing_sensor_id",
         with_good(("2021-02-01T00:00", None, "1"), ("2021-02-01T00:00", "", "1"))),
    case(35, "one id in two Unicode forms", "N", "duplicates=1",
         rows(("2021-01-01T00:00", COMPOSED, "1"), ("2021-01-01T00:00", DECOMPOSED, "1"))),
    case(35, "two sensors collide in Unicode", "F", "in two Unicode forms", GOOD,
         metadata=ACCENTS, says=(f"sensor id {COMPOSED!r}", "rows 1, 2", "keep one of each")),
    case(36, "ids that look like paths", "N", "stored=3",
         rows(*((f"2021-01-01T0{i}:00", name, "1") for i, name in enumerate(PATHS)))),
    case(37, "ids 007 and 7", "N", "stored=2",
         rows(("2021-01-01T00:00", "007", "1"), ("2021-01-01T00:00", "7", "2"))),
    case(38, "zero variance", "S", "stuck_at_end; stuck; no_variance",
         faulty(np.full(LENGTH, 20.0))),
    case(38, "a single row", "S", "too_young; no_variance",
         faulty(changed(0, LENGTH - 1, np.nan))),
    case(39, "truncated Parquet", "F", "truncated, corrupt", (GOOD, parquet(GOOD)[:-100]),
         says=("cannot be read as parquet", "deliver the file again")),
    case(39, "bytes that are no Parquet", "F", "truncated, corrupt",
         (GOOD, b"PAR1" + b"\xff" * 500), says=("deliver the file again",)),
    case(40, "a hundred times the rows", "S", "too_many_rows",
         faulty(
             np.concatenate([sound()[:LAST_DAYS], 20.0 + FLOOD % 2]),
             minutes=np.concatenate([HOURS[:LAST_DAYS] * 60.0, LAST_DAYS * 60 + FLOOD * 0.6]),
         )),
]  # fmt: skip
"""Every number of the list at least once; where one input gets two verdicts, twice."""
