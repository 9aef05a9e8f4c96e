"""A run in an environment that takes another one's tables as they are: it ingests nothing."""

import logging
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog, DatasetError
from kedro.pipeline import Pipeline

from modelfleet.domain.errors import ConfigurationError
from modelfleet.early import EVERYTHING
from modelfleet.fleet import aside
from modelfleet.hooks import RefusedConfigurationError, StoppedRunError
from modelfleet.stores.environments import FleetConfigLoader

__all__ = ["AFTER_INGESTION", "FleetSession", "TakenTablesHooks"]

logger = logging.getLogger(__name__)

AFTER_INGESTION = "after_ingestion"
"""The pipeline of all stages but ingestion."""

STAMP = "ingestion_stamp"


class FleetSession(KedroSession):
    """Kedro's session. Asked for everything, it leaves out what the environment does not do."""

    def run(self, *positions: Any, **options: Any) -> dict[str, Any]:
        """Run pipelines; see :meth:`kedro.framework.session.KedroSession.run`."""
        asked = positions or options.get("pipeline_name") or options.get("pipeline_names")
        if not asked or asked == [EVERYTHING]:
            options["pipeline_names"] = self._everything()
        try:
            found: dict[str, Any] = super().run(*positions, **options)
        except BaseException:
            aside.dismiss()  # who waits for nothing any more keeps no run from ending
            raise
        return found

    def _everything(self) -> list[str] | None:
        if not (owner := _taken_from(self._get_config_loader())):
            return None
        logger.info("ingestion is left out: the tables of %s are taken as they are", owner)
        return [AFTER_INGESTION]

    def _get_config_loader(self) -> Any:
        try:
            return super()._get_config_loader()
        except ConfigurationError as error:
            raise RefusedConfigurationError(str(error)) from None


class TakenTablesHooks:
    """Refuses, before anything is computed, what cannot be done with another one's tables."""

    def __init__(self) -> None:
        self._loader: Any = None

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        """Remember how the environment is configured."""
        self._loader = context.config_loader

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Nothing may be ingested, and what is taken must belong together."""
        if not (owner := _taken_from(self._loader)):
            return
        if stage := _ingesting(pipeline):
            env = run_params.get("env")
            raise StoppedRunError(
                f"{stage} would ingest, but this environment takes the tables of {owner} as they "
                f"are; nothing was run. `kedro run --env {env}` runs all other stages, as does "
                f"`kedro run --env {env} --pipelines {AFTER_INGESTION}`; to ingest here, set "
                f"taken_from.tables to null in conf/{env}/globals.yml"
            )
        if STAMP in pipeline.inputs():
            _check_together(catalog, owner)


def _taken_from(loader: Any) -> str | None:
    """The environment whose tables are taken, if any are."""
    return loader.taken.tables if isinstance(loader, FleetConfigLoader) else None


def _ingesting(pipeline: Pipeline) -> str | None:
    """Name of a node that ingests, if there is one."""
    names = {node.name for node in _ingestion().nodes}
    return next((node.name for node in pipeline.nodes if node.name in names), None)


def _check_together(catalog: DataCatalog, owner: str) -> None:
    """Refuse tables of which some are newer than the others."""
    (stamping,) = (node for node in _ingestion().nodes if node.outputs == [STAMP])
    try:
        kept = catalog.load(STAMP)
        found = stamping.run({name: catalog.load(name) for name in stamping.inputs})[STAMP]
    except DatasetError as error:
        raise StoppedRunError(
            f"the tables of {owner} cannot be taken: {error}; make them with "
            f"`kedro run --env {owner} --pipelines ingestion`"
        ) from error
    if found != kept:
        raise StoppedRunError(
            f"the tables of {owner} do not belong together: it is ingesting now, or an ingestion "
            "was cut off; wait until it is done, or run it again, and run this again"
        )


def _ingestion() -> Pipeline:
    from modelfleet.pipelines import ingestion  # loads what commands without a run do not need

    return ingestion.create_pipeline()
