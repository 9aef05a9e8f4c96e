"""A second run, thirty days later: what serves is challenged, kept, replaced or given up."""

import polars as pl
import pytest

from tests.pipelines.second_run import SECOND, ids
from tests.project import Project

pytestmark = pytest.mark.xdist_group("second")


def by_outcome(project: Project, outcome: str) -> set[str]:
    """Sensors with an outcome in the last run."""
    return set(project.ledger().filter(pl.col("outcome") == outcome)["sensor_id"])


def test_at_first_everybody_is_served_by_a_model(fleet: Project) -> None:
    """Else there would be nothing to lose."""
    first = pl.read_csv(fleet.path / "first.csv")
    assert set(first["outcome"]) == {"accepted"}


def test_the_better_ones_are_replaced(fleet: Project) -> None:
    """Both recipes were fitted anew for the same weeks, and the new one errs less."""
    assert set(ids("better")) <= by_outcome(fleet, "accepted")
    first = pl.read_csv(fleet.path / "first.csv")
    versions = fleet.ledger().join(first, on="sensor_id").filter(pl.col("outcome") == "accepted")
    assert (versions["version"] != versions["version_right"]).all()


def test_the_worse_ones_are_kept_at_their_champion(fleet: Project) -> None:
    """The model of the first run goes on, unchanged, and the reason is told."""
    kept = fleet.ledger().filter(pl.col("sensor_id").is_in(ids("worse")))
    assert set(kept["outcome"]) == {"kept"}
    assert set(kept["serves"]) == {"champion"}
    assert all("worse_than_champion" in reasons for reasons in kept["reasons"])
    first = pl.read_csv(fleet.path / "first.csv")
    both = kept.join(first, on="sensor_id")
    assert (both["version"] == both["version_right"]).all()


def test_the_broken_ones_fall_back(fleet: Project) -> None:
    """All of them and nobody else; nobody of them keeps a model."""
    ledger = fleet.ledger()
    fallen = ledger.filter(~pl.col("serves").is_in(["model", "champion"]))["sensor_id"]
    assert set(fallen) == set(ids("broken"))


def test_where_training_fails_the_champion_goes_on(fleet: Project) -> None:
    """A recipe that cannot be fitted is no fault of the model that serves."""
    failed = fleet.ledger().filter(pl.col("sensor_id").is_in(ids("failing")))
    assert set(failed["outcome"]) == {"failed"}
    assert set(failed["serves"]) == {"champion"}


def test_the_usual_ones_go_on(fleet: Project) -> None:
    """A model fitted anew on more data replaces the one before, or that one stays."""
    usual = fleet.ledger().filter(pl.col("sensor_id").is_in(ids("usual")))
    assert set(usual["outcome"]) <= {"accepted", "kept"}
    assert (usual["outcome"] == "accepted").mean() > 0.7


def test_the_release_has_the_model_that_serves_each_sensor(fleet: Project) -> None:
    """Those that are kept are carried over whole, with the recipe they were made by."""
    store = fleet.load("release")
    release = store.open(fleet.load("release_card")["rid"])
    models = release.table("models").select("sensor_id", "version", "specification")
    served = fleet.ledger().filter(pl.col("serves").is_in(["model", "champion"]))
    both = served.join(models, on="sensor_id", how="left")
    assert both.height == models.height
    assert (both["version"] == both["version_right"]).all()
    assert both["specification"].null_count() == 0


def test_so_many_at_once_hold_the_release(fleet: Project) -> None:
    """Ten models given up on one day are a question to people; what served goes on serving."""
    reasons = {reason["code"]: reason for reason in fleet.load("hold_reasons")}
    assert set(reasons["too_many_demotions"]["sensors"]) == set(ids("broken"))
    assert fleet.load("promotion_decision")["state"] == "on hold"
    assert len(fleet.load("channel").entries()) == 1


def test_what_people_cleared_goes_live_once(fleet: Project) -> None:
    """The same release, for which somebody took the responsibility; and then nothing changes."""
    rid, codes = fleet.load("release_card")["rid"], [r["code"] for r in fleet.load("hold_reasons")]
    cleared = {"release": rid[:12], "codes": codes, "reason": "the pumping station was flooded"}
    fleet.configure(SECOND | {"promotion": {"clearances": [cleared]}})
    for _ in range(2):
        fleet.run()
        assert fleet.load("promotion_decision")["state"] == "live"
        assert fleet.load("release_card")["rid"] == rid
        assert len(fleet.load("channel").entries()) == 2
