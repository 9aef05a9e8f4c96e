"""Datasets that read what another environment writes.

They are built from the catalog's configuration, so a worker process, a thread and a notebook have
no other. What they hand out to write through, such as a workspace, refuses to write as well.
"""

from typing import Any

from kedro.io import AbstractDataset, AbstractVersionedDataset, Version

from modelfleet.domain.errors import ProtectedError
from modelfleet.stores.guard.addresses import without_secrets
from modelfleet.stores.guard.catalog import owner_of_entry
from modelfleet.stores.guard.guard import Guard

__all__ = ["GuardedDataset", "ReadOnlyDataset", "ReadOnlyVersionedDataset"]


class ReadOnlyDataset(AbstractDataset[Any, Any]):
    """Another dataset without the ways to write; what it can tell and show, it tells and shows.

    Args:
        dataset: configuration of the other.
        owner: the environment that alone may write there.
        version: given by Kedro where the other is versioned.
        metadata: layer and description for Kedro-Viz; of the other where not given.
    """

    def __init__(
        self,
        *,
        dataset: dict[str, Any],
        owner: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._dataset = _built(dataset, version)
        self._owner = owner
        self._EPHEMERAL = self._dataset._EPHEMERAL
        self._SINGLE_PROCESS = getattr(self._dataset, "_SINGLE_PROCESS", False)
        kept = getattr(self._dataset, "metadata", None)  # Delta's own has another meaning
        self.metadata = metadata or (kept if isinstance(kept, dict) else None)
        _protect(self._dataset, owner)

    @property
    def owner(self) -> str:
        """The environment that alone may write there."""
        return self._owner

    @property
    def opens_a_door(self) -> bool:
        """Whether what it loads is there to be written through."""
        return bool(getattr(self._dataset, "opens_a_door", False))

    @property
    def place(self) -> str:
        """Where it lies, as far as it tells."""
        told = self._describe()
        place = next((told[key] for key in ("filepath", "path", "table_name") if key in told), None)
        return without_secrets(str(place)) if place else type(self._dataset).__name__

    def load(self) -> Any:
        """What the other loads."""
        return self._dataset.load()

    def save(self, data: Any) -> None:
        """Refused."""
        raise ProtectedError.of(self.place, owner=self._owner)

    def confirm(self) -> None:
        """Refused: to confirm is to write down how far one has read."""
        raise ProtectedError.of(self.place, owner=self._owner)

    def _exists(self) -> bool:
        return bool(self._dataset.exists())

    def _release(self) -> None:
        self._dataset.release()

    def _describe(self) -> dict[str, Any]:
        return dict(self._dataset._describe())  # noqa: SLF001  the other's own words

    def __getattr__(self, name: str) -> Any:
        """What else the other has, such as a preview."""
        if name.startswith("__") or name == "_dataset":
            raise AttributeError(name)
        return getattr(self._dataset, name)


class ReadOnlyVersionedDataset(ReadOnlyDataset, AbstractVersionedDataset[Any, Any]):
    """The same of a dataset with versions, so that the catalog can ask for an older one."""

    @property
    def _version(self) -> Any:
        return self._dataset._version  # type: ignore[attr-defined]

    @_version.setter
    def _version(self, version: Version | None) -> None:
        self._dataset._version = version  # type: ignore[attr-defined]

    def resolve_load_version(self) -> str | None:
        """The version that is loaded."""
        found: str | None = self._dataset.resolve_load_version()  # type: ignore[attr-defined]
        return found

    def resolve_save_version(self) -> str | None:
        """The version that would be saved."""
        found: str | None = self._dataset.resolve_save_version()  # type: ignore[attr-defined]
        return found

    def _exists(self) -> bool:
        return bool(self._dataset.exists())

    def _release(self) -> None:
        self._dataset.release()


class GuardedDataset(AbstractDataset[Any, Any]):
    """What stands in place of a factory: becomes the dataset itself, or one that reads.

    Args:
        dataset: configuration of the dataset, after the name was put in.
        guard: see :class:`~modelfleet.stores.guard.guard.Guard`.
        version: given by Kedro where the dataset is versioned.
        metadata: layer and description for Kedro-Viz.
    """

    def __new__(  # type: ignore[misc]
        cls,
        *,
        dataset: dict[str, Any],
        guard: dict[str, Any],
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> AbstractDataset[Any, Any]:
        """The dataset that a configuration becomes."""
        owned = owner_of_entry(dataset, Guard.of_dict(guard))
        if owned is None:
            return _built(dataset, version)
        kind = ReadOnlyVersionedDataset if version else ReadOnlyDataset
        return kind(dataset=dataset, owner=owned.owner, version=version, metadata=metadata)

    def load(self) -> Any:
        """Never called: nothing is of this class."""
        raise NotImplementedError

    def save(self, data: Any) -> None:
        """Never called: nothing is of this class."""
        raise NotImplementedError

    def _describe(self) -> dict[str, Any]:
        raise NotImplementedError


def _built(dataset: dict[str, Any], version: Version | None) -> AbstractDataset[Any, Any]:
    found: AbstractDataset[Any, Any] = AbstractDataset.from_config(
        "it", dataset, version.load if version else None, version.save if version else None
    )
    return found


def _protect(dataset: Any, owner: str) -> None:
    """Let what a dataset hands out refuse to write, also of one within another."""
    while isinstance(dataset, AbstractDataset):
        if hasattr(dataset, "protected_by"):
            dataset.protected_by = owner
        dataset = getattr(dataset, "_dataset", None)
