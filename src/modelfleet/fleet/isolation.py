"""One sensor's failure is that sensor's outcome and nobody else's."""

import logging
from collections.abc import Callable
from typing import Any

__all__ = ["isolated"]

logger = logging.getLogger(__name__)

LONGEST_REASON = 500


def isolated(compute: Callable[[], dict[str, Any]], *, sensor_id: str) -> dict[str, Any]:
    """Run one sensor's computation; an exception becomes its ``failed`` outcome with the reason."""
    try:
        return {"sensor_id": sensor_id, **compute()}
    except Exception as error:  # noqa: BLE001  whatever a sensor's data or estimator does, the fleet goes on
        reason = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
        logger.warning("sensor %r failed: %s", sensor_id, reason)
        return {"sensor_id": sensor_id, "outcome": "failed", "reason": reason}
