"""What happens around a run: configuration is checked first, stages are timed, people are told.

Hooks do not run in every runner: what enforces something is the catalog's configuration, which the
guard replaces before anything is built from it.
"""

import logging
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import click
from kedro.config import AbstractConfigLoader, MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog, DatasetError
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from modelfleet import early
from modelfleet.domain.approvals import Owners
from modelfleet.domain.errors import (
    ConfigurationError,
    ModelfleetError,
    ProtectedError,
    TaskError,
)
from modelfleet.domain.parameters.check import check_parameters
from modelfleet.fleet import aside
from modelfleet.fleet.summary_markdown import markdown_predictions, markdown_summary
from modelfleet.fleet.summary_predictions import prediction_lines
from modelfleet.fleet.summary_text import format_lines, format_summary
from modelfleet.stores.denials import denial_of, unwritable
from modelfleet.stores.environments import known

__all__ = [
    "FleetHooks",
    "GuardHooks",
    "ProtectedRunError",
    "RefusedConfigurationError",
    "StoppedRunError",
]

logger = logging.getLogger(__name__)

SUMMARY = "run_summary"
FORECASTS = "inference_summary"
REPORT = "report"
PREDICTIONS = "predictions"
QUALITY = "quality_report"
NOTICES = "notices"
JOB_SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file that a CI service shows beside a job


class RefusedConfigurationError(ConfigurationError, click.ClickException):
    """A configuration error that a terminal shows without a traceback."""


class StoppedRunError(ModelfleetError, click.ClickException):
    """An error of ours that ended a run; a terminal shows it without a traceback."""


class ProtectedRunError(ProtectedError, click.ClickException):
    """A run that was refused; a terminal shows why, without a traceback."""

    exit_code = 4


class GuardHooks:
    """What belongs to another environment is read and never written."""

    def __init__(self) -> None:
        self._environment = ""

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Have the catalog built read-only where another environment writes."""
        from modelfleet.stores.guard import check_tracking, guarded_catalog, open_guard

        loader = context.config_loader
        try:
            guard = open_guard(loader, context.project_path)
            check_tracking(_section(loader, "mlflow"), guard)
        except ConfigurationError as error:
            raise RefusedConfigurationError(str(error)) from None
        except ProtectedError as error:
            raise ProtectedRunError(str(error)) from None
        self._environment = guard.environment
        if guard.owned and (catalog := _section(loader, "catalog")):
            loader["catalog"] = guarded_catalog(
                catalog, guard, credentials=lambda: _section(loader, "credentials")
            )

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Refuse what would write there, before MLflow knows of a run."""
        from modelfleet.stores.guard import check_run

        try:
            check_run(pipeline, catalog, environment=self._environment)
        except ProtectedError as error:
            raise ProtectedRunError(str(error)) from None


class FleetHooks:
    """Hooks of the project."""

    def __init__(self) -> None:
        self._parameters: dict[str, Any] = {}
        self._loader: AbstractConfigLoader | None = None
        self._started: dict[str, float] = {}
        self._seconds: dict[str, float] = defaultdict(float)
        self._forecasts: dict[str, Any] | None = None
        self._predictions: str | None = None

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Check the whole configuration before anything else happens."""
        # kedro-mlflow sets its own level when it is imported, after logging.yml was read.
        logging.getLogger("kedro_mlflow").setLevel(logging.WARNING)
        self._loader = context.config_loader
        try:
            self._parameters = dict(context.config_loader["parameters"])
            check_parameters(self._parameters)
            Owners.of(context.config_loader["owners"])
            _require_writable(context.config_loader["globals"])
        except ConfigurationError as error:
            raise RefusedConfigurationError(str(error)) from None
        except MissingConfigException as error:
            there = known(context.config_loader.conf_source)
            raise RefusedConfigurationError(
                f"there is no environment {context.env!r}; there are {there}"
            ) from error

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Say what begins, keep the resolved configuration, let load what takes its time."""
        early.prepare(pipeline.all_outputs())
        names = run_params.get("pipeline_names") or ["all stages"]
        logger.info("environment %s: %s", run_params.get("env") or "local", ", ".join(names))
        self._seconds.clear()
        self._forecasts = None
        self._predictions = _place(catalog, PREDICTIONS) if PREDICTIONS in catalog else None
        if mlflow := _tracking():
            mlflow.log_dict(self._parameters, "configuration.yml")

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Start the node's clock."""
        self._started[node.name] = time.perf_counter()

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Stop the node's clock and say how long it took."""
        seconds = time.perf_counter() - self._started.pop(node.name)
        self._seconds[str(node.namespace)] += seconds
        logger.info("%s: done in %.1f s", node.name, seconds)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Remember what was forecast: it is shown also where the run ends with an error."""
        if dataset_name == FORECASTS:
            self._forecasts = data

    @hook_impl(trylast=True)
    def on_pipeline_error(self, error: Exception) -> None:
        """Show what is raised on purpose as a message; anything else keeps its traceback."""
        self._show_forecasts()
        if message := _message(error):
            raise StoppedRunError(message) from error

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Track the seconds per stage, show the run in a few lines, and tell people."""
        aside.dismiss()
        run_id = _run_id()
        if mlflow := _tracking():
            mlflow.log_metrics({f"seconds.{stage}": s for stage, s in self._seconds.items()})
        made = pipeline.all_outputs()
        quality = _place(catalog, QUALITY) if QUALITY in made else None
        if SUMMARY in made:
            places = {"report": _place(catalog, REPORT), "quality": quality, "mlflow_run": run_id}
            _show(catalog.load(SUMMARY), places)
        elif quality:
            click.echo(format_lines({"Data quality": quality, "MLflow run": run_id}))
        self._show_forecasts()
        if NOTICES in catalog and self._loader:
            from modelfleet.stores.delivery import deliver_quietly

            deliver_quietly(catalog.load(NOTICES), self._loader)

    def _show_forecasts(self) -> None:
        """What was forecast in a few lines, if anything was."""
        if self._forecasts is None:
            return
        summary, self._forecasts = self._forecasts, None
        places = {"predictions": self._predictions, "mlflow_run": _run_id()}
        click.echo(format_lines(prediction_lines(summary, **places)))
        _show_beside_job(markdown_predictions(summary, **places))


def _section(loader: AbstractConfigLoader, name: str) -> dict[str, Any]:
    """A part of the configuration; empty where no file has it."""
    try:
        return dict(loader[name])
    except (KeyError, MissingConfigException):
        return {}


def _show(summary: dict[str, Any], places: dict[str, str | None]) -> None:
    """The run in a few lines, on the terminal and beside the job of a CI service."""
    click.echo(format_summary(summary, **places))
    _show_beside_job(markdown_summary(summary, **places))


def _show_beside_job(text: str) -> None:
    """Where a CI service shows such things beside a job."""
    if file := os.environ.get(JOB_SUMMARY):
        with Path(file).open("a", encoding="utf-8") as page:
            page.write(text)


def _require_writable(places: dict[str, Any]) -> None:
    """Refuse a run that could keep nothing: MLflow's database would be the first to fail."""
    command = click.get_current_context(silent=True)
    if command is None or command.command.name != "run":
        return
    if denial := unwritable(places["storage"]["root"]):
        raise RefusedConfigurationError(
            f"a run of the environment {places['environment']!r} writes below storage.root, but "
            f"{denial}"
        )


def _place(catalog: DataCatalog, name: str) -> str | None:
    """Where an asset lies, if it lies in a file."""
    dataset = catalog.get(name)
    place = dataset._describe().get("filepath") if dataset else None  # noqa: SLF001  no public way
    return str(place) if place else None


def _tracking() -> Any:
    """MLflow if a run is being tracked, else ``None``; never imports it."""
    mlflow = sys.modules.get("mlflow")
    return mlflow if mlflow is not None and mlflow.active_run() else None


def _run_id() -> str | None:
    """The tracked run, if there is one."""
    mlflow = _tracking()
    return mlflow.active_run().info.run_id if mlflow else None


def _message(error: Exception) -> str | None:
    """What an error says to people, or ``None`` where it says more to those who mend the code.

    Kedro wraps whatever a dataset or a validator raises in its ``DatasetError``. Meant for people
    are our own errors, what storage denied, files that cannot be opened, and what a dataset says
    on purpose.
    """
    cause: BaseException | None = error
    while isinstance(cause, DatasetError):
        cause = cause.__cause__
    spoken = isinstance(cause, ModelfleetError) and not isinstance(cause, TaskError)
    if not spoken and (denial := denial_of(error)):
        return f"Denied: {denial}"
    if isinstance(cause, ModelfleetError):
        asset = getattr(error, "dataset_name", None)  # of a validator's error
        return f"{type(cause).__name__}: {f'{asset}: ' if asset else ''}{cause}"
    meant = isinstance(error, DatasetError) and isinstance(cause, OSError | None)
    return f"{type(error).__name__}: {error}" if meant else None
