"""MLflow as a mirror: a version for each release, tags and alias of the channel, and serving."""

import io
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import polars as pl
import pytest
from mlflow.exceptions import MlflowException

from modelfleet.commands.project import open_assets
from modelfleet.domain.errors import ReleaseError
from modelfleet.stores.mirror import RegisteredReleaseDataset, mirror_channel, register_release
from modelfleet.stores.objects import Objects
from modelfleet.stores.release_store import Release, ReleaseStore
from tests.project import Project, inside

NAME = "modelfleet-local"


@pytest.fixture(scope="module")
def store(few: Project) -> ReleaseStore:
    """The releases of a run."""
    return ReleaseStore(Objects(str(few.data / "releases")))


@pytest.fixture(scope="module")
def release(store: ReleaseStore) -> Release:
    """The one that is live."""
    return store.open(store.rids()[0])


@pytest.fixture(scope="module")
def tracked(few: Project) -> Iterator[str]:
    """MLflow as the run left it."""
    yield from _at(f"sqlite:///{few.data / 'mlflow' / 'mlflow.db'}")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """MLflow without a run."""
    folder = tmp_path_factory.mktemp("mlflow")
    for uri in _at(f"sqlite:///{folder / 'mlflow.db'}"):
        mlflow.create_experiment("e", artifact_location=str(folder / "artifacts"))
        yield uri


def _at(uri: str) -> Iterator[str]:
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    yield uri
    mlflow.set_tracking_uri(before)


def recent(few: Project) -> pl.DataFrame:
    """The last weeks of readings, as the release asks for them."""
    source = few.load("readings")
    every = pl.concat([source.read(shard) for shard in source.shards()])
    return every.select("sensor_id", "timestamp", "value").filter(
        pl.col("timestamp") >= every["timestamp"].max() - pl.duration(weeks=5)
    )


def asked(readings: pl.DataFrame) -> pd.DataFrame:
    """Readings as a request writes them."""
    return readings.with_columns(pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_pandas()


def test_a_run_registers_its_release_and_points_to_it(tracked: str, release: Release) -> None:
    """With who made it and what it holds; the alias is what the channel says."""
    client = mlflow.MlflowClient()
    (version,) = client.search_model_versions(f"name = '{NAME}'")
    assert client.get_registered_model(NAME).aliases == {"live": version.version}
    serves = release.table("serves")
    assert version.tags == {
        "rid": release.rid,
        "state": "live",
        "cohorts": ", ".join(sorted(set(serves["cohort"]))),
        "run_id": release.provenance["run_id"],
        "environment": "local",
        "by": release.provenance["by"],
        "made": release.provenance["started_at"],
        "sensors": "12",
        "models": str(release.table("models").height),
    }


def test_what_is_registered_forecasts_what_the_release_forecasts(
    tracked: str, few: Project, release: Release
) -> None:
    """The pyfunc is a door to the one serving function, for the sensors that are asked for."""
    readings = recent(few).filter(pl.col("sensor_id").is_in(["D_n10", "P_n469"]))
    told = mlflow.pyfunc.load_model(f"models:/{NAME}@live").predict(asked(readings))
    expected = release.predict(readings, sensors=["D_n10", "P_n469"])
    stamps = expected["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told.to_dict(orient="records") == expected.with_columns(stamps).to_dicts()
    assert set(told["source"]) == {"model"}


@pytest.mark.parametrize("part", ["models.parquet", "MANIFEST.json", "report.html"])
def test_a_model_that_was_tampered_with_does_not_load(
    tracked: str, tmp_path: Path, release: Release, part: str
) -> None:
    """One changed byte, wherever it is."""
    place = Path(
        mlflow.artifacts.download_artifacts(f"models:/{NAME}@live", dst_path=str(tmp_path))
    )
    file = place / "artifacts" / release.rid / part
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ReleaseError, match="cannot be trusted"):
        mlflow.pyfunc.load_model(str(place))


def test_a_model_that_carries_another_release_does_not_load(
    tracked: str, tmp_path: Path, release: Release
) -> None:
    """Though every digest of that release matches."""
    place = Path(
        mlflow.artifacts.download_artifacts(f"models:/{NAME}@live", dst_path=str(tmp_path))
    )
    with pytest.raises(ReleaseError, match="registered for release 000000000000"):
        mlflow.pyfunc.load_model(str(place), model_config={"rid": "0" * 64})
    added = place / "artifacts" / release.rid / "extra.parquet"
    shutil.copy(added.with_name("models.parquet"), added)
    with pytest.raises(ReleaseError, match=r"unknown 'extra.parquet'"):
        mlflow.pyfunc.load_model(str(place))


class Versions:
    """What a registered model shows, by the first letter of the release."""

    def __init__(self, name: str) -> None:
        self.name, self.client = name, mlflow.MlflowClient()

    def states(self) -> dict[str, tuple[str, str | None]]:
        """State and cohorts."""
        found = self.client.search_model_versions(f"name = '{self.name}'")
        return {v.tags["rid"][0]: (v.tags["state"], v.tags.get("cohorts")) for v in found}

    def live(self) -> str | None:
        """The release that the alias points to."""
        version = self.client.get_registered_model(self.name).aliases.get("live")
        if version is None:
            return None
        return str(self.client.get_model_version(self.name, version).tags["rid"][0])


def test_tags_and_alias_follow_the_channel(empty: str, tmp_path: Path) -> None:
    """Forward, partly, back again: each call brings them in line, and the second does nothing."""
    client = mlflow.MlflowClient()
    client.create_registered_model("followed")
    for letter in "abc":
        tags = {"rid": letter * 64, "state": "waiting for approval"}
        client.create_model_version("followed", str(tmp_path), tags=tags)
    shown = Versions("followed")
    waiting = ("waiting for approval", None)

    mirror_channel({}, "followed")
    assert (shown.states()["a"], shown.live()) == (waiting, None)

    a, b = "a" * 64, "b" * 64
    mirror_channel({"x": a, "y": a, "z": a}, "followed")
    assert shown.states() == {"a": ("live", "x, y, z"), "b": waiting, "c": waiting}
    assert shown.live() == "a"

    mirror_channel({"x": a, "y": b, "z": b}, "followed")
    assert shown.states()["a"] == ("partly live", "x")
    assert shown.states()["b"] == ("partly live", "y, z")
    assert shown.live() == "b"

    mirror_channel({"x": a, "y": a, "z": a}, "followed")
    assert shown.states() == {"a": ("live", "x, y, z"), "b": ("replaced", ""), "c": waiting}
    assert shown.live() == "a"
    touched = client.get_registered_model("followed").last_updated_timestamp
    mirror_channel({"x": a, "y": a, "z": a}, "followed")
    assert client.get_registered_model("followed").last_updated_timestamp == touched

    mirror_channel({"x": "d" * 64}, "followed")
    assert (shown.states()["a"], shown.live()) == (("replaced", ""), None)


def test_the_same_release_again_registers_nothing(
    empty: str, store: ReleaseStore, release: Release
) -> None:
    """Only its state is brought up to date."""
    mlflow.set_experiment("e")
    with mlflow.start_run():
        assert register_release(store, release.rid, "again", state="on hold")
        assert not register_release(store, release.rid, "again", state="waiting for approval")
    (version,) = mlflow.MlflowClient().search_model_versions("name = 'again'")
    assert version.tags["state"] == "waiting for approval"


def test_what_is_installed_is_not_listed_for_a_release(
    empty: str, store: ReleaseStore, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow would, to compare versions that were read from there; it does again afterwards."""
    from mlflow.utils import environment

    compares = environment.warn_dependency_requirement_mismatches
    listed: list[str] = []
    name = "mlflow.utils.requirements_utils._init_packages_to_modules_map"
    monkeypatch.setattr(name, lambda: listed.append(name))
    mlflow.set_experiment("e")
    with mlflow.start_run():
        assert register_release(store, release.rid, "unlisted", state="live")
    assert listed == []
    assert environment.warn_dependency_requirement_mismatches is compares


def dataset(few: Project, name: str) -> RegisteredReleaseDataset:
    """As the catalog makes it."""
    with inside(few.path):
        entry = open_assets(None).entries["registered_release"]
        return RegisteredReleaseDataset(name=name, governance=entry["governance"])


def test_without_tracking_nothing_is_registered(empty: str, few: Project, release: Release) -> None:
    """A run without MLflow has no version."""
    dataset(few, "untracked").save({"rid": release.rid, "state": "live"})
    assert dataset(few, "untracked").load().shown() == {}


def test_a_failing_mlflow_is_told_and_mended_by_the_next_run(
    empty: str, few: Project, release: Release,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """The promotion stands; nothing is raised."""
    mlflow.set_experiment("e")
    data = {"rid": release.rid, "state": "live"}
    with mlflow.start_run():
        with monkeypatch.context() as broken, caplog.at_level(logging.WARNING):
            broken.setattr(mlflow, "register_model", _no_server)
            dataset(few, "mended").save(data)
        assert "the next run tries again: no server" in caplog.text
        assert dataset(few, "mended").load().shown() == {}
        dataset(few, "mended").save(data)
    assert dataset(few, "mended").load().shown()[release.rid]["state"] == "live"
    assert Versions("mended").live() == release.rid[0]


def _no_server(*_args: Any, **_kwargs: Any) -> None:
    raise MlflowException("no server")


@pytest.fixture(scope="module")
def server(tracked: str) -> Iterator[str]:
    """``mlflow models serve`` of what is live."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    process = subprocess.Popen(
        [*command, "--model-uri", f"models:/{NAME}@live", *where],
        env={**os.environ, "MLFLOW_TRACKING_URI": tracked, "PATH": _path()},
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield _answering(f"http://127.0.0.1:{port}", process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)


def _path() -> str:
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _answering(url: str, process: subprocess.Popen[str]) -> str:
    for _ in range(600):
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        try:
            with urllib.request.urlopen(f"{url}/ping", timeout=5):
                return url
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server does not answer")


def post(url: str, body: str, kind: str) -> pd.DataFrame:
    """Ask the server."""
    request = urllib.request.Request(f"{url}/invocations", body.encode(), {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return pd.DataFrame(json.loads(answer.read(), parse_constant=_no_json)["predictions"])


def _no_json(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON: others than Python refuse the whole answer")


def test_mlflow_serves_one_sensor_and_the_fleet(
    server: str, few: Project, release: Release
) -> None:
    """One sensor as JSON, the fleet as CSV: the forecasts of the release."""
    readings = recent(few)
    one = asked(readings.filter(pl.col("sensor_id") == "D_n10")).to_dict(
        orient="split", index=False
    )
    told = post(server, json.dumps({"dataframe_split": one}), "application/json")
    expected = release.predict(readings, sensors=["D_n10"])
    assert told["sensor_id"].unique().tolist() == ["D_n10"]
    pd.testing.assert_series_equal(told["value"], expected["value"].to_pandas())

    text = io.StringIO()
    asked(readings).to_csv(text, index=False)
    fleet = post(server, text.getvalue(), "text/csv")
    every = release.predict(readings, sensors=readings["sensor_id"].unique().to_list())
    assert fleet["sensor_id"].tolist() == every["sensor_id"].to_list()
    pd.testing.assert_series_equal(
        fleet["value"].astype(float), every["value"].to_pandas(), rtol=1e-12
    )


def test_a_release_opened_in_memory_is_not_changed_by_forecasting(
    few: Project, release: Release
) -> None:
    """The same again is the same to the bit, also from a release that was opened anew."""
    again = replace(release)
    readings = recent(few)
    assert release.predict(readings).equals(again.predict(readings))
    assert release.predict(readings).equals(release.predict(readings))
