"""One sensor's failure is that sensor's outcome and nobody else's."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Failure", "attempt", "failed_row", "isolated", "reason_of"]

logger = logging.getLogger(__name__)

LONGEST_REASON = 500


Result = TypeVar("Result")


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


def failed_row(sensor_id: str, reason: str) -> dict[str, Any]:
    """A sensor's row in the result of any task that could not be done for it."""
    return {"sensor_id": sensor_id, "outcome": "failed", "reason": reason}


def reason_of(error: BaseException) -> str:
    """An error in one line: its type and the first line of its message."""
    first, *_ = [*str(error).strip().splitlines(), ""]
    return f"{type(error).__name__}: {first}"[:LONGEST_REASON]
