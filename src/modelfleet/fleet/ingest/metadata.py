"""What is refused in the metadata of the sensors, because no one can tell what it means."""

from collections.abc import Mapping

import polars as pl

from modelfleet.domain.errors import SchemaError, listing
from modelfleet.fleet.ingest.identity import one_form

__all__ = ["check_ids", "check_limits", "check_renames", "finite_numbers"]


def check_ids(ids: pl.Series) -> None:
    """Refuse rows without an id, and two rows of one sensor.

    Args:
        ids: as they stand in the source, before they are brought into one Unicode form.

    Raises:
        SchemaError: names the ids and their rows.
    """
    known = pl.DataFrame({"id": one_form(ids), "given": ids.cast(pl.String)}).with_row_index("row")
    blank = known.filter(pl.col("id").is_null() | (pl.col("id").str.strip_chars() == ""))["row"]
    if len(blank):
        raise SchemaError(
            f"raw sensors: {len(blank)} rows have no sensor id: rows {listing(blank)} (row 0 is "
            "the first); name them, or remove them"
        )
    twice = known.filter(pl.col("id").is_duplicated()).sort("id", "row")
    if twice.is_empty():
        return
    names = twice["id"].unique(maintain_order=True)
    forms = twice.group_by("id").agg(pl.col("given").n_unique())["given"].max() != 1
    also = ", some in two Unicode forms that look the same" if forms else ""
    raise SchemaError(
        f"raw sensors: sensor id {listing(names)} stands in more than one row{also}: rows "
        f"{listing(twice['row'])} (row 0 is the first); keep one of each"
    )


def finite_numbers(table: pl.DataFrame, name: str) -> pl.Series:
    """A column as numbers, null where nothing is given.

    Raises:
        SchemaError: names the sensors whose entry is none. A limit that is not a number would be
            neither above nor below anything, and reject every row.
    """
    column = table[name]
    numbers = column.cast(pl.Float64, strict=False)
    wrong = table.filter(column.is_not_null() & ~numbers.is_finite().fill_null(value=False))
    if wrong.height:
        raise SchemaError(
            f"raw sensors: {name} of sensor {listing(wrong['sensor_id'])} is no number, such as "
            f"{wrong[name][0]!r}; correct it, or leave it empty"
        )
    return numbers


def check_limits(table: pl.DataFrame) -> None:
    """Refuse limits that leave nothing between them.

    Raises:
        SchemaError: names the sensors and the first pair.
    """
    crossed = table.filter(pl.col("lower_limit") > pl.col("upper_limit"))
    if crossed.height:
        lower, upper = crossed.select("lower_limit", "upper_limit").row(0)
        raise SchemaError(
            f"raw sensors: the lower limit of sensor {listing(crossed['sensor_id'])} is above its "
            f"upper limit, such as {lower:g} above {upper:g}; correct them"
        )


def check_renames(table: pl.DataFrame) -> None:
    """Refuse former ids by which no one can tell which sensor goes on.

    Raises:
        SchemaError: two sensors have one former id, or following the former ids runs in a circle.
    """
    renamed = table.drop_nulls("renamed_from")
    twice = renamed.filter(pl.col("renamed_from").is_duplicated())
    if twice.height:
        raise SchemaError(
            f"raw sensors: {listing(twice['renamed_from'].unique().sort())} is the former id of "
            f"more than one sensor: {listing(twice['sensor_id'])}; a sensor goes on as one, leave "
            "it with that one"
        )
    former = dict(renamed.select("sensor_id", "renamed_from").iter_rows())
    circular = [sensor_id for sensor_id in former if _leads_back(sensor_id, former)]
    if circular:
        raise SchemaError(
            f"raw sensors: following their former ids, {listing(circular)} were once themselves; "
            "clear the former id of the one that came first"
        )


def _leads_back(sensor_id: str, former: Mapping[str, str]) -> bool:
    before = sensor_id
    for _ in former:  # no chain is longer
        if before not in former:
            return False
        before = former[before]
        if before == sensor_id:
            return True
    return False
