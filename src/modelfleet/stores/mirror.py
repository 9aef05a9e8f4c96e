"""Releases and channels as MLflow shows them: for search, pictures and deployment.

One registered version per release, which carries the release and verifies it when it is loaded.
Tags and the alias ``live`` follow the channel. MLflow is never the authority: when it fails, that
is logged, nothing else changes, and the next call mends it.
"""

import importlib
import importlib.metadata
import io
import logging
import os
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from modelfleet.stores.governance import Governance, Places
from modelfleet.stores.objects import Objects
from modelfleet.stores.release_store import Release, ReleaseStore

__all__ = ["LIVE", "Mirror", "RegisteredReleaseDataset", "mirror_channel", "register_release"]

logger = logging.getLogger(__name__)

LIVE = "live"
"""Alias of the version that serves most cohorts of its channel."""
PARTLY, REPLACED = "partly live", "replaced"
SERVING = (LIVE, PARTLY, REPLACED)

BARS = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"

CHECK = "warn_dependency_requirement_mismatches"

REQUIREMENTS = (
    "joblib", "kedro", "mlflow", "numpy", "obstore", "pandas", "polars", "pyarrow", "pydantic",
    "scikit-learn", "scipy", "skops", "tzdata",
)  # fmt: skip
"""What a forecast needs; found out by MLflow itself it would take eight seconds a release."""


@dataclass(frozen=True)
class _Registry:
    """The versions of one registered model."""

    name: str

    @property
    def client(self) -> Any:
        """MLflow's client of the tracking store in use."""
        from mlflow import MlflowClient

        return MlflowClient()

    def versions(self) -> list[Any]:
        """All versions, newest first."""
        return list(self.client.search_model_versions(f"name = '{self.name}'", max_results=10_000))

    def find(self, rid: str) -> Any:
        """The version of a release, or ``None``."""
        return next((v for v in self.versions() if v.tags.get("rid") == rid), None)

    def tag(self, version: Any, tags: Mapping[str, str]) -> None:
        """Set the tags that differ."""
        for key, value in tags.items():
            if version.tags.get(key) != value:
                self.client.set_model_version_tag(self.name, version.version, key, value)

    def point(self, alias: str, version: Any) -> None:
        """Let an alias point to a version, or to none."""
        aliases = self.client.get_registered_model(self.name).aliases
        wanted = None if version is None else str(version.version)
        if aliases.get(alias) == wanted:
            return
        if wanted is None:
            self.client.delete_registered_model_alias(self.name, alias)
        else:
            self.client.set_registered_model_alias(self.name, alias, wanted)


def register_release(store: ReleaseStore, rid: str, name: str, *, state: str) -> bool:
    """Register a release as the next version of a model; ``False`` if it has one already.

    Its tags are ``rid``, ``state``, and of the run that made it ``run_id``, ``environment``, ``by``
    and ``made``, and how many ``sensors`` and ``models`` it has.

    Args:
        store: of the releases.
        rid: name of the release.
        name: of the registered model.
        state: what was decided, such as ``waiting for approval``.

    Raises:
        ReleaseError: the release cannot be trusted.
    """
    import mlflow

    registry = _Registry(name)
    if (there := registry.find(rid)) is not None:
        registry.tag(there, {"state": state})
        return False
    release = store.open(rid)
    tags = {"rid": rid, "state": state, **_facts(release)}
    with _quietly(), _unchecked():
        mlflow.register_model(_log(store, rid), name, await_registration_for=0, tags=tags)
    return True


def _facts(release: Release) -> dict[str, str]:
    made = {key: release.provenance.get(key) for key in ("run_id", "environment", "by")}
    return {
        **{key: str(value) for key, value in made.items() if value},
        "made": str(release.provenance.get("started_at", "")),
        "sensors": str(release.table("serves").height),
        "models": str(release.table("models").height),
    }


def mirror_channel(live: Mapping[str, str], name: str) -> None:
    """Bring tags and alias of a registered model in line with what the channel says is live.

    Each release that serves anybody is tagged ``state`` ``live`` or ``partly live`` and ``cohorts``
    with those that it serves; one that did and does not any more is ``replaced``. The alias
    :data:`LIVE` points to the one that serves most cohorts. Nothing is written that is so already.

    Args:
        live: cohort to the release that serves it, as the environment's channel says.
        name: of the registered model.
    """
    served: dict[str, list[str]] = {}
    for cohort, rid in live.items():
        served.setdefault(rid, []).append(cohort)
    registry = _Registry(name)
    versions = {version.tags.get("rid"): version for version in registry.versions()}
    for rid, version in versions.items():
        if rid in served:
            state = LIVE if len(served) == 1 else PARTLY
            cohorts = ", ".join(sorted(served[rid]))
            registry.tag(version, {"state": state, "cohorts": cohorts})
        elif version.tags.get("state") in SERVING:
            registry.tag(version, {"state": REPLACED, "cohorts": ""})
    known = [rid for rid in live.values() if rid in versions]
    first = Counter(known).most_common(1)
    if versions:
        registry.point(LIVE, versions[first[0][0]] if first else None)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what MLflow tells of itself: bars, steps, and wishes for an example."""
    loud = logging.getLogger("mlflow")
    level, bars = loud.level, os.environ.get(BARS)
    loud.setLevel(logging.WARNING)
    os.environ[BARS] = "false"
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        loud.setLevel(level)
        os.environ.pop(BARS)
        os.environ.update({} if bars is None else {BARS: bars})


@contextmanager
def _unchecked() -> Iterator[None]:
    """Without MLflow comparing requirements with what is installed: ours were read from there.

    For it MLflow lists the files of every installed package: half of the time of logging a release.
    """
    environment: Any = importlib.import_module("mlflow.utils.environment")
    check = getattr(environment, CHECK, None)  # no public name, so it may have gone
    setattr(environment, CHECK, lambda _: None)
    try:
        yield
    finally:
        setattr(environment, CHECK, check)


def _log(store: ReleaseStore, rid: str) -> str:
    """Log a verified copy of a release as a model of the current run."""
    import mlflow.pyfunc

    import modelfleet

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / rid
        for name in store.objects.names(f"{rid}/"):
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(store.objects.get(name) or b"")
        ReleaseStore(Objects(folder)).open(rid)  # what is logged is what will be loaded
        logged = mlflow.pyfunc.log_model(
            name="release",
            python_model=str(Path(__file__).with_name("served_model.py")),
            artifacts={"release": str(copy)},
            code_paths=[str(Path(modelfleet.__file__).parent)],
            pip_requirements=[f"{p}=={importlib.metadata.version(p)}" for p in REQUIREMENTS],
            signature=_signature(),
            model_config={"rid": rid},
            metadata={"rid": rid},
        )
    return str(logged.model_uri)


def _signature() -> Any:
    """Readings in, forecasts out. Ids are text, or 007 and 7 become one sensor."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

    text, number = DataType.string, DataType.double
    inputs: list[Any] = [
        ColSpec(text, "sensor_id"),
        ColSpec(text, "timestamp"),
        ColSpec(number, "value", required=False),
    ]
    told = ("source", "reason", "model_version", "recipe", "release", "error")
    outputs: list[Any] = [
        ColSpec(text, "sensor_id"),
        ColSpec(text, "timestamp"),
        *(ColSpec(number, name, required=False) for name in ("value", "lower", "upper")),
        *(ColSpec(text, name, required=False) for name in told),
    ]
    params = ParamSchema([ParamSpec("at", text, "")])
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs), params=params)


@dataclass(frozen=True)
class Mirror:
    """The registered model that shows the releases of an environment.

    Attributes:
        name: of the registered model.
        governance: what decides what is live.
    """

    name: str
    governance: Governance

    def shown(self) -> dict[str, Any]:
        """Version and tags of each registered release, newest first."""
        import mlflow  # noqa: F401  loads what the client needs

        return {
            version.tags.get("rid", ""): {"version": str(version.version), **version.tags}
            for version in _Registry(self.name).versions()
        }

    def follow(self) -> None:
        """Register what serves and is not shown yet; bring tags and alias in line.

        Raises:
            ProtectedError: these are another environment's releases, which it shows itself.
        """
        self.governance.check_writable()
        live, registry = self.governance.served(), _Registry(self.name)
        for rid in sorted(set(live.values())):
            if registry.find(rid) is None:
                register_release(self.governance.releases, rid, self.name, state=LIVE)
        mirror_channel(live, self.name)


class RegisteredReleaseDataset(AbstractDataset[dict[str, str], Mirror]):
    """Saves what MLflow is to show of a release, where MLflow is tracking; loads the mirror.

    Args:
        name: of the registered model.
        governance: see :class:`modelfleet.stores.governance.Places`.
        metadata: layer and description for Kedro-Viz.

    Attributes:
        protected_by: see :class:`~modelfleet.stores.describe.DescribedDataset`.
    """

    protected_by: str | None = None

    def __init__(
        self,
        *,
        name: str,
        governance: dict[str, Any],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._name, self._places = name, Places.model_validate(governance).settled()
        self.metadata = metadata

    def load(self) -> Mirror:
        """The mirror."""
        return Mirror(self._name, Governance.at(self._places, protected_by=self.protected_by))

    def save(self, data: dict[str, str]) -> None:
        """Register the release and bring tags and alias in line with the channel.

        Args:
            data: ``rid`` and ``state``; nothing happens where no run is tracked.
        """
        mlflow = sys.modules.get("mlflow")
        if mlflow is None or mlflow.active_run() is None:
            return
        try:
            mirror = self.load()
            releases = mirror.governance.releases
            register_release(releases, data["rid"], mirror.name, state=data["state"])
            mirror.follow()
        except Exception as error:  # noqa: BLE001  a mirror never stops what it shows
            logger.warning(
                "MLflow does not show release %s yet, the next run tries again: %s",
                data["rid"][:12],
                error,
            )

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name, "releases": self._places.releases}

    def _exists(self) -> bool:
        return True
