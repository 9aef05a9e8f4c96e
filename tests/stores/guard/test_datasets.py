"""What a protected entry becomes: another dataset that can tell and show all that the one could."""

import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DatasetError
from kedro_datasets.pandas import CSVDataset

from modelfleet.domain.errors import ProtectedError
from modelfleet.stores.guard import ReadOnlyDataset
from tests.stores.guard.nodes import made
from tests.stores.guard.world import ROOT, World, make_world

LAYER = {"kedro-viz": {"layer": "primary"}}
TABLE: dict[str, Any] = {
    "type": "modelfleet.stores.tables.ParquetTableDataset",
    "filepath": f"{ROOT}/table.parquet",
    "metadata": LAYER,
    "validator": {
        "class": "modelfleet.stores.validators.TableValidator",
        "options": {"columns": {"sensor_id": "text"}, "remedy": "ask"},
    },
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Production with a table and test that reads it."""
    world = make_world(tmp_path / "project")
    world.declare({"table": TABLE})
    world.catalog("production").save("table", made())
    return world


def test_it_reads_shows_and_tells_as_before(world: World) -> None:
    """Data, preview, layer, place, and that it is there."""
    mine, theirs = (world.catalog(env).get("table") for env in ("test", "production"))
    assert isinstance(mine, ReadOnlyDataset)
    assert not isinstance(theirs, ReadOnlyDataset)
    assert mine.load().equals(made())
    assert mine.exists()
    assert mine.metadata == LAYER
    assert mine.preview() == theirs.preview()  # type: ignore[union-attr]
    assert mine._describe() == theirs._describe()  # type: ignore[union-attr]
    assert not hasattr(mine, "no_such_thing")


def test_its_validator_stays_with_the_catalog(world: World) -> None:
    """What production left is checked when test reads it."""
    file = world.root / "table.parquet"
    pd.DataFrame({"other": [1]}).to_parquet(file)
    with pytest.raises(DatasetError, match="sensor_id"):
        world.catalog("test").load("table")


def test_it_travels_to_another_process(world: World) -> None:
    """And refuses there too."""
    copy = pickle.loads(pickle.dumps(world.catalog("test")))
    assert copy.load("table").equals(made())
    with pytest.raises(DatasetError, match="belongs to the environment 'production'"):
        copy.save("table", made())


def test_the_refusal_names_place_owner_and_remedy(world: World) -> None:
    """Whoever reads it knows what to change; the cause is one of ours."""
    with pytest.raises(DatasetError) as caught:
        world.catalog("test").save("table", made())
    text = str(caught.value)
    for part in ("table.parquet", "'production'", "storage.root", "--env production"):
        assert part in text
    cause: BaseException | None = caught.value
    while isinstance(cause, DatasetError):
        cause = cause.__cause__
    assert isinstance(cause, ProtectedError)


def test_older_versions_can_be_loaded(world: World) -> None:
    """The newest, or the one that is asked for."""
    world.declare({"it": {"type": "pandas.CSVDataset", "filepath": f"{ROOT}/it.csv", "versioned": True}})
    for version in ("2026-01-01T00.00.00.000Z", "2026-01-02T00.00.00.000Z"):
        CSVDataset(filepath=str(world.root / "it.csv" / version / "it.csv")).save(
            pd.DataFrame({"version": [version]})
        )
    catalog = world.catalog("test")
    assert catalog.load("it")["version"].item().startswith("2026-01-02")
    assert catalog.load("it", version="2026-01-01T00.00.00.000Z")["version"].item() < "2026-01-02"
    with pytest.raises(DatasetError, match="belongs to the environment 'production'"):
        catalog.save("it", made())
    assert len(list((world.root / "it.csv").iterdir())) == 2


def test_a_factory_elsewhere_makes_what_it_always_made(world: World) -> None:
    """Only names that lead into production are read-only."""
    pattern = {"type": "pandas.CSVDataset", "filepath": "data/test/{name}.csv", "metadata": LAYER}
    world.declare({"{name}_table": pattern})
    catalog = world.catalog("test")
    dataset = catalog.get("some_table")
    assert type(dataset) is CSVDataset
    assert dataset.metadata == LAYER
    catalog.save("some_table", made())
    assert (world.path / "data/test/some.csv").exists()
    assert isinstance(catalog.get("../production/some_table"), ReadOnlyDataset)


def test_entries_that_others_do_not_own_are_left_alone(world: World) -> None:
    """Also where an option of a library reads like the root of all files."""
    entry = {"type": "pandas.CSVDataset", "filepath": "data/it.csv", "load_args": {"sep": "/"}}
    world.declare({"it": entry})
    assert type(world.catalog("test").get("it")) is CSVDataset


def test_a_database_by_its_parts_is_the_same_database(world: World) -> None:
    """Some datasets take host and name apart."""
    world.protect("postgresql://db.plant.example/telemetry")
    parts = {"backend": "postgres", "host": "DB.plant.example", "database": "telemetry"}
    world.declare({"it": {"type": "ibis.TableDataset", "table_name": "t", "connection": parts}})
    assert "ReadOnly" in world.loader("test")["catalog"]["it"]["type"]
