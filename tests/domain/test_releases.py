"""What a release is: a manifest of files, named by the digest of that manifest."""

import hashlib
import json

import pytest
from pydantic import ValidationError

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.releases import Manifest, file_entry

CONTENTS = {"scorecard.parquet": b"scores", "models.parquet": b"models"}


def manifest(contents=CONTENTS, **changed):
    """The manifest of a small release."""
    made_of = {"code": "c0de", "versions": {"numpy": "2.4", "scipy": "1.17"}, "readings": "da7a"}
    return Manifest.of(contents, **{**made_of, **changed})


def test_a_file_is_described_by_its_content():
    """Path, size and SHA-256."""
    entry = file_entry("a/b", b"abc")
    assert entry.model_dump() == {
        "path": "a/b",
        "size": 3,
        "sha256": hashlib.sha256(b"abc").hexdigest(),
    }


def test_the_name_is_the_digest_of_what_is_stored():
    """Whoever holds the stored manifest can check the release's name."""
    assert manifest().rid == hashlib.sha256(manifest().to_bytes()).hexdigest()


def test_the_name_depends_on_content_only():
    """Files and versions in another order are the same release."""
    other = manifest(dict(reversed(CONTENTS.items())), versions={"scipy": "1.17", "numpy": "2.4"})
    assert [entry.path for entry in other.files] == ["models.parquet", "scorecard.parquet"]
    assert other.rid == manifest().rid


@pytest.mark.parametrize(
    "other",
    [
        manifest({**CONTENTS, "models.parquet": b"Models"}),
        manifest({**CONTENTS, "more": b""}),
        manifest({"scorecard.parquet": b"scores"}),
        manifest({"Scorecard.parquet": b"scores", "models.parquet": b"models"}),
        manifest(code="c0de2"),
        manifest(readings="da7a2"),
        manifest(versions={"numpy": "2.5", "scipy": "1.17"}),
    ],
    ids=["altered", "more", "less", "renamed", "code", "readings", "library"],
)
def test_any_other_content_has_another_name(other):
    """A name stands for exactly one release."""
    assert other.rid != manifest().rid


def test_a_stored_manifest_is_read_back():
    """Reading what was written gives the same release."""
    assert Manifest.model_validate_json(manifest().to_bytes()) == manifest()


def test_a_manifest_says_nothing_that_it_does_not_know():
    """An unknown key is refused, so that nothing rides along unsigned."""
    stored = json.loads(manifest().to_bytes()) | {"approved_by": "nobody"}
    with pytest.raises(ValidationError, match="approved_by"):
        Manifest.model_validate(stored)


def test_the_files_of_a_release_are_verified():
    """All of them, unchanged, in any order."""
    manifest().verify(dict(reversed(CONTENTS.items())))


@pytest.mark.parametrize(
    ("contents", "problem"),
    [
        ({"models.parquet": b"models"}, "missing 'scorecard.parquet'"),
        ({}, "missing 'models.parquet', 'scorecard.parquet'"),
        ({**CONTENTS, "extra.py": b""}, "unknown 'extra.py'"),
        ({**CONTENTS, "models.parquet": b"sledom"}, "altered 'models.parquet'"),
        ({**CONTENTS, "models.parquet": b""}, "altered 'models.parquet'"),
    ],
    ids=["missing", "nothing", "unknown", "altered", "emptied"],
)
def test_what_is_not_the_release_is_refused(contents, problem):
    """The release, the files and the way out are named."""
    with pytest.raises(ReleaseError, match=problem) as raised:
        manifest().verify(contents)
    assert manifest().rid[:12] in str(raised.value)
    assert "publish it again" in str(raised.value)


def test_a_manifest_does_not_change():
    """A release is for ever."""
    with pytest.raises(ValidationError, match="frozen"):
        manifest().code = "other"
