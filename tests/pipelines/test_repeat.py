"""Same inputs, same release; nothing changed, nothing appended."""

from pathlib import Path

import polars as pl
import pytest

from modelfleet.domain.errors import RefusedError
from modelfleet.fleet.promotion import PromotionDecision
from modelfleet.hooks import RefusedConfigurationError, StoppedRunError
from modelfleet.stores.governance import append_automatic
from tests.project import Project, inside, make_project

LATER = pl.col("timestamp").dt.offset_by("1h")


def live(project: Project) -> str:
    """The one release that is live."""
    (rid,) = set(project.load("channel").live().values())
    return str(rid)


def test_the_same_data_in_another_folder_give_the_same_release(
    few: Project, fresh: Project
) -> None:
    """A release is named by its content: not by paths, times, the machine or the engine."""
    fresh.configure({"engine": {"backend": "sequential"}})
    fresh.run()
    assert live(fresh) == live(few)


def test_a_run_that_changes_nothing_appends_nothing(ran: Project) -> None:
    """No new table version, no new result, no new release, no new channel entry."""

    def produced() -> dict[str, int]:
        tables = ("readings", "rejected_readings", "ingestion_batches")
        folders = [folder for name in tables for folder in ran.data.glob(f"0*/{name}")]
        assert len(folders) == len(tables)
        folders += [ran.data / n for n in ("releases", "channels", "04_feature/workspace")]
        files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
        return {str(file): file.stat().st_mtime_ns for file in files}

    before = produced()
    ran.run()
    assert produced() == before
    assert len(ran.load("channel").entries()) == 1
    first = ran.load("release").open(live(ran)).provenance["run_id"]
    assert ran.load("run_lineage")["run"]["run_id"] != first, "what lies there is of the first run"


def test_one_changed_parameter_gives_another_release(few: Project, tmp_path: Path) -> None:
    """What shapes models or verdicts is part of the release's name."""
    project = make_project(tmp_path / "changed")
    project.configure({"evaluation": {"gate": {"min_probability": 0.85}}})
    project.run()
    assert live(project) != live(few)


def test_only_the_changed_stage_is_computed_again(ran: Project) -> None:
    """A new recipe trains again; profiles and baselines are found where they lie."""
    before = {name: ran.load(name).files for name in ("measurements", "baselines", "candidates")}
    ran.configure(
        {"training": {"recipes": {"linear": {"estimator": {"arguments": {"alpha": 1.0}}}}}}
    )
    ran.run()
    after = {name: ran.load(name).files for name in before}
    assert after["measurements"] == before["measurements"]
    assert after["baselines"] == before["baselines"]
    assert not set(after["candidates"]) & set(before["candidates"])
    assert len(ran.load("channel").entries()) == 2


def test_four_eyes_makes_nothing_live(fresh: Project) -> None:
    """In production a release is made and waits; people are told what to run; no option helps."""
    fresh.run(env="production")
    summary = fresh.load("run_summary", env="production")
    (rid,) = fresh.load("release", env="production").rids()
    assert summary["state"] == "waiting for approval"
    assert set(summary["cohorts"].values()) == {"waiting for approval"}
    assert f'modelfleet request {rid[:12]} --env production --reason "…"' in summary["next"]
    assert not (fresh.data / "production" / "channels").exists()
    with inside(fresh.path), pytest.raises(RefusedConfigurationError, match="not a known key"):
        fresh.run(env="production", parameters={"promotion": {"policy": "automatic"}})
    parameters = {"policies": {"default": "automatic"}}
    with inside(fresh.path), pytest.raises(RefusedConfigurationError, match="not a known section"):
        fresh.run(env="production", parameters=parameters)
    assert fresh.load("approvals", env="production").owners.policy_of("any") == "four_eyes"
    (cohort,) = list(summary["cohorts"])[:1]
    decision = PromotionDecision("live", {cohort: rid}, "0" * 64, "2027", "a run")
    with inside(fresh.path), pytest.raises(RefusedError, match="under four eyes"):
        append_automatic(fresh.load("approvals", env="production"), decision)
    assert not (fresh.data / "production" / "channels").exists()


def test_a_stage_alone_cannot_release_what_others_made(ran: Project) -> None:
    """A release never names parameters or readings that its models did not see."""
    before = ran.load("channel").live()
    ran.configure({"evaluation": {"gate": {"margin": 0.5}}})
    with pytest.raises(StoppedRunError, match="run all stages"):
        ran.run(pipelines=["promotion"])
    ran.configure({})
    ran.change_readings(lambda rows: pl.concat([rows, rows.tail(1).with_columns(LATER)]))
    with pytest.raises(StoppedRunError, match="run all stages"):
        ran.run(pipelines=["ingestion", "promotion"])
    assert ran.load("channel").live() == before
    ran.run()
    ran.run(pipelines=["promotion"])
    assert ran.load("channel").live() != before
