"""One place has many names: the guard knows them all, and lets neighbours alone."""

import os
from pathlib import Path

import pytest

from modelfleet.stores.guard import Guard, Owned
from modelfleet.stores.guard.local import Disk, read_mounts

CON = "postgresql://owner:secret@db.plant.example:5432/telemetry"
OWNED = (
    "data/production",
    "s3://plant/production",
    "abfss://plant@store.dfs.core.windows.net/production",
    CON,
    "http://mlflow.plant.example:5000",
    "sqlite:///data/elsewhere/mlflow.db",
)


@pytest.fixture
def guard(tmp_path: Path) -> Guard:
    """A guard of test, in a project where production has made one folder."""
    (tmp_path / "data/production/08_reporting").mkdir(parents=True)
    return Guard("test", str(tmp_path), tuple(Owned(each, "production") for each in OWNED))


INSIDE = [
    "data/production",
    "data/production/",
    "./data//production/not/there/yet.csv",
    "data/test/../production/x",
    "{project}/data/production/x",
    "file://{project}/data/production/x",
    "FILE://{project}/data/production/x",
    "file:{project}/data/production/x",
    "file://localhost{project}/data/production/x",
    "file://{project}/data/pro%64uction/x",
    "file://data/production/x",
    "local://{project}/data/production/x",
    "simplecache::file://{project}/data/production/x",
    "zip://x.csv::{project}/data/production/x.zip",
    "/proc/self/root{project}/data/production/x",
    "sqlite:///data/production/mlflow/mlflow.db",
    "sqlite+pysqlite:///{project}/data/production/x.db?timeout=1",
    "sqlite:///file:data/production/x.db?uri=true",
    "duckdb:///data/production/x.duckdb",
    "data/elsewhere/mlflow.db",
    "s3://plant/production",
    "S3A://Plant/production/x",
    "s3n://plant//production/./x",
    "s3://plant/test/../production/x",
    "s3://plant/pro%64uction/x",
    "s3://key:secret@plant/production/x",
    "simplecache::s3://plant/production/x",
    "https://plant.s3.eu-central-1.amazonaws.com/production/x",
    "https://s3.eu-central-1.amazonaws.com/plant/production/x",
    "http://127.0.0.1:9000/plant/production/x",
    "az://plant/production/x",
    "abfs://plant/production/x",
    "postgres://other@DB.plant.example/telemetry",
    "postgresql+psycopg://db.plant.example:5432/telemetry?sslmode=require",
    "postgresql:///telemetry?host=db.plant.example",
    "postgresql://first.example,db.plant.example/telemetry",
    "host=db.plant.example dbname=telemetry user=x",
    "jdbc:postgresql://db.plant.example:5432/telemetry",
    "http://mlflow.plant.example:5000/api",
]  # fmt: skip

OUTSIDE = [
    "",
    "data",
    "data/productions/x",
    "data/production.csv",
    "data/08_reporting/x",
    "production",
    "text with\nlines data/production",
    "s3://plant/productive",
    "s3://plants/production",
    "gs://plant/production",
    "file://{project}/data/test/x",
    "sqlite:///data/test/mlflow/mlflow.db",
    "postgresql://db.plant.example:5433/telemetry",
    "postgresql://db.plant.example/other",
    "postgresql://localhost/telemetry",
    "http://mlflow.plant.example:5001",
    "x" * 5000,
    "\0",
]


@pytest.mark.parametrize("place", INSIDE)
def test_a_place_is_known_by_each_of_its_names(
    guard: Guard, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is written."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9000")
    owned = guard.owner_of(place.replace("{project}", guard.project))
    assert owned
    assert owned.owner == "production"


@pytest.mark.parametrize("place", OUTSIDE)
def test_a_neighbour_is_another_place(guard: Guard, place: str) -> None:
    """Names that begin alike, other servers, texts that are no places."""
    assert guard.owner_of(place.replace("{project}", guard.project)) is None


@pytest.mark.parametrize(
    "place", ["data", ".", "/", "s3://plant", "postgresql://db.plant.example", "data/elsewhere"]
)
def test_what_holds_a_place_counts_where_it_would_be_replaced(guard: Guard, place: str) -> None:
    """To write beside production is fine; to replace the folder around it is not."""
    assert guard.owner_of(place) is None
    assert guard.owner_of(place, around=True)


def test_links_lead_to_the_place_also_above_what_is_not_there(guard: Guard) -> None:
    """A link to a file, to a folder, to a folder of links."""
    data = Path(guard.project, "data")
    (data / "a").symlink_to("production", target_is_directory=True)
    (data / "b").symlink_to("a/08_reporting", target_is_directory=True)
    (data / "c").symlink_to(data / "production" / "not there")
    for place in ("data/a/x/y", "data/b", "data/b/x", "data/b/../x", "data/c"):
        assert guard.owner_of(place), place


def test_a_home_is_expanded(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """As libraries do that know ``~``."""
    monkeypatch.setenv("HOME", guard.project)
    assert guard.owner_of("~/data/production/x")
    assert guard.owner_of("~/data/test/x") is None


def test_relative_places_count_from_the_working_directory_too(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook works in its own folder."""
    (Path(guard.project) / "notebooks").mkdir()
    monkeypatch.chdir(Path(guard.project) / "notebooks")
    assert guard.owner_of("../data/production/x")
    assert guard.owner_of("data/production/x")


def test_a_file_with_a_second_name_is_the_same_file(guard: Guard) -> None:
    """What is written into one name stands under the other."""
    root = Path(guard.project, "data")
    kept = root / "production" / "08_reporting" / "ledger.csv"
    kept.write_text("a\n")
    (root / "test").mkdir()
    os.link(kept, root / "test" / "ledger.csv")
    (root / "other.csv").write_text("b\n")
    os.link(root / "other.csv", root / "test" / "other.csv")
    assert guard.owner_of("data/test/ledger.csv")
    assert guard.owner_of("data/test/other.csv") is None


MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 8:1 {root}/production /mnt/whole rw - ext4 /dev/sda1 rw
31 22 8:1 {root}/production/08_reporting /mnt/a\\040part rw - ext4 /dev/sda1 rw
32 22 8:2 {root}/production /mnt/other\\040device rw - ext4 /dev/sdb1 rw
33 22 8:1 {root}/test /mnt/test rw - ext4 /dev/sda1 rw
34 33 8:1 {root} /mnt/test/all rw - ext4 /dev/sda1 rw
"""


def test_a_folder_that_is_mounted_elsewhere_is_the_same_folder() -> None:
    """The whole of it, a part of it, or what is around it; another device is another place."""
    disk = Disk(read_mounts(MOUNTS.format(root="/srv/data")))
    production = disk.look("/srv/data/production")
    for place in ("/mnt/whole", "/mnt/whole/x", "/mnt/a part/x", "/mnt/test/all/production/x"):
        assert disk.look(place).lies_in(production), place
    for place in ("/mnt/other device/x", "/mnt/test/x", "/mnt/test/all/test", "/mnt/wholes"):
        assert not disk.look(place).lies_in(production), place


def test_a_folder_is_known_by_its_number() -> None:
    """Where no list of mounts is kept, or the disk does not tell capitals apart."""
    here = Path(__file__).parent
    one = Disk(()).look(str(here))
    other = Disk(()).look("/proc/self/cwd" + f"/{os.path.relpath(here)}" + "/new")
    assert other.lies_in(one)


def test_a_guard_is_a_value_that_travels(guard: Guard) -> None:
    """Through the catalog's configuration and to other processes; what it looked up stays here."""
    import pickle

    assert guard.owner_of("data/production/x")
    for copy in (pickle.loads(pickle.dumps(guard)), Guard.of_dict(guard.as_dict())):
        assert copy == guard
        assert copy.owner_of("data/production/x")
