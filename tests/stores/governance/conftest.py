"""People with keys, and a release that serves."""

from pathlib import Path

import pytest

from tests.people import Organisation


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """An organisation in which nothing is live yet; tests copy it."""
    return Organisation.make(tmp_path_factory.mktemp("founded") / "organisation")


@pytest.fixture(scope="session")
def established(founded: Organisation, tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """The same, in which the release ``first`` serves and ``second`` was published."""
    people = founded.copy(tmp_path_factory.mktemp("established") / "organisation")
    people.promote("first")
    people.publish("second")
    return people


@pytest.fixture
def new(founded: Organisation, tmp_path: Path) -> Organisation:
    """An organisation in which nothing is live yet."""
    return founded.copy(tmp_path / "organisation")


@pytest.fixture
def people(established: Organisation, tmp_path: Path) -> Organisation:
    """An organisation in which the release ``first`` serves and ``second`` was published."""
    return established.copy(tmp_path / "organisation")
