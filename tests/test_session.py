"""Runs on another environment's tables: nothing is ingested, and what is taken belongs together."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog, MemoryDataset

from modelfleet.fleet import aside
from modelfleet.fleet.stamps import stamp_tables
from modelfleet.hooks import RefusedConfigurationError, StoppedRunError
from modelfleet.pipeline_registry import register_pipelines
from modelfleet.session import FleetSession, TakenTablesHooks
from modelfleet.stores.environments import config_loader
from tests.project import ROOT, Project, inside, make_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose test takes production's tables."""
    made = make_project(tmp_path / "project", sensors=None)
    configure(made, {"tables": "production"})
    return made


def configure(project: Project, taken: dict[str, Any]) -> None:
    """What test takes."""
    file = project.path / "conf" / "test" / "globals.yml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "taken_from": taken}))


def asked(
    project: Project, monkeypatch: pytest.MonkeyPatch, *, env: str | None = "test", **options: Any
) -> Any:
    """The pipelines that Kedro is asked to run."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(KedroSession, "run", lambda _, **given: found.update(given) or {})
    with inside(project.path):
        bootstrap_project(project.path)
        with FleetSession.create(project.path, env=env) as session:
            session.run(**options)
    return found["pipeline_names"]


def test_everything_is_all_but_ingestion_where_tables_are_taken(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other environments, and what is asked for by name, are left as they are."""
    assert asked(project, monkeypatch) == ["after_ingestion"]
    assert asked(project, monkeypatch, pipeline_names=[]) == ["after_ingestion"]
    assert asked(project, monkeypatch, pipeline_names=["__default__"]) == ["after_ingestion"]
    assert asked(project, monkeypatch, pipeline_names=["training"]) == ["training"]
    assert asked(project, monkeypatch, env="production") is None
    configure(project, {})
    assert asked(project, monkeypatch) is None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("taken_from: {tables: prod}", "'prod', which is not there"),
        ("storage: {source: '${production:storage.sauce}'}", r"no 'storage\.sauce'"),
    ],
)
def test_a_wrong_reference_ends_a_run_before_anything_is_made(
    project: Project, written: str, message: str
) -> None:
    """A terminal shows what is wrong in which file, without a traceback."""
    (project.path / "conf" / "test" / "globals.yml").write_text(written)
    with inside(project.path):
        bootstrap_project(project.path)
        session = FleetSession.create(project.path, env="test")
        with pytest.raises(RefusedConfigurationError, match=message):
            session.run()
    assert {path.name for path in project.data.iterdir()} == {"01_raw"}


# --- what is refused before anything is computed ------------------------------------------------


class Readings:
    """Readings of which the digests are known."""

    def shards(self) -> dict[int, str]:
        """Shard to digest."""
        return {0: "a", 1: "b"}


TABLE = pd.DataFrame({"sensor_id": ["a", "b"]})


def tables(stamp: dict[str, str] | None = None) -> DataCatalog:
    """What production's ingestion left."""
    readings = Readings()
    kept = stamp or stamp_tables(readings, TABLE, TABLE, TABLE)  # type: ignore[arg-type]
    return DataCatalog(
        {
            "readings": MemoryDataset(readings),
            "ingestion_stamp": MemoryDataset(kept),
            **{name: MemoryDataset(TABLE) for name in ("sensors", "events", "covariates")},
        }
    )


def before_run(stage: str, catalog: DataCatalog, *, conf: Path) -> None:
    """What the hook does before a stage of the environment test."""
    hooks = TakenTablesHooks()
    hooks._loader = config_loader(conf, "test")
    hooks.before_pipeline_run({"env": "test"}, register_pipelines()[stage], catalog)


def test_tables_that_belong_together_are_worked_on(project: Project) -> None:
    """Their stamp is found again."""
    before_run("after_ingestion", tables(), conf=project.path / "conf")


def test_tables_of_which_some_are_newer_are_refused(project: Project) -> None:
    """Production is ingesting just now: readings are there, and the stamp is of yesterday."""
    with pytest.raises(StoppedRunError, match="of production do not belong together: it is ingest"):
        before_run("after_ingestion", tables({"made_of": "old"}), conf=project.path / "conf")


def test_before_production_has_tables_the_command_that_makes_them_is_named(
    project: Project,
) -> None:
    """Nothing is guessed, and nothing is made there."""
    with pytest.raises(StoppedRunError, match="`kedro run --env production --pipelines ingestion`"):
        before_run("after_ingestion", DataCatalog({}), conf=project.path / "conf")


@pytest.mark.parametrize("stage", ["ingestion", "__default__"])
def test_what_would_ingest_is_refused_with_what_to_call(project: Project, stage: str) -> None:
    """Whoever passes by the session: a notebook, another scheduler."""
    with pytest.raises(StoppedRunError) as caught:
        before_run(stage, tables(), conf=project.path / "conf")
    assert "`kedro run --env test` runs all other stages" in str(caught.value)
    assert "taken_from.tables to null in conf/test/globals.yml" in str(caught.value)


def test_where_nothing_is_taken_nothing_is_checked() -> None:
    """As committed, test ingests by itself."""
    before_run("__default__", DataCatalog({}), conf=ROOT / "conf")


def test_a_run_that_is_refused_or_interrupted_keeps_no_process(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would have been needed later is not waited for."""

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    dismissed: list[bool] = []
    monkeypatch.setattr(KedroSession, "run", interrupted)
    monkeypatch.setattr(aside, "dismiss", lambda: dismissed.append(True))
    with inside(project.path):
        bootstrap_project(project.path)
        with FleetSession.create(project.path) as session, pytest.raises(KeyboardInterrupt):
            session.run()
    assert dismissed
