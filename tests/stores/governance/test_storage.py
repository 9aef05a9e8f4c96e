"""What was done to storage is found before anything serves, and the last good release does."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.releases import Manifest
from modelfleet.stores.governance import audit, open_live
from tests.people import NOON, Organisation, small_release
from tests.stores.governance.forgery import Forger

NOW = NOON + timedelta(hours=3)
FIRST, SECOND = small_release("first").rid, small_release("second").rid


@pytest.fixture(scope="module")
def twice(established: Organisation, tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """The release ``second`` serves, ``first`` did before."""
    people = established.copy(tmp_path_factory.mktemp("twice") / "organisation")
    forge = Forger(people)
    asked = forge.request(SECOND)
    forge.append(asked, [forge.decision(asked)])
    return people


@pytest.fixture
def people(twice: Organisation, tmp_path: Path) -> Organisation:
    return twice.copy(tmp_path / "organisation")


def edit_the_manifest(folder: Path) -> None:
    """Swap a file and name its new digest in the manifest."""
    file = folder / "configuration.json"
    file.write_text(json.dumps("sEcond"))
    contents = {name: (folder / name).read_bytes() for name in ("serves.parquet", file.name)}
    made = Manifest.of(contents, code="c", versions={}, readings="r")
    (folder / "MANIFEST.json").write_bytes(made.to_bytes())


def link_a_file(folder: Path) -> None:
    """The bytes are right, for now: they lie where somebody else can change them."""
    elsewhere = folder.parent.parent / "elsewhere.parquet"
    (folder / "serves.parquet").rename(elsewhere)
    (folder / "serves.parquet").symlink_to(elsewhere)


def link_the_folder(folder: Path) -> None:
    elsewhere = folder.parent.parent / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere, target_is_directory=True)


def link_a_folder_inside(folder: Path) -> None:
    (folder / "more").symlink_to(folder.parent, target_is_directory=True)


def make_a_pipe(folder: Path) -> None:
    """Whoever reads it waits for ever."""
    (folder / "serves.parquet").unlink()
    os.mkfifo(folder / "serves.parquet")


def replace_the_provenance(folder: Path) -> None:
    """Of another run, whole in itself."""
    made = small_release("second", holds=("no_skill",))
    (folder / "PROVENANCE.json").write_bytes(made.attachments["PROVENANCE.json"])


def swap_files(folder: Path) -> None:
    other = folder.parent / FIRST / "configuration.json"
    shutil.copy(other, folder / "configuration.json")


def swap_equally_long_bytes(folder: Path) -> None:
    (folder / "configuration.json").write_text(json.dumps("sEcond"))


def add_what_nobody_can_hold(folder: Path) -> None:
    """A terabyte, sparse: whoever reads it before it is refused does not come back."""
    (folder / "extra.bin").touch()
    os.truncate(folder / "extra.bin", 2**40)


TAMPERED = [
    (edit_the_manifest, "its manifest was altered"),
    (swap_files, "altered 'configuration.json'"),
    (swap_equally_long_bytes, "altered 'configuration.json'"),
    (lambda f: (f / "extra.pkl").write_bytes(b"x"), "unknown 'extra.pkl'"),
    (lambda f: (f / "serves.parquet").unlink(), "missing 'serves.parquet'"),
    (link_a_file, "serves.parquet' is a link or no file"),
    (link_the_folder, "is a link or no file"),
    (link_a_folder_inside, "more' is a link or no file"),
    (make_a_pipe, "serves.parquet' is a link or no file"),
    (lambda f: os.truncate(f / "serves.parquet", 2**40), "altered 'serves.parquet'"),
    (lambda f: os.truncate(f / "MANIFEST.json", 2**40), "its manifest has 1,099,511,627,776 bytes"),
    (add_what_nobody_can_hold, "unknown 'extra.bin'"),
    (lambda f: os.truncate(f / "report.html", 2**40), "larger than a file about a run"),
    (lambda f: (f / "report.html").write_text("<b>"), "altered 'report.html'"),
    (lambda f: (f / "PROVENANCE.json").write_text("{"), "what is known about the run"),
    (replace_the_provenance, "what is known about the run"),
    (shutil.rmtree, "incomplete"),
]


@pytest.mark.parametrize(("tamper", "message"), TAMPERED)
def test_a_release_that_was_touched_does_not_serve(
    people: Organisation, tamper: Callable[[Path], object], message: str
) -> None:
    """Before anything of it is read into the program; the release before serves, and it is told."""
    folder = Path(people.root) / "releases" / SECOND
    tamper(folder)
    live = open_live(people.open(), now=NOW)
    assert live.serves == {"north": FIRST, "south": FIRST}
    assert list(live.releases) == [FIRST]
    assert any(message in problem.sentence for problem in live.problems), live.problems
    assert f"release {FIRST[:12]}, the last that is proved, serves" in str(live.problems)
    report = audit(people.open(), now=NOW)
    assert not report.sound
    assert any(message in str(problem) for problem in report.problems)


def test_a_manifest_cannot_name_files_outside_of_its_release(people: Organisation) -> None:
    """Named so, and therefore with the right name: it is refused for what it says."""
    store = people.open().releases
    for path in ("../other/x", "/etc/passwd", "a/../../x", "a//b", ".", "a\\b", ""):
        text = Manifest.of({}, code="c", versions={}, readings="r").to_bytes().decode()
        entry = {"path": path, "size": 1, "sha256": "0" * 64}
        content = text.replace('"files":[]', f'"files":[{json.dumps(entry)}]').encode()
        import hashlib

        rid = hashlib.sha256(content).hexdigest()
        store.objects.put(f"{rid}/MANIFEST.json", content)
        with pytest.raises(ReleaseError, match="no path inside of a release"):
            store.open(rid)


@pytest.mark.parametrize("rid", ["../channels/production", "", "x" * 64, "A" * 64, "/etc"])
def test_a_name_of_a_release_is_a_digest(people: Organisation, rid: str) -> None:
    """No other text is ever used as a path."""
    with pytest.raises(ReleaseError, match="no name of a release"):
        people.open().releases.open(rid)


def test_a_truncated_channel_is_found_by_the_witness(people: Organisation) -> None:
    """What is left is whole in itself; it is told that there was more."""
    folder = Path(people.root) / "channels" / "production"
    (folder / "000002.json").unlink()
    live = open_live(people.open(), now=NOW)
    assert live.serves == {"north": FIRST, "south": FIRST}
    assert {(each.code, each.where) for each in live.problems} == {("truncated", "entry 2")}


def test_a_truncated_channel_is_found_by_signed_requests(people: Organisation) -> None:
    """Also where the witness was moved back along with it: a request saw the entry that is gone."""
    Forger(people).request(FIRST, reason="made when entry 2 was there")
    folder = Path(people.root) / "channels" / "production"
    (folder / "000002.json").unlink()
    place = people.open()
    place.witness.objects.remove("production.json")
    place.witness.move(place.channel.entries()[-1])
    for problems in (open_live(place, now=NOW).problems, audit(place, now=NOW).problems):
        assert "truncated" in {each.code for each in problems}
        assert "its signer saw the channel at entry" in str(problems)


def test_an_unsigned_request_alarms_nobody(people: Organisation) -> None:
    """Anybody who can write there could make one that saw what never was."""
    asked = Forger(people).request(FIRST, head="0" * 64)
    folder = Path(people.root) / "approvals" / "production" / asked.digest
    (folder / "request.json.sig").write_text("x")
    assert open_live(people.open(), now=NOW).problems == ()


def test_a_channel_without_a_witness_is_told_by_the_audit(people: Organisation) -> None:
    """Serving goes on."""
    people.open().witness.objects.remove("production.json")
    assert open_live(people.open(), now=NOW).problems == ()
    assert {each.code for each in audit(people.open(), now=NOW).problems} == {"no_witness"}


def test_a_damaged_entry_leaves_what_was_proved_before(people: Organisation) -> None:
    """The chain counts up to there."""
    file = Path(people.root) / "channels" / "production" / "000002.json"
    file.write_text(file.read_text().replace(SECOND, FIRST))
    live = open_live(people.open(), now=NOW)
    assert live.serves == {"north": FIRST, "south": FIRST}
    assert "truncated" in {each.code for each in live.problems}
    assert not audit(people.open(), now=NOW).sound
