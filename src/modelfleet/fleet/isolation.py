"""One sensor's failure is that sensor's outcome and nobody else's."""

import logging
from collections.abc import Callable
from typing import Any

__all__ = ["failed_row", "isolated", "reason_of"]

logger = logging.getLogger(__name__)

LONGEST_REASON = 500


def isolated(compute: Callable[[], dict[str, Any]], *, sensor_id: str) -> dict[str, Any]:
    """Run one sensor's computation; an exception becomes its ``failed`` outcome with the reason.

    Raises:
        MemoryError: memory is the machine's matter, and the engine's: it tries with fewer sensors.
    """
    try:
        return {"sensor_id": sensor_id, **compute()}
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a sensor's data or estimator does, the fleet goes on
        reason = reason_of(error)
        logger.warning("sensor %r failed: %s", sensor_id, reason)
        return failed_row(sensor_id, reason)


def failed_row(sensor_id: str, reason: str) -> dict[str, Any]:
    """A sensor's row in the result of any task that could not be done for it."""
    return {"sensor_id": sensor_id, "outcome": "failed", "reason": reason}


def reason_of(error: BaseException) -> str:
    """An error in one line: its type and the first line of its message."""
    first, *_ = [*str(error).strip().splitlines(), ""]
    return f"{type(error).__name__}: {first}"[:LONGEST_REASON]
