"""How Kedro reads conf/: for runs by the settings, for commands without loading a whole session."""

from typing import Any

__all__ = ["CONFIG_LOADER_ARGS"]

CONFIG_LOADER_ARGS: dict[str, Any] = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment says only what differs; the rest comes from base, at every depth.
    "merge_strategy": {"parameters": "soft", "globals": "soft", "mlflow": "soft"},
}
