"""Figures for MLflow, written at once."""

import mlflow
import pytest
from kedro_mlflow.io.metrics import MlflowMetricsHistoryDataset
from mlflow.tracking import MlflowClient

from modelfleet.stores.metrics import MetricsDataset

FIGURES = {
    "sensors": {"value": 5.0, "step": 0},
    "skill": [{"value": 0.1, "step": 0}, {"value": 0.2, "step": 1}],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run that is over."""
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path_factory.mktemp('metrics')}/mlflow.db")
    with mlflow.start_run() as started:
        run_id: str = started.info.run_id
    return run_id


def logged(run: str, prefix: str) -> dict[str, list[tuple[float, int]]]:
    """What MLflow has."""
    client = MlflowClient()
    names = [name for name in client.get_run(run).data.metrics if name.startswith(f"{prefix}.")]
    return {
        name.removeprefix(f"{prefix}."): [
            (each.value, each.step) for each in client.get_metric_history(run, name)
        ]
        for name in names
    }


def test_mlflow_has_what_kedro_mlflow_would_have_written(run: str) -> None:
    """Names, values and steps; and kedro-mlflow reads it back."""
    MlflowMetricsHistoryDataset(run_id=run, prefix="one").save(FIGURES)
    MetricsDataset(run_id=run, prefix="all").save(FIGURES)
    assert logged(run, "all") == logged(run, "one") != {}
    assert MetricsDataset(run_id=run, prefix="all").load() == {
        f"all.{name}": item for name, item in FIGURES.items()
    }


def test_it_is_one_transaction(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes some milliseconds, and the disk's patience."""
    written: list[int] = []
    monkeypatch.setattr(
        MlflowClient, "log_batch", lambda _, run_id, metrics: written.append(len(metrics))
    )
    MetricsDataset(run_id=run, prefix="all").save(FIGURES)
    assert written == [3]


def test_nothing_is_written_where_nothing_is_tracked(run: str) -> None:
    """kedro-mlflow tells its datasets to be quiet."""
    quiet = MetricsDataset(run_id=run, prefix="quiet")
    quiet._logging_activated = False
    quiet.save(FIGURES)
    assert logged(run, "quiet") == {}


def test_without_a_run_one_begins(run: str) -> None:
    """As in kedro-mlflow, where figures are saved from a notebook."""
    MetricsDataset(prefix="own").save(FIGURES)
    own = mlflow.active_run().info.run_id
    mlflow.end_run()
    assert own != run
    assert set(logged(own, "own")) == {"sensors", "skill"}
