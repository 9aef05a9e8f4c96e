"""Which code made a result: the sources that shape numbers, and the libraries beneath them."""

import functools
import importlib.metadata
import importlib.util
from pathlib import Path

import modelfleet.domain
import modelfleet.fleet
from modelfleet.domain.lineage import canonical_json, digest_of

__all__ = ["LIBRARIES", "code_digest", "library_versions", "package_digest"]

LIBRARIES = ("numpy", "scipy", "scikit-learn")
"""Libraries whose arithmetic shapes models and verdicts."""


def library_versions() -> dict[str, str]:
    """Installed versions of the libraries that shape numbers."""
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


@functools.cache
def code_digest() -> str:
    """Digest of the sources of ``domain`` and ``fleet`` and of the library versions."""
    parts = [canonical_json(library_versions())]
    for package in (modelfleet.domain, modelfleet.fleet):
        parts += _sources(Path(next(iter(package.__path__))))
    return digest_of(*parts)


@functools.cache
def package_digest(class_path: str) -> str:
    """Digest of the package that an estimator comes from: its version, or else its sources.

    scikit-learn's version is part of :func:`code_digest` already.
    """
    package = class_path.split(".", maxsplit=1)[0]
    if package == "sklearn":
        return ""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        found = importlib.util.find_spec(package)
    if found is None:
        return ""
    if found.submodule_search_locations:
        return digest_of(*_sources(Path(next(iter(found.submodule_search_locations)))))
    return digest_of(*_sources(Path(str(found.origin)).parent, Path(str(found.origin)).name))


def _sources(folder: Path, pattern: str = "*.py") -> list[str]:
    """Names and texts of the sources below a folder, sorted; the same whatever ends their lines."""
    parts = []
    for file in sorted(folder.rglob(pattern)):
        parts += [file.relative_to(folder).as_posix(), file.read_text(encoding="utf-8")]
    return parts
