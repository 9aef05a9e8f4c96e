"""Figures of a run for MLflow, written at once."""

import time
from typing import Any

import mlflow
from kedro_mlflow.io.metrics import MlflowMetricsHistoryDataset
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient

__all__ = ["MetricsDataset"]


class MetricsDataset(MlflowMetricsHistoryDataset):  # type: ignore[misc]
    """kedro-mlflow's dataset, which writes each figure in a transaction of its own."""

    def _save(self, data: dict[str, Any]) -> None:
        if not self._logging_activated:
            return
        if self._run_id is None and mlflow.active_run() is None:
            super()._save(data)  # which begins a run
            return
        found = (self._build_args_list_from_metric_item(key, item) for key, item in data.items())
        now = int(time.time() * 1000)
        metrics = [Metric(key, value, now, step) for each in found for key, value, step in each]
        MlflowClient().log_batch(self.run_id, metrics=metrics)
