"""Great Expectations over the fleet: one run, whatever the number of sensors.

Expectations come from configuration as plain Great Expectations types. Each says what follows where
it is not met: the run stops, the sensors that fail are quarantined, or it is only reported.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from modelfleet.domain.errors import ConfigurationError, ExpectationError, listing
from modelfleet.domain.parameters.validation import Expectation

__all__ = ["check_expectations", "stop_if_unmet", "unmet_by_sensor"]

ID = "sensor_id"
POSITION = "position"


def check_expectations(
    tables: Mapping[str, pd.DataFrame], expectations: Sequence[Expectation]
) -> list[dict[str, Any]]:
    """Check all expectations.

    Args:
        tables: ``schema``, ``fleet`` and ``profiles`` (one row per sensor).
        expectations: from configuration.

    Returns:
        one result per expectation, in order: ``table``, ``type``, ``column``, ``consequence``,
        ``reason``, ``success``, ``unexpected_count``, ``unexpected_sensors``, ``message``.
    """
    if not expectations:
        return []
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx  # takes seconds, and only this stage needs it
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # This module of theirs sets its own level, whatever logging.yml says.
    logging.getLogger(ProgressBarsConfig.__module__).setLevel(logging.WARNING)

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("fleet")
    results: list[dict[str, Any]] = [{} for _ in expectations]
    for name, table in tables.items():
        chosen = [i for i, e in enumerate(expectations) if e.table == name]
        if not chosen:
            continue
        asset = source.add_dataframe_asset(name)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
        suite = gx.ExpectationSuite(name, [_build(expectations[i], i) for i in chosen])
        detail: dict[str, Any] = {"result_format": "COMPLETE"}
        if ID in table.columns:
            detail["unexpected_index_column_names"] = [ID]
        outcome = batch.validate(suite, result_format=detail)
        for found in outcome.results:  # in whatever order
            made_from: Any = found.expectation_config
            i = made_from.meta[POSITION]
            results[i] = _result(expectations[i], found)
    return results


def stop_if_unmet(results: Sequence[Mapping[str, Any]]) -> None:
    """Stop the run where an expectation with that consequence is not met.

    Raises:
        ExpectationError: names every one of them.
    """
    unmet = [r for r in results if not r["success"] and r["consequence"] == "stop"]
    if unmet:
        lines = "\n".join(f"  - {r['reason']}: {r['message']}" for r in unmet)
        raise ExpectationError(
            f"{len(unmet)} expectation(s) that stop the run are not met:\n{lines}\n"
            "look at the data-quality page, then correct the data, or validation.expectations in "
            "parameters_validation.yml"
        )


def unmet_by_sensor(results: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Reasons by sensor, from the expectations that quarantine."""
    unmet: dict[str, list[str]] = {}
    for result in results:
        if not result["success"] and result["consequence"] == "quarantine":
            for sensor_id in result["unexpected_sensors"]:
                unmet.setdefault(sensor_id, []).append(result["reason"])
    return unmet


def _build(expectation: Expectation, position: int) -> Any:
    from great_expectations.exceptions.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import get_expectation_impl

    try:
        kind = get_expectation_impl(expectation.type)
        return kind(**expectation.arguments, meta={POSITION: position})
    except (ExpectationNotFoundError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"validation.expectations: {expectation.type!r} cannot be made with "
            f"{expectation.arguments}: {error}"
        ) from error


def _result(expectation: Expectation, found: Any) -> dict[str, Any]:
    detail = found.result or {}
    rows = detail.get("unexpected_index_list") or []
    sensors = sorted({str(row[ID]) for row in rows if isinstance(row, dict)})
    column = expectation.arguments.get("column")
    return {
        "table": expectation.table,
        "type": expectation.type,
        "column": column,
        "consequence": expectation.consequence,
        "reason": expectation.reason,
        "success": bool(found.success),
        "unexpected_count": int(detail.get("unexpected_count") or (not found.success)),
        "unexpected_sensors": sensors,
        "message": _message(expectation, found, sensors),
    }


def _message(expectation: Expectation, found: Any, sensors: Sequence[str]) -> str:
    asked = ", ".join(f"{key}={value!r}" for key, value in expectation.arguments.items())
    text = f"{expectation.type}({asked}) on table {expectation.table!r}"
    if found.success:
        return f"{text}: met"
    if sensors:
        return f"{text}: not met by {listing(sensors)}"
    detail = found.result or {}
    seen = detail.get("observed_value", (detail.get("unexpected_list") or [None])[0])
    return f"{text}: not met; observed {seen!r}{_failures(found.exception_info or {})}"


def _failures(info: Mapping[str, Any]) -> str:
    """What went wrong while an expectation was looked at, for instance that a column is missing."""
    nested = [info, *(part for part in info.values() if isinstance(part, Mapping))]
    texts = {str(part["exception_message"]) for part in nested if part.get("exception_message")}
    return "".join(f"; {text}" for text in sorted(texts))
