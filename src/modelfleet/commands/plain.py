"""Values of tables as JSON can hold them."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """As JSON can hold it: NaN and infinity are null, times are text."""
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, date) else value
