"""Kedro's settings of this project."""

from modelfleet.hooks import FleetHooks

HOOKS = (FleetHooks(),)

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment says only what differs; the rest comes from base, at every depth.
    "merge_strategy": {"parameters": "soft", "globals": "soft", "mlflow": "soft"},
}
