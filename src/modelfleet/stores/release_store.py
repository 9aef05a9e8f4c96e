"""Releases: immutable folders named after the digest of their manifest.

A release is complete when its manifest is there: the manifest is written last, and by exclusive
create. What was published before it is overwritten by the same bytes when publishing is repeated.
"""

import functools
import hashlib
import io
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl
from kedro.io import DatasetError
from pydantic import ValidationError

from modelfleet.domain.approvals import ReleaseFacts
from modelfleet.domain.errors import ReleaseError, listing
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.lineage import read_lineage, unknown_lineage
from modelfleet.fleet.provenance import ATTACHED, COVARIATES, LINEAGE, PROVENANCE, RUN_LINEAGE
from modelfleet.fleet.release_content import ReleaseDraft
from modelfleet.stores.describe import DescribedDataset
from modelfleet.stores.objects import Objects

if TYPE_CHECKING:
    from modelfleet.fleet.serving import Forecaster

__all__ = ["Release", "ReleaseDataset", "ReleaseStore"]

MANIFEST = "MANIFEST.json"
NAME = re.compile(r"[0-9a-f]{64}")
LIST = "`modelfleet releases` lists them"
READ = (LINEAGE, RUN_LINEAGE, COVARIATES)
"""Files about a run that programs read; the others are for people."""

# What a release may be at most: fixed here, never read from a release.
MANIFEST_LIMIT = 2**20
PROVENANCE_LIMIT = 2**20
ATTACHMENT_LIMIT = 2**30
RELEASE_LIMIT = 16 * 2**30


@dataclass(frozen=True)
class Release:
    """A release whose bytes were checked against its name.

    Attributes:
        rid: its name.
        manifest: what it is.
        contents: path to bytes of its files.
        provenance: the run that made it.
        about: path to bytes of those files about the run that programs read.
    """

    rid: str
    manifest: Manifest
    contents: dict[str, bytes]
    provenance: dict[str, Any]
    about: Mapping[str, bytes] = field(default_factory=dict)

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables, such as ``serves``."""
        return pl.read_parquet(io.BytesIO(self.contents[f"{name}.parquet"]))

    @functools.cached_property
    def lineage(self) -> pl.DataFrame:
        """What each model and baseline was made of.

        Returns:
            :data:`~modelfleet.fleet.lineage.LINEAGE_SCHEMA`; of a release that was made before
            lineage was recorded, rows that say so.
        """
        if (content := self.about.get(LINEAGE)) is not None:
            return read_lineage(content)
        return unknown_lineage(self.table("models"), self.table("baselines"), rid=self.rid)

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
        self.objects.check_writable()
        rid = draft.rid
        if self.objects.get(f"{rid}/{MANIFEST}") is not None:
            return False
        for path, content in {**draft.contents, **draft.attachments}.items():
            self.objects.put(f"{rid}/{path}", content)
        return self.objects.create(f"{rid}/{MANIFEST}", draft.manifest.to_bytes())

    def rids(self) -> list[str]:
        """Names of all complete releases."""
        named = (rid for rid in self.objects.folders() if NAME.fullmatch(rid))
        return [rid for rid in named if self.objects.size(f"{rid}/{MANIFEST}") is not None]

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

    def facts(self, rid: str) -> ReleaseFacts | None:
        """What a release says of its run, for the rules; ``None`` where it is not there.

        See :class:`~modelfleet.domain.approvals.Proofs`.
        """
        name = f"{rid}/{PROVENANCE}"
        size = self.objects.size(name)
        content = self.objects.get(name) if size and size <= PROVENANCE_LIMIT else None
        if content is None:
            return None
        try:
            holds = tuple(map(str, _object(content, rid).get("holds", ())))
        except (ReleaseError, TypeError):
            holds = ()  # its digest is nobody's either
        return ReleaseFacts(hashlib.sha256(content).hexdigest(), holds)

    def open(self, rid: str) -> Release:
        """Load a release after checking every byte against its name.

        Sizes are checked before anything is read, digests before anything is understood.

        Raises:
            ReleaseError: it is incomplete, or something in it was altered, added or removed.
        """
        if not NAME.fullmatch(rid):
            raise ReleaseError(f"{rid[:64]!r} is no name of a release; {LIST}")
        sizes = self._sizes(rid)
        manifest = self._manifest(rid, sizes)
        about = {name: sizes[name] for name in sizes.keys() & {PROVENANCE, *ATTACHED}}
        _check_sizes(rid, sizes.keys() - about.keys() - {MANIFEST}, sizes, manifest)
        names = [name for name in sizes if name not in about and name != MANIFEST]
        contents = self._contents(rid, names)
        manifest.verify(contents)
        provenance, files = self._provenance(rid, about)
        return Release(rid, manifest, contents, provenance, files)

    def _sizes(self, rid: str) -> dict[str, int]:
        """Files of a release and their sizes, once nothing in it is a link."""
        if odd := self.objects.irregular(rid):
            raise ReleaseError(
                f"release {rid[:12]} cannot be trusted: {listing(odd)} is a link or no file; "
                "publish the release again from its run, or go back to the release before"
            )
        found = self.objects.sizes(f"{rid}/")
        return {name.removeprefix(f"{rid}/"): size for name, size in found.items()}

    def _manifest(self, rid: str, sizes: Mapping[str, int]) -> Manifest:
        if MANIFEST not in sizes:
            raise ReleaseError(f"release {rid[:12]} is incomplete: it has no {MANIFEST}")
        if sizes[MANIFEST] > MANIFEST_LIMIT:
            raise ReleaseError(
                f"release {rid[:12]} cannot be trusted: its manifest has {sizes[MANIFEST]:,} "
                f"bytes, more than the {MANIFEST_LIMIT:,} that one may have"
            )
        stored = self.objects.get(f"{rid}/{MANIFEST}") or b""
        if hashlib.sha256(stored).hexdigest() != rid:
            raise ReleaseError(f"release {rid[:12]} cannot be trusted: its manifest was altered")
        try:
            return Manifest.model_validate_json(stored)
        except ValidationError as error:  # made so, and named so: nobody's release
            found = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise ReleaseError(f"release {rid[:12]} cannot be trusted: {found}") from None

    def _contents(self, rid: str, names: Collection[str]) -> dict[str, bytes]:
        found = self.objects.fetch([f"{rid}/{name}" for name in names])
        return {name: found[f"{rid}/{name}"] or b"" for name in names}

    def _provenance(
        self, rid: str, sizes: Mapping[str, int]
    ) -> tuple[dict[str, Any], dict[str, bytes]]:
        """What is known about the run, once the files about it are what it says."""
        large = [name for name, size in sizes.items() if size > _limit(name)]
        if large:
            raise ReleaseError(
                f"release {rid[:12]} cannot be trusted: {listing(sorted(large))} is larger than "
                "a file about a run can be"
            )
        contents = self._contents(rid, sizes)
        provenance = _object(contents.get(PROVENANCE) or b"{}", rid)
        self._verify_attachments(rid, provenance, contents)
        return provenance, {name: contents[name] for name in READ if name in contents}

    def _verify_attachments(
        self, rid: str, provenance: Mapping[str, Any], contents: Mapping[str, bytes]
    ) -> None:
        """Check the files about the run against what the run said of them."""
        stated = {entry["path"]: entry["sha256"] for entry in provenance.get("files", [])}
        kept = contents.keys() - {PROVENANCE}
        if stated.keys() - set(ATTACHED) or stated.keys() - kept:
            raise ReleaseError(f"release {rid[:12]} cannot be trusted: {PROVENANCE} was altered")
        digests = {name: hashlib.sha256(contents[name]).hexdigest() for name in kept}
        if altered := sorted(name for name in kept if digests[name] != stated.get(name)):
            raise ReleaseError(
                f"release {rid[:12]} cannot be trusted: altered {listing(altered)}; publish it "
                "again from its run, or go back to the release before"
            )


def _check_sizes(
    rid: str, names: Collection[str], sizes: Mapping[str, int], manifest: Manifest
) -> None:
    """Check that files have the sizes that the manifest states, before they are read."""
    stated = {entry.path: entry.size for entry in manifest.files}
    odd = sorted(name for name in names if name in stated and sizes[name] != stated[name])
    if odd:
        raise ReleaseError(
            f"release {rid[:12]} cannot be trusted: altered {listing(odd)}; publish it again from "
            "its run, or go back to the release before"
        )
    manifest.verify_names([*(name for name in stated if name in sizes), *names])
    total = sum(sizes[name] for name in names)
    if total > RELEASE_LIMIT:
        raise ReleaseError(
            f"release {rid[:12]} cannot be trusted: it has {total:,} bytes, more than the "
            f"{RELEASE_LIMIT:,} that a release may have"
        )


def _limit(name: str) -> int:
    return PROVENANCE_LIMIT if name == PROVENANCE else ATTACHMENT_LIMIT


def _object(content: bytes, rid: str) -> dict[str, Any]:
    """A JSON object; what is none was altered."""
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ReleaseError(f"release {rid[:12]} cannot be trusted: {PROVENANCE} was altered")
    return found


class ReleaseDataset(DescribedDataset[ReleaseDraft, ReleaseStore]):
    """Saves a draft as a release; loads the store of all releases."""

    def load(self) -> ReleaseStore:
        """The store."""
        return ReleaseStore(Objects(self._filepath, self.protected_by))

    def save(self, data: ReleaseDraft) -> None:
        """Publish the draft; a release that is already there is left as it is."""
        if not data.contents:
            raise DatasetError("a release without files cannot be published")
        self.load().publish(data)

    def _exists(self) -> bool:
        return bool(self.load().rids())
