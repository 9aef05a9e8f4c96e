"""How a bad input goes through the real ingestion, profiles and admissions."""

from pathlib import Path
from typing import Any

import polars as pl
import yaml

from modelfleet.domain.parameters.ingestion import Aggregation
from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.admissions import decide_admissions
from modelfleet.fleet.axis import find_axis
from modelfleet.fleet.descriptions import describe_profiles
from modelfleet.fleet.ingest import complete_fleet, ingest_source, register_sensors
from modelfleet.fleet.roster import ids_by_shard
from modelfleet.fleet.tables import from_pandas, to_pandas
from modelfleet.fleet.tasks import ProfileTask
from modelfleet.stores.frames import DeltaFrameDataset
from modelfleet.stores.ingestion_store import DeltaIngestionStore
from modelfleet.stores.raw.files import RawFilesDataset
from tests.bad_inputs.cases import Case
from tests.fleet.ingest.batches import make_store
from tests.fleet.ingest.test_ingest import NOW, settings
from tests.fleet.test_pieces import FLEET
from tests.project import ROOT

CATALOG = yaml.safe_load((ROOT / "conf/base/catalog.yml").read_text())
VALIDATION = yaml.safe_load((ROOT / "conf/base/parameters_validation.yml").read_text())[
    "validation"
]
INGESTION = yaml.safe_load((ROOT / "conf/base/parameters_ingestion.yml").read_text())["ingestion"]
AS_BY_DEFAULT = {
    "aggregation": Aggregation(**INGESTION["aggregation"]),
    "max_unreadable_share": INGESTION["max_unreadable_share"],
}


class Plant:
    """A place where files are delivered, and what ingestion makes of them.

    Args:
        folder: holds the raw files and the tables.
        bad: says what is delivered, and how it is to be read.
    """

    def __init__(self, folder: Path, bad: Case) -> None:
        self._raw = folder / "raw"
        self._bad = bad
        self.stored = folder / "stored"
        self.store: DeltaIngestionStore = make_store(self.stored)
        self.delivered = 0
        self._raw.mkdir()

    def deliver(self, position: int) -> list[str]:
        """Put the files of a delivery into the folder, and return their names."""
        given = self._bad.deliveries[position]
        files = given if isinstance(given, tuple) else (given,)
        names = [f"{position}{letter}.parquet" for letter, _ in zip("abc", files, strict=False)]
        for name, content in zip(names, files, strict=True):
            if isinstance(content, bytes):
                (self._raw / name).write_bytes(content)
            else:
                content.write_parquet(self._raw / name)
                self.delivered += content.height
        return names

    def ingest(self) -> None:
        """Take what is new."""
        chosen = settings(**self._bad.layout).model_copy(update=AS_BY_DEFAULT)
        source = RawFilesDataset(
            filepath=str(self._raw), file_format="parquet", expected=["*.parquet"]
        ).load()
        known = register_sensors(self._bad.metadata, chosen.sensors)
        ingest_source(source, self.store, known, ingestion=chosen, fleet=FLEET, now=NOW)

    def files(self) -> dict[str, int]:
        """Every stored file, and when it was written."""
        found = self.stored.rglob("*")
        return {str(file): file.stat().st_mtime_ns for file in found if file.is_file()}

    def rejected(self) -> pl.DataFrame:
        """All rejected rows."""
        return self.store.rejected_rows().collect()

    def unaccounted(self) -> int:
        """Delivered rows that are in no table, no duplicates and not merged.

        What is stored and rejected is counted in the tables, not taken from the account.
        """
        stored = self.store.source().scan().select(pl.len()).collect().item()
        twice = sum(account.duplicates + account.merged for account in self.store.accounts())
        return int(self.delivered - stored - self.rejected().height - twice)

    def admissions(self) -> dict[str, dict[str, Any]]:
        """Who is admitted, and why the others are not."""
        validation = ValidationParameters.model_validate(
            {**VALIDATION, "retired_column": self._bad.retired}
        )
        known = register_sensors(self._bad.metadata, settings().sensors)
        sensors = complete_fleet(known, self.store.sensor_ids(), shards=FLEET.shards)
        source = self.store.source()
        axis = find_axis(source, FLEET)
        task = ProfileTask(ids_by_shard(sensors), axis, validation.profile)
        measured = pl.concat(task.part(shard).run(source.read(shard)) for shard in task.shards())
        refused = DeltaFrameDataset(
            filepath=self.store.rejected, unique=CATALOG["rejected_readings"]["unique"]
        ).load()
        profiles = describe_profiles(
            from_pandas(to_pandas(sensors)),
            measured.drop("weekly_coverage"),
            refused,
            axis=axis,
            validation=validation,
        )
        decided = decide_admissions(from_pandas(to_pandas(profiles)), {}, validation)
        return {row["sensor_id"]: row for row in decided.iter_rows(named=True)}
