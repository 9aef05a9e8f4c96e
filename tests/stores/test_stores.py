"""Stores: atomic, idempotent, and reading never writes."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DatasetError
from matplotlib.figure import Figure

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.provenance import attachments
from modelfleet.fleet.release_content import ReleaseDraft
from modelfleet.stores.figures import FigureDataset
from modelfleet.stores.objects import Objects
from modelfleet.stores.release_store import ReleaseDataset, ReleaseStore
from modelfleet.stores.run_info import RunInfoDataset


def draft(note: str = "x", *, run: str = "run-1") -> ReleaseDraft:
    """A small release."""
    contents = {"serves.parquet": note.encode(), "configuration.json": b"{}"}
    manifest = Manifest.of(contents, code="c", versions={}, readings="r")
    about = attachments({"run_id": run, "started_at": "2018-12-31"}, {"report.html": run.encode()})
    return ReleaseDraft(contents, manifest, about)


def list_a_stranger(folder: Path) -> None:
    """Hide an added file by naming it among those about the run."""
    (folder / "extra.bin").write_bytes(b"x")
    file = folder / "PROVENANCE.json"
    stated = json.loads(file.read_text())
    stated["files"].append({"path": "extra.bin", "size": 1, "sha256": "0" * 64})
    file.write_text(json.dumps(stated))


class TestReleases:
    """Releases are complete or absent, and trusted only after every byte was checked."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> ReleaseStore:
        return ReleaseStore(Objects(str(tmp_path / "releases")))

    def test_publishing_twice_changes_nothing(self, store: ReleaseStore) -> None:
        """The same content is the same release, whichever run made it."""
        assert store.publish(draft())
        assert not store.publish(draft(run="run-2"))
        (rid,) = store.rids()
        assert rid == draft().rid
        assert store.about(rid)["run_id"] == "run-1"

    def test_an_interrupted_publication_is_no_release(self, store: ReleaseStore) -> None:
        """Files without a manifest do not count; publishing again completes them."""
        one = draft()
        store.objects.put(f"{one.rid}/serves.parquet", b"half")
        assert store.rids() == []
        with pytest.raises(ReleaseError, match="incomplete"):
            store.open(one.rid)
        assert store.publish(one)
        assert store.open(one.rid).contents == dict(one.contents)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda p: (p / "serves.parquet").write_bytes(b"y"), "altered 'serves.parquet'"),
            (lambda p: (p / "serves.parquet").unlink(), "missing 'serves.parquet'"),
            (lambda p: (p / "extra.pkl").write_bytes(b"y"), "unknown 'extra.pkl'"),
            (lambda p: (p / "MANIFEST.json").write_text("{}"), "manifest"),
            (lambda p: (p / "report.html").write_text("<b>"), "altered 'report.html'"),
            (lambda p: (p / "report.html").unlink(), "PROVENANCE.json was altered"),
            (list_a_stranger, "unknown 'extra.bin'"),
        ],
    )
    def test_whatever_was_changed_is_named(
        self, store: ReleaseStore, change: Any, message: str
    ) -> None:
        """Altered, removed and added files are refused before anything is read."""
        store.publish(draft())
        change(Path(store.objects.root) / draft().rid)
        with pytest.raises(ReleaseError, match=message):
            store.open(draft().rid)

    def test_a_release_is_found_by_the_beginning_of_its_name(self, store: ReleaseStore) -> None:
        """If the beginning is enough to tell."""
        for note in ("x", "y"):
            store.publish(draft(note))
        assert store.find(draft("x").rid[:8]) == draft("x").rid
        with pytest.raises(ReleaseError, match="is the beginning of"):
            store.find("")
        with pytest.raises(ReleaseError, match="is no release"):
            store.find("zzz")

    def test_an_absent_store_is_an_empty_one(self, tmp_path: Path) -> None:
        """Looking for releases makes no folder."""
        dataset = ReleaseDataset(filepath=str(tmp_path / "none"))
        assert dataset.load().rids() == []
        assert not dataset.exists()
        assert not list(tmp_path.iterdir())
        empty = ReleaseDraft({}, Manifest.of({}, code="c", versions={}, readings="r"), {})
        with pytest.raises(DatasetError, match="without files"):
            dataset.save(empty)


def test_objects_open_folders_and_urls(tmp_path: Path) -> None:
    """One implementation for folders and buckets; in memory here, which is a URL like any other."""
    folder = Objects(str(tmp_path / "objects"))
    assert folder.create("a/b", b"1")
    assert not folder.create("a/b", b"2")
    assert folder.get("a/b") == b"1"
    assert folder.get("a/c") is None
    assert (folder.names(), folder.names("a/"), folder.folders()) == (["a/b"], ["a/b"], ["a"])
    url = Objects((tmp_path / "objects").as_uri())
    assert url.get("a/b") == b"1"


def test_run_info_says_who_and_when() -> None:
    """Facts for provenance; nobody saves them."""
    facts = RunInfoDataset(environment="test").load()
    assert facts["environment"] == "test"
    assert facts["run_id"] == facts["started_at"]
    assert facts["by"]
    with pytest.raises(DatasetError, match="read, not saved"):
        RunInfoDataset(environment="test").save(1)


def test_run_info_without_a_user_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container without a name for its user the run still has an id."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert RunInfoDataset(environment="test").load()["by"] == "unknown"


def test_a_picture_lies_in_a_file_and_is_previewed(tmp_path: Path) -> None:
    """A figure is drawn whole; Kedro-Viz gets the same bytes as text."""
    dataset = FigureDataset(filepath=str(tmp_path / "deep" / "skill.png"))
    assert not dataset.exists()
    dataset.save(Figure())
    drawn = (tmp_path / "deep" / "skill.png").read_bytes()
    assert drawn.startswith(b"\x89PNG")
    assert base64.b64decode(dataset.preview()) == drawn
    dataset.save(drawn)  # by whoever had matplotlib loaded
    assert (tmp_path / "deep" / "skill.png").read_bytes() == drawn
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["skill.png"]
    with pytest.raises(DatasetError, match=r"skill\.png is a picture: look at it"):
        dataset.load()
