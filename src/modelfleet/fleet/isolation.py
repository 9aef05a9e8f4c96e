"""One sensor's failure is that sensor's outcome and nobody else's."""

import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Failure", "attempt", "failed_row", "isolated", "isolated_together", "reason_of"]

logger = logging.getLogger(__name__)

LONGEST_REASON = 500


Result = TypeVar("Result")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Failure:
    """What could not be computed, and why."""

    reason: str


def attempt(compute: Callable[[], Result], *, what: str) -> Result | Failure:
    """Compute something; an exception becomes a failure with its reason, and is logged.

    Args:
        compute: what to do.
        what: whose it is, for the log.

    Raises:
        MemoryError: memory is the machine's matter, and the engine's: it tries with fewer sensors.
    """
    try:
        return compute()
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a sensor's data or estimator does, the fleet goes on
        reason = reason_of(error)
        logger.warning("%s failed: %s", what, reason)
        return Failure(reason)


def isolated(compute: Callable[[], dict[str, Any]], *, sensor_id: str) -> dict[str, Any]:
    """Run one sensor's computation; an exception becomes its ``failed`` outcome with the reason.

    Raises:
        MemoryError: see :func:`attempt`.
    """
    row = attempt(compute, what=f"sensor {sensor_id!r}")
    if isinstance(row, Failure):
        return failed_row(sensor_id, row.reason)
    return {"sensor_id": sensor_id, **row}


def isolated_together(
    compute: Callable[[Sequence[Item]], list[dict[str, Any]]],
    items: Sequence[Item],
    *,
    sensor_ids: Sequence[str],
) -> list[dict[str, Any]]:
    """Run several sensors' computation at once; if it fails, each is tried alone.

    So only those become ``failed`` that fail alone: see :func:`isolated`.

    Args:
        compute: gives a row per item.
        items: what to compute, one per sensor.
        sensor_ids: of the same sensors.

    Raises:
        MemoryError: see :func:`attempt`.
    """
    try:
        rows = compute(items) if items else []
    except MemoryError:
        raise
    except (Exception, SystemExit):  # noqa: BLE001  whose it is, is found one by one
        return [
            isolated(functools.partial(_alone, compute, item), sensor_id=sensor_id)
            for item, sensor_id in zip(items, sensor_ids, strict=True)
        ]
    return [{"sensor_id": name, **row} for name, row in zip(sensor_ids, rows, strict=True)]


def _alone(compute: Callable[[Sequence[Item]], list[dict[str, Any]]], item: Item) -> dict[str, Any]:
    (row,) = compute([item])
    return row


def failed_row(sensor_id: str, reason: str) -> dict[str, Any]:
    """A sensor's row in the result of any task that could not be done for it."""
    return {"sensor_id": sensor_id, "outcome": "failed", "reason": reason}


def reason_of(error: BaseException) -> str:
    """An error in one line: its type and the first line of its message."""
    first, *_ = [*str(error).strip().splitlines(), ""]
    return f"{type(error).__name__}: {first}"[:LONGEST_REASON]
