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

from tests.boundaries.environment import clone_with_production
from tests.boundaries.page import block
from tests.project import ROOT, Project
from tests.rights import MOUNT, READERS, give_away, may_mount, run_bound

RIGHTS = block("sh", "chmod")
MOUNTS = block("sh", "mount --bind")

RUN = ("-m", "kedro", "run", "--env", "test", "--params", "engine.backend=sequential")
RAW = """
from modelfleet.commands.project import load_asset

print(sum(batch.read().collect().height for batch in load_asset("raw_readings", "test").batches()))
"""


def make_production(folder: Path, data: Path) -> Path:
    """What a run left behind, as production's, with a table and files for intruders."""
    shutil.copytree(data, folder, ignore=shutil.ignore_patterns("mlflow", "bwdf"))
    for mode, value in (("append", 1.0), ("append", 2.0), ("overwrite", 3.0), ("append", 4.0)):
        rows = pl.DataFrame({"sensor_id": ["a"], "value": [value]})
        rows.write_delta(str(folder / "t"), mode=mode)  # type: ignore[arg-type]
    (folder / "kept").write_text("kept")
    (folder / "kept.db").touch()
    return folder


def close(production: Path) -> None:
    """Give the tree to production's account, with the rights of the page.

    Who is no superuser owns what it makes, and takes the right to write from itself.
    """
    give_away(production)
    group = str(READERS if os.geteuid() == 0 else os.getegid())
    script = RIGHTS.replace("fleet-readers", group)
    subprocess.run(
        ["sh", "-ec", script], env={**os.environ, "PRODUCTION": str(production)}, check=True
    )
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


JUDGED = "evaluation.gate.min_hours=51"
"""Another gate than production's: what is live is judged again, and stays."""


def test_test_runs_on_what_it_may_only_read(few: Project, scratch: Path, production: Path) -> None:
    """A whole run on production's readings, against what is live there, ends well.

    Its raw data can be read as well, and production is as it was.
    """
    clone = clone_with_production(scratch / "clone", few.path, str(production))
    before = tree(production)
    done = run_bound(
        *["-m", "kedro", "run", "--env", "test", "--params", f"engine.backend=sequential,{JUDGED}"],
        cwd=clone.path,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "(test)" in done.stdout
    ledger = clone.ledger(env="test")
    assert ledger.height == few.ledger().height
    assert "champion" in ledger["serves"].to_list(), "what is live there was opened"
    done = run_bound("-c", RAW, cwd=clone.path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > 90_000
    assert tree(production) == before


def test_a_run_in_production_itself_is_refused(
    few: Project, scratch: Path, production: Path
) -> None:
    """Before it computes anything, in words, without a traceback."""
    clone = clone_with_production(scratch / "other", few.path, str(production))
    before = tree(production)
    done = run_bound("-m", "kedro", "run", "--env", "production", cwd=clone.path)
    assert done.returncode == 1
    assert f"refused access to {production}: this account may not write there" in done.stderr
    assert "Traceback" not in done.stderr
    assert tree(production) == before


def test_every_write_is_refused_by_the_rights_of_files(production: Path) -> None:
    """By the system, whichever library asks, in one sentence that names the place."""
    before = tree(production)
    done = run_bound("-m", "tests.boundaries.writes", str(production), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    refused(json.loads(done.stdout), production, "denied|not permitted|read-only SQLite")
    assert tree(production) == before


if may_mount(ROOT):

    def test_every_write_is_refused_by_a_read_only_mount(few: Project, tmp_path: Path) -> None:
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
        assert re.fullmatch(rf"the file system refused.*({words}).*The real boundary.*", outcome), (
            name
        )
        assert str(place) in outcome or name == "SQLite", name


def test_pods_get_it_read_only() -> None:
    """Twice: the claim, and where it is mounted."""
    pod = yaml.safe_load(block("yaml", "persistentVolumeClaim"))
    claims = {each["name"]: each["persistentVolumeClaim"] for each in pod["volumes"]}
    mounts = [each for container in pod["containers"] for each in container["volumeMounts"]]
    assert claims["production"]["readOnly"] is True
    assert [(each["name"], each["readOnly"]) for each in mounts] == [("production", True)]
