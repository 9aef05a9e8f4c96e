"""Which code made a result: the sources that shape numbers, and the libraries beneath them."""

import functools
import importlib.metadata
from pathlib import Path

import modelfleet.domain
import modelfleet.fleet
from modelfleet.domain.lineage import canonical_json, digest_of

__all__ = ["LIBRARIES", "code_digest", "library_versions"]

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
        folder = Path(next(iter(package.__path__)))
        for file in sorted(folder.rglob("*.py")):
            source = file.read_text(encoding="utf-8")
            parts += [file.relative_to(folder).as_posix(), source]
    return digest_of(*parts)
