"""Three runs of a fleet: from nothing, with nothing changed, and after one more day."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.database import make_database
from tests.benchmarks.fleet import Fleet, write_fleet
from tests.benchmarks.stages import Run, measure_kedro, median_run, with_peaks
from tests.project import Project

__all__ = ["Figures", "measure_fleet", "warm_up"]


@dataclass(frozen=True)
class Figures:
    """What the runs took.

    Attributes:
        fleet: what they ran on.
        first: all stages, from raw rows to a release.
        unchanged: the same again, with nothing changed.
        day: ingestion and validation after one more day was delivered.
        stored_bytes: size of the table of readings after the first run.
    """

    fleet: Fleet
    first: Run
    unchanged: Run
    day: Run
    stored_bytes: int


def warm_up(folder: Path) -> None:
    """Run a tiny fleet once, so that Python's bytecode and the files of libraries are in cache."""
    folder.mkdir()
    fleet = write_fleet(folder, sensors=8, hours=24 * 7 * 32)
    measure_kedro(fleet.make_project(folder / "project").path)


def measure_fleet(
    fleet: Fleet,
    folder: Path,
    *,
    repeat: int,
    pss_every: float | None,
    tell: Callable[[str], None],
) -> Figures:
    """Run everything ``repeat`` times, each time from nothing, and take the medians.

    Memory is sampled in one more run from nothing, for sampling takes time from what it watches.

    Args:
        fleet: what to run.
        folder: where projects are made, one after the other.
        repeat: how often.
        pss_every: seconds between two samples of memory; ``None`` takes none.
        tell: shows people what is being done.
    """
    found = []
    for number in range(1, repeat + 1):
        tell(f"run {number} of {repeat}")
        with _project(fleet, folder) as project:
            found.append(_measure_once(fleet, project))
    first = median_run([figures.first for figures in found])
    if pss_every is not None:
        tell("one more run, to sample its memory")
        with _project(fleet, folder) as project:
            first = with_peaks(first, measure_kedro(project.path, pss_every=pss_every))
    return Figures(
        fleet,
        first=first,
        unchanged=median_run([figures.unchanged for figures in found]),
        day=median_run([figures.day for figures in found]),
        stored_bytes=found[-1].stored_bytes,
    )


@contextmanager
def _project(fleet: Fleet, folder: Path) -> Iterator[Project]:
    """A project before its first run, but with a tracking database, as teams have one."""
    project = fleet.make_project(folder / "project")
    make_database(project.data)
    yield project
    shutil.rmtree(project.path)


def _measure_once(fleet: Fleet, project: Project) -> Figures:
    first = measure_kedro(project.path)
    stored_bytes = _size(project.data / "03_primary" / "readings")
    unchanged = measure_kedro(project.path)
    fleet.deliver_day(project)
    day = measure_kedro(project.path, "--pipelines", "ingestion,validation")
    return Figures(fleet, first, unchanged, day, stored_bytes)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.parquet"))
