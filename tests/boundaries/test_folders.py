"""Production's folder by rights of files, and by a read-only mount: test works, nobody writes."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import yaml

from tests.boundaries.page import block
from tests.project import ROOT, Project
from tests.rights import MOUNT, READERS, give_away, may_mount, run_bound

RIGHTS = block("sh", "chmod")
MOUNTS = block("sh", "mount --bind")


def make_production(folder: Path, data: Path) -> Path:
    """What a run left behind, as production's, with a table and files for intruders."""
    shutil.copytree(data, folder, ignore=shutil.ignore_patterns("mlflow", "bwdf"))
    for mode, value in (("append", 1.0), ("append", 2.0), ("overwrite", 3.0), ("append", 4.0)):
        rows = pl.DataFrame({"sensor_id": ["a"], "value": [value]})
        rows.write_delta(str(folder / "t"), mode=mode)  # type: ignore[arg-type]
    (folder / "kept").write_text("kept")
    (folder / "kept.db").touch()
    return folder


def make_test_environment(folder: Path, project: Path, production: Path) -> Project:
    """A clone that knows production as its configuration names it."""
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("data", "mlflow"))
    named = {
        "environment": "local",  # as which it was run
        "storage": {"root": str(production), "source": str(production / "01_raw" / "ltown")},
    }
    (folder / "conf" / "production" / "globals.yml").write_text(yaml.safe_dump(named))
    automatic = {"policies": {"default": "automatic"}}  # nobody signed for it
    (folder / "conf" / "production" / "owners.yml").write_text(yaml.safe_dump(automatic))
    tested = {"environment": "test", "storage": {"root": "data/test", "source": named["storage"]["source"]}}
    (folder / "conf" / "test" / "globals.yml").write_text(yaml.safe_dump(tested))
    return Project(folder)


def close(production: Path) -> None:
    """Give the tree to production's account, with the rights of the page.

    Who is no superuser owns what it makes, and takes the right to write from itself.
    """
    give_away(production)
    group = str(READERS if os.geteuid() == 0 else os.getegid())
    script = RIGHTS.replace("fleet-readers", group)
    subprocess.run(["sh", "-ec", script], env={**os.environ, "PRODUCTION": str(production)}, check=True)
    if os.geteuid() != 0:
        subprocess.run(["chmod", "-R", "u-w", str(production)], check=True)


def tree(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Each file and folder below: digest, mode and time of the last change."""
    found = {}
    for each in (folder, *sorted(folder.rglob("*"))):
        status = each.stat()
        content = hashlib.sha256(each.read_bytes()).hexdigest() if each.is_file() else ""
        found[str(each.relative_to(folder))] = (content, status.st_mode, status.st_mtime_ns)
    return found


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """A folder that other accounts may enter; pytest's is its owner's alone."""
    folder = Path(tempfile.mkdtemp(prefix="fleet-boundary-"))
    folder.chmod(0o755)
    yield folder
    subprocess.run(["chmod", "-R", "u+rwX", str(folder)], check=False)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def production(few: Project, scratch: Path) -> Path:
    """Production's folder, closed as the page says."""
    folder = make_production(scratch / "production", few.data)
    close(folder)
    return folder


def test_test_runs_on_what_it_may_only_read(few: Project, scratch: Path, production: Path) -> None:
    """A whole run reads production's data, completes, and leaves production as it was."""
    clone = make_test_environment(scratch / "clone", few.path, production)
    before = tree(production)
    done = run_bound("-m", "kedro", "run", "--env", "test", cwd=clone.path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "(test)" in done.stdout
    assert clone.ledger(env="test").height == few.ledger().height
    assert tree(production) == before


def test_every_write_is_refused_by_the_rights_of_files(production: Path) -> None:
    """By the system, whichever library asks, in one sentence that names the place."""
    before = tree(production)
    done = run_bound("-m", "tests.boundaries.writes", str(production), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    refused(json.loads(done.stdout), production, "denied|not permitted|read-only SQLite")
    assert tree(production) == before


BOUNDARY = ["read-only mount"] if may_mount(ROOT) else []


@pytest.mark.parametrize("boundary", BOUNDARY)
def test_every_write_is_refused_by_a_read_only_mount(few: Project, tmp_path: Path, boundary: str) -> None:
    """Also to root with all of its rights."""
    production, seen = make_production(tmp_path / "production", few.data), tmp_path / "seen"
    seen.mkdir()
    before = tree(production)
    command = shlex.join([sys.executable, "-m", "tests.boundaries.writes", str(seen)])
    done = subprocess.run(
        [*MOUNT, "sh", "-ec", f"{MOUNTS}\n{command}"],
        env={**os.environ, "PRODUCTION": str(production), "SEEN": str(seen)},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    refused(json.loads(done.stdout), seen, "Read-only file system|read-only SQLite")
    assert tree(production) == before


def refused(attempts: dict[str, str], place: Path, words: str) -> None:
    """Each attempt was refused by the file system, which is told in one line with the place."""
    assert len(attempts) == 27
    for name, outcome in attempts.items():
        assert re.fullmatch(rf"the file system refused.*({words}).*The real boundary.*", outcome), name
        assert str(place) in outcome or name == "SQLite", name
