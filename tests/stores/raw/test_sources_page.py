"""The page on sources, executed: every catalog entry on it loads through Kedro's catalog."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog

from modelfleet.stores.raw.files import RawFilesDataset
from tests.project import ROOT, inside
from tests.servers import PostgresServer, S3Server

pytestmark = pytest.mark.xdist_group("servers")

PAGE = (ROOT / "docs" / "sources.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
BLOCK = re.compile(r"^```yaml\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

ROWS = pl.DataFrame(
    {
        "timestamp": [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2)],
        "sensor_id": ["007", "7"],
        "value": [1.5, 2.5],
    }
)


def blocks(section: str) -> dict[str, str]:
    """Files of a section of the page."""
    return dict(BLOCK.findall(SECTIONS[section]))


def load(folder: Path, section: str, credentials: dict[str, Any] | None = None) -> pl.DataFrame:
    """Write the section's files, with credentials that open something, and read the source."""
    files = blocks(section)
    shown = yaml.safe_load(files.get("conf/local/credentials.yml", "{}"))
    real = {name: credentials or {} for name in shown}
    assert {name: set(one) for name, one in shown.items()} == {n: set(c) for n, c in real.items()}
    written = {
        "conf/plant/catalog.yml": files["conf/plant/catalog.yml"],
        "conf/plant/globals.yml": "storage: {root: data/plant, source: data/01_raw/plant}",
        "conf/plant/credentials.yml": yaml.safe_dump(real),
        "conf/base/.gitkeep": "",
    }
    for name, text in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    loader = OmegaConfigLoader(str(folder / "conf"), env="plant", base_env="base")
    with inside(folder):
        catalog = DataCatalog.from_config(loader["catalog"], loader["credentials"])
        source: Any = catalog.load("raw_readings")
        return pl.concat([batch.read().collect() for batch in source.batches()])


def parquet() -> bytes:
    """The rows as a file."""
    buffer = io.BytesIO()
    ROWS.write_parquet(buffer)
    return buffer.getvalue()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """The folder that ``storage.source`` names."""
    folder = tmp_path / "data" / "01_raw" / "plant"
    folder.mkdir(parents=True)
    return folder


def test_every_section_with_yaml_is_executed() -> None:
    """A source that is added to the page is added here."""
    assert [title for title in SECTIONS if BLOCK.search(SECTIONS[title])] == [
        "One file",
        "A folder of files",
        "A prefix of an S3 bucket",
        "A Delta table",
        "A PostgreSQL table",
    ]


@pytest.mark.parametrize("title", SECTIONS)
def test_entries_are_short(title: str) -> None:
    """Ten lines are enough."""
    for text in blocks(title).values():
        assert len(text.splitlines()) <= 10


def test_one_file(tmp_path: Path, raw: Path) -> None:
    """Text, separated as the entry says."""
    ROWS.write_csv(raw / "readings.csv", separator=";")
    frame = load(tmp_path, "One file")
    assert frame["sensor_id"].to_list() == ["007", "7"]
    assert frame["value"].to_list() == ["1.5", "2.5"]


def test_decimal_commas(tmp_path: Path, raw: Path) -> None:
    """The options that the page gives for them, in place of the section's own."""
    (options,) = re.findall(r"`load_args: (\{.*?\}\})`", SECTIONS["One file"])
    (raw / "readings.csv").write_text("sensor_id;value\n007;1,5\n")
    dataset = RawFilesDataset(
        filepath=str(raw), file_format="csv", load_args=yaml.safe_load(options)
    )
    assert dataset.load().batches()[0].read().collect().rows() == [("007", 1.5)]


def test_a_folder(tmp_path: Path, raw: Path) -> None:
    """Two deliveries."""
    for name in ("north/1.parquet", "south/1.parquet"):
        (raw / "deliveries" / name).parent.mkdir(parents=True)
        ROWS.write_parquet(raw / "deliveries" / name)
    assert load(tmp_path, "A folder of files").equals(pl.concat([ROWS, ROWS]))


def test_a_bucket(tmp_path: Path, s3_server: S3Server) -> None:
    """With the keys of ``credentials.yml``."""
    s3_server.put("plant", "deliveries/1.parquet", parquet())
    assert load(tmp_path, "A prefix of an S3 bucket", s3_server.credentials).equals(ROWS)


def test_a_delta_table(tmp_path: Path, raw: Path) -> None:
    """The newest version."""
    ROWS.write_delta(raw / "readings_delta")
    assert load(tmp_path, "A Delta table").equals(ROWS)


def test_a_postgresql_table(tmp_path: Path, postgres_server: PostgresServer) -> None:
    """In a database of its own."""
    postgres_server.execute("CREATE DATABASE plant")
    postgres_server.execute(
        "CREATE SCHEMA plant",
        "CREATE TABLE plant.readings (timestamp timestamptz, sensor_id text, value float8)",
        "INSERT INTO plant.readings VALUES ('2024-01-01Z', '007', 1.5), ('2024-01-02Z', '7', 2.5)",
        database="plant",
    )
    con = postgres_server.con("reader", database="plant")
    assert load(tmp_path, "A PostgreSQL table", {"con": con}).equals(ROWS)
