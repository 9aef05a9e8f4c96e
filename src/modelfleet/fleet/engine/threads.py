"""One thread per worker: there are as many workers as cores."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ONE_THREAD"]

ONE_THREAD: Mapping[str, str] = MappingProxyType(
    {
        "MKL_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "POLARS_MAX_THREADS": "1",
    }
)
"""Environment of the worker processes that we start ourselves."""
