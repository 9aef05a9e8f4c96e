"""Releases: immutable folders named after the digest of their manifest.

A release is complete when its manifest is there: the manifest is written last, and by exclusive
create. What was published before it is overwritten by the same bytes when publishing is repeated.
"""

import functools
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from kedro.io import DatasetError

from modelfleet.domain.errors import ReleaseError, listing
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.provenance import ATTACHED, PROVENANCE
from modelfleet.fleet.release_content import ReleaseDraft
from modelfleet.stores.describe import DescribedDataset
from modelfleet.stores.objects import Objects

if TYPE_CHECKING:
    from modelfleet.fleet.serving import Forecaster

__all__ = ["Release", "ReleaseDataset", "ReleaseStore"]

MANIFEST = "MANIFEST.json"


@dataclass(frozen=True)
class Release:
    """A release whose bytes were checked against its name.

    Attributes:
        rid: its name.
        manifest: what it is.
        contents: path to bytes of its files.
        provenance: the run that made it.
    """

    rid: str
    manifest: Manifest
    contents: dict[str, bytes]
    provenance: dict[str, Any]

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables, such as ``serves``."""
        return pl.read_parquet(io.BytesIO(self.contents[f"{name}.parquet"]))

    @functools.cached_property
    def forecaster(self) -> "Forecaster":
        """What forecasts by this release; its tables are read once.

        Raises:
            ReleaseError: the release was made before releases could forecast.
        """
        from modelfleet.fleet.serving import Forecaster

        return Forecaster.of(self)

    def predict(self, readings: Any, **options: Any) -> pl.DataFrame:
        """Forecast the next horizon of each sensor from recent readings.

        Arguments, result and errors are those of
        :meth:`~modelfleet.fleet.serving.Forecaster.predict`.
        """
        return self.forecaster.predict(readings, **options)


@dataclass(frozen=True)
class ReleaseStore:
    """All releases of an environment."""

    objects: Objects

    def publish(self, draft: ReleaseDraft) -> bool:
        """Publish a release, completely or not at all; ``False`` if it is already there."""
        rid = draft.rid
        if self.objects.get(f"{rid}/{MANIFEST}") is not None:
            return False
        for path, content in {**draft.contents, **draft.attachments}.items():
            self.objects.put(f"{rid}/{path}", content)
        return self.objects.create(f"{rid}/{MANIFEST}", draft.manifest.to_bytes())

    def rids(self) -> list[str]:
        """Names of all complete releases."""
        return [r for r in self.objects.folders() if self.objects.get(f"{r}/{MANIFEST}")]

    def find(self, prefix: str) -> str:
        """The one release whose name begins so.

        Raises:
            ReleaseError: there is none, or more than one.
        """
        found = [rid for rid in self.rids() if rid.startswith(prefix)]
        if len(found) != 1:
            what = f"is the beginning of {listing(found)}" if found else "is no release"
            raise ReleaseError(f"{prefix!r} {what}; `kedro fleet releases` lists them")
        return found[0]

    def about(self, rid: str) -> dict[str, str]:
        """``rid``, ``made`` and ``run_id``, as the run that made the release left them."""
        provenance = json.loads(self.objects.get(f"{rid}/{PROVENANCE}") or b"{}")
        return {
            "rid": rid,
            "made": provenance.get("started_at", "unknown"),
            "run_id": provenance.get("run_id", "unknown"),
        }

    def provenance_digest(self, rid: str) -> str:
        """See :class:`~modelfleet.fleet.promotion.Releases`."""
        content = self.objects.get(f"{rid}/{PROVENANCE}")
        if content is None:
            raise ReleaseError(f"release {rid[:12]} is incomplete: it has no {PROVENANCE}")
        return hashlib.sha256(content).hexdigest()

    def open(self, rid: str) -> Release:
        """Load a release after checking every byte against its name.

        Raises:
            ReleaseError: it is incomplete, or something in it was altered, added or removed.
        """
        stored = self.objects.get(f"{rid}/{MANIFEST}")
        if stored is None:
            raise ReleaseError(f"release {rid[:12]} is incomplete: it has no {MANIFEST}")
        if hashlib.sha256(stored).hexdigest() != rid:
            raise ReleaseError(f"release {rid[:12]} cannot be trusted: its manifest was altered")
        manifest = Manifest.model_validate_json(stored)
        provenance = json.loads(self.objects.get(f"{rid}/{PROVENANCE}") or b"{}")
        about_the_run = {PROVENANCE, *ATTACHED}
        self._verify_attachments(rid, provenance)
        names = [name.removeprefix(f"{rid}/") for name in self.objects.names(f"{rid}/")]
        contents = {
            name: self.objects.get(f"{rid}/{name}") or b""
            for name in names
            if name not in about_the_run and name != MANIFEST
        }
        manifest.verify(contents)
        return Release(rid, manifest, contents, provenance)

    def _verify_attachments(self, rid: str, provenance: Mapping[str, Any]) -> None:
        """Check the files about the run against what the run said of them."""
        for entry in provenance.get("files", []):
            content = self.objects.get(f"{rid}/{entry['path']}")
            if entry["path"] not in ATTACHED or content is None:
                raise ReleaseError(
                    f"release {rid[:12]} cannot be trusted: {PROVENANCE} was altered"
                )
            if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                raise ReleaseError(
                    f"release {rid[:12]} cannot be trusted: altered {entry['path']!r}; publish it "
                    "again from its run, or go back to the release before"
                )


class ReleaseDataset(DescribedDataset[ReleaseDraft, ReleaseStore]):
    """Saves a draft as a release; loads the store of all releases."""

    def load(self) -> ReleaseStore:
        """The store."""
        return ReleaseStore(Objects(self._filepath))

    def save(self, data: ReleaseDraft) -> None:
        """Publish the draft; a release that is already there is left as it is."""
        if not data.contents:
            raise DatasetError("a release without files cannot be published")
        self.load().publish(data)

    def _exists(self) -> bool:
        return bool(self.load().rids())
