"""How Kedro reads conf/: for runs by the settings, for commands without loading a whole session."""

from typing import Any

__all__ = ["CONFIG_LOADER_ARGS"]

OWNERS = ["owners*", "**/owners*"]

CONFIG_LOADER_ARGS: dict[str, Any] = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment says only what differs; the rest comes from base, at every depth.
    "merge_strategy": dict.fromkeys(("parameters", "globals", "mlflow", "owners"), "soft"),
    # Policies and owners are no parameters: `--params` does not reach them. The catalog reads them
    # as globals, which is the only kind of value it can take from another file.
    "config_patterns": {
        "owners": OWNERS,
        "globals": ["globals*", "**/globals*", *OWNERS],
        "mlflow": [
            "mlflow*",
            "**/mlflow*",
        ],  # kedro-mlflow adds it in a session; commands have none
    },
}
