"""From the columns of a raw file to ``row``, ``sensor_id``, ``timestamp`` and ``value``."""

import polars as pl

from modelfleet.domain.errors import SchemaError, listing
from modelfleet.domain.parameters.ingestion import ReadingLayout

__all__ = ["read_layout", "require_columns"]


def require_columns(present: list[str], needed: list[str], *, what: str, setting: str) -> None:
    """Refuse a table that lacks a column.

    Raises:
        SchemaError: names the columns, those that are there, and the setting to correct.
    """
    missing = [name for name in needed if name not in present]
    if missing:
        raise SchemaError(
            f"{what}: column {listing(missing)} is missing; the columns are "
            f"{listing(present)}; correct the file, or {setting} in parameters_ingestion.yml"
        )


def read_layout(
    raw: pl.LazyFrame, layout: ReadingLayout, *, what: str = "raw readings"
) -> tuple[pl.DataFrame, list[str]]:
    """Bring a long or wide table into one shape.

    Returns:
        ``row`` (0-based line of the source), ``sensor_id`` (text), ``timestamp`` and ``value`` as
        they came, and the names of the columns that were ignored.
    """
    columns = raw.collect_schema().names()
    setting = "ingestion.readings"
    if layout.kind == "wide":
        require_columns(columns, [layout.timestamp], what=what, setting=setting)
        sensors = [name for name in columns if name != layout.timestamp]
        if not sensors:
            raise SchemaError(f"{what}: a wide table needs at least one column per sensor")
        wide = raw.with_row_index("row").collect()
        frame = wide.unpivot(
            on=sensors,
            index=["row", layout.timestamp],
            variable_name="sensor_id",
            value_name="value",
        )
        return frame.rename({layout.timestamp: "timestamp"}), []
    wanted = {layout.timestamp: "timestamp", layout.sensor_id: "sensor_id", layout.value: "value"}
    named = {str(source): target for source, target in wanted.items()}
    require_columns(columns, list(named), what=what, setting=setting)
    frame = (
        raw.select(pl.col(source).alias(target) for source, target in named.items())
        .with_row_index("row")
        .collect()
    )
    return frame, [name for name in columns if name not in named]
