"""What a release forecasts is the same, to the bit, whenever it serves."""

from pathlib import Path

import polars as pl
import pytest

from modelfleet.commands.project import open_assets
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.provenance import attachments
from modelfleet.fleet.release_content import ReleaseDraft
from modelfleet.stores.governance import open_live
from modelfleet.stores.objects import Objects
from modelfleet.stores.release_store import ReleaseStore
from tests.commands.production import Production
from tests.fleet.serving.releases import Made, make_release
from tests.fleet.tasks.test_tasks import noise
from tests.project import inside

WEEKS = 20
SERIES = {name: noise(name, WEEKS * 168) for name in ("a", "b")}
REASON = ("--reason", "looked at it")


@pytest.fixture(scope="module")
def made() -> tuple[Made, Made]:
    """Two releases of the same sensors: all on models, and one on its baseline."""
    return make_release(SERIES, weeks=WEEKS), make_release(
        SERIES, weeks=WEEKS, serves={"a": "baseline"}
    )


def publish(production: Production, made: Made) -> str:
    """Publish a release, as a run would."""
    manifest = Manifest.of(made.contents, code="c", versions={}, readings="r")
    about = attachments({"environment": "production", "holds": []}, {})
    ReleaseStore(Objects(str(production.root / "releases"))).publish(
        ReleaseDraft(made.contents, manifest, about)
    )
    return manifest.rid


def approve(production: Production, rid: str) -> None:
    """Two people put it in effect."""
    production.document("request", rid[:12], *REASON, by="south-operations")
    production.document("approve", rid[:12], *REASON, by="data-science")


def forecasts(production: Production, made: Made) -> pl.DataFrame:
    """What is served now."""
    with inside(production.path):
        live = open_live(open_assets("production").load("approvals"))
    (release,) = live.releases.values()
    assert live.problems == ()
    return release.predict(made.readings())


def test_back_and_forward_again(tmp_path: Path, made: tuple[Made, Made]) -> None:
    """A rollback serves what was served before, and the way forward what was served after."""
    production = Production.make(tmp_path / "project")
    first, second = (publish(production, each) for each in made)
    approve(production, first)
    before = forecasts(production, made[0])
    approve(production, second)
    after = forecasts(production, made[0])
    assert not after.equals(before)
    production.document("rollback", first[:12], *REASON, by="data-science")
    assert forecasts(production, made[0]).equals(before)
    approve(production, second)
    assert forecasts(production, made[0]).equals(after)
