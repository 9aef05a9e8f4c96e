"""The node of the pipelines of these tests: a process that runs it imports nothing more."""

import pandas as pd

__all__ = ["made"]


def made() -> pd.DataFrame:
    """A table."""
    return pd.DataFrame({"sensor_id": ["a", "b"], "value": [1.0, 2.0]})
