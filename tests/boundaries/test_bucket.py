"""Production in a bucket, and a key with the policy of the page: it reads, and is refused."""

from pathlib import Path

import obstore
import polars as pl
import pytest

from modelfleet.commands.project import open_assets
from modelfleet.stores.governance import open_live
from tests.boundaries.environment import clone_with_production
from tests.boundaries.writes import attempt, writes_of_libraries
from tests.project import Project, inside
from tests.servers import S3Server

pytestmark = pytest.mark.xdist_group("servers")

ROOT = "s3://plant/production"
KEPT = ("01_raw/ltown", "03_primary", "releases", "channels", "approvals", "witness")


@pytest.fixture(scope="module")
def production(few: Project, s3_server: S3Server) -> S3Server:
    """A bucket with what a run left behind, and a table and an object for intruders."""
    for folder in KEPT:
        for file in sorted((few.data / folder).rglob("*")):
            if file.is_file():
                name = file.relative_to(few.data).as_posix()
                s3_server.put("plant", f"production/{name}", file.read_bytes())
    for mode, value in (("append", 1.0), ("append", 2.0), ("overwrite", 3.0), ("append", 4.0)):
        rows = pl.DataFrame({"sensor_id": ["a"], "value": [value]})
        rows.write_delta(f"{ROOT}/t", mode=mode, storage_options=s3_server.options)  # type: ignore[arg-type]
    s3_server.put("plant", "production/kept", b"kept")
    return s3_server


@pytest.fixture
def with_reader(production: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """A machine whose environment has the key that reads."""
    for name, value in production.reader.options.items():
        monkeypatch.setenv(name.upper(), value)
    return production.reader


def listing(server: S3Server) -> dict[str, str]:
    """All objects of production and their etags, as the key sees them that may do anything."""
    found = obstore.list(server.store("plant"), "production").collect()
    return {entry["path"]: str(entry["e_tag"]) for entry in found}


def test_test_reads_with_its_key(
    few: Project, with_reader: S3Server, production: S3Server, tmp_path: Path
) -> None:
    """Raw data, the table of readings, and what is live with every byte verified."""
    before = listing(production)
    clone = clone_with_production(tmp_path / "clone", few.path, ROOT)
    with inside(clone.path):
        raw = open_assets("test").load("raw_readings").batches()
        readings = open_assets("test").load("readings")
        live = open_live(open_assets("production").load("approvals"))
    assert sum(batch.read().collect().height for batch in raw) > 90_000
    assert readings.path.startswith(ROOT)
    assert readings.scan().collect().height == few.load("readings").scan().collect().height
    assert live.problems == ()
    assert live.serves == few.load("channel").live()
    assert listing(production) == before


def test_every_write_is_refused_by_the_server(with_reader: S3Server, production: S3Server) -> None:
    """Whichever library asks, in one sentence that names the object."""
    before = listing(production)
    writes = writes_of_libraries(
        with_reader.store("plant", "production"), ROOT, with_reader.options
    )
    for name, outcome in attempt(writes).items():
        assert outcome.startswith("the object store refused access to "), (name, outcome)
        assert "AccessDenied" in outcome, name
        assert "production/" in outcome, name
        assert with_reader.secret not in outcome, name
    assert listing(production) == before


def test_its_own_place_can_be_written(with_reader: S3Server) -> None:
    """What test makes lies below its own prefix, and can be changed and removed."""
    own = with_reader.store("plant", "test")
    obstore.put(own, "made", b"x", mode="create")
    assert bytes(obstore.get(own, "made").bytes()) == b"x"
    obstore.delete(own, "made")


def test_other_places_cannot_be_read(with_reader: S3Server, production: S3Server) -> None:
    """The policy names two prefixes; others keep what they hold to themselves."""
    production.put("plant", "payroll/salaries.csv", b"secret")
    [refused] = attempt(
        {"read": lambda: obstore.get(with_reader.store("plant"), "payroll/salaries.csv").bytes()}
    ).values()
    assert "refused access to" in refused
    assert "payroll/salaries.csv: 403 AccessDenied (GET)" in refused


def test_a_wrong_secret_is_told_apart_from_a_missing_right(production: S3Server) -> None:
    """Another remedy: the key, not its rights."""
    stranger = S3Server(production.port, "reader-key", "wrong")
    [refused] = attempt(
        {"read": lambda: obstore.get(stranger.store("plant"), "production/kept").bytes()}
    ).values()
    assert "403 SignatureDoesNotMatch (GET); correct the key or its secret" in refused
