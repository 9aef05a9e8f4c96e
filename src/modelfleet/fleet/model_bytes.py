"""Fitted estimators as bytes: skops archives, made canonical so that equal models are equal bytes.

skops names its entries after memory addresses and stamps them with the time of writing. Both are
replaced here: addresses by their order of appearance, times by a constant.
"""

import io
import json
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from modelfleet.domain.errors import ReleaseError, TaskError, listing
from modelfleet.domain.forecasters import EstimatorModel

__all__ = ["model_from_bytes", "model_to_bytes"]

TRUSTED = (
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMRegressor",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)
"""Types beyond skops' own list that may be loaded. Fixed here, never read from a model."""

KNOWN_PACKAGES = frozenset({"sklearn", "lightgbm"})
"""Packages with so many types that each one is trusted by name."""

# What a model may be at most: fixed here, never read from a model.
ENTRIES_LIMIT = 100_000
UNPACKED_LIMIT = 2**29

REFUSED = "the model's bytes cannot be trusted"
SCHEMA = "schema.json"
EPOCH = (1980, 1, 1, 0, 0, 0)


def model_to_bytes(model: Any, *, packages: Sequence[str]) -> bytes:
    """Serialise a fitted estimator; equal models give equal bytes.

    Args:
        model: the fitted model.
        packages: that estimators may come from, by configuration.

    Raises:
        TaskError: it could not be loaded again, because it holds types that are not trusted. Better
            told when it is trained than when it should serve.
    """
    import skops.io  # loads scikit-learn

    if not isinstance(model, EstimatorModel):
        raise TaskError(f"a {type(model).__name__} has no byte form")
    content = skops.io.dumps(model.estimator)
    foreign = sorted(set(_unknown_types(content)) - set(_trusted(content, packages)))
    if foreign:
        raise TaskError(f"the fitted model cannot be served: it holds untrusted {listing(foreign)}")
    return _canonical(content)


def model_from_bytes(content: bytes, *, packages: Sequence[str]) -> EstimatorModel:
    """Load an estimator, if it holds only types that are trusted.

    Args:
        content: from :func:`model_to_bytes`, after its digest was checked.
        packages: that estimators may come from, by the configuration of whoever loads, never by
            that of the model. A team's own package is trusted as a whole.

    Raises:
        ReleaseError: the bytes are no model, hold types that are not trusted, or would unpack to
            more than a model can be.
    """
    import skops.io  # loads scikit-learn

    _check_size(content)
    try:
        estimator = skops.io.loads(content, trusted=_trusted(content, packages))
    except Exception as error:  # crafted bytes fail in any way they like
        raise ReleaseError(f"{REFUSED}: {type(error).__name__}: {error}") from error
    if not hasattr(estimator, "predict"):
        raise ReleaseError(f"{REFUSED}: a {type(estimator).__name__} does not forecast")
    return EstimatorModel(estimator)


def _check_size(content: bytes) -> None:
    """Check what unpacking would take, before anything is unpacked.

    ``zipfile`` never unpacks more of an entry than the directory states, so its sum is a bound.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = [entry.file_size for entry in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ReleaseError(f"{REFUSED}: it is no archive") from error
    if len(sizes) > ENTRIES_LIMIT or sum(sizes) > UNPACKED_LIMIT:
        raise ReleaseError(
            f"{REFUSED}: it would unpack to {len(sizes):,} entries of {sum(sizes):,} bytes, more "
            f"than the {ENTRIES_LIMIT:,} entries or {UNPACKED_LIMIT:,} bytes of a model"
        )


def _trusted(content: bytes, packages: Sequence[str]) -> list[str]:
    own = set(packages) - KNOWN_PACKAGES
    return [*TRUSTED, *(kind for kind in _unknown_types(content) if kind.split(".")[0] in own)]


def _unknown_types(content: bytes) -> list[str]:
    """Types in an archive that skops does not trust by itself."""
    import skops.io  # loads scikit-learn

    return list(skops.io.get_untrusted_types(data=content))


def _canonical(content: bytes) -> bytes:
    names: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        schema = _renamed(json.loads(source.read(SCHEMA)), names)
        files = {
            names[_stem(name)] + _suffix(name): source.read(name)
            for name in source.namelist()
            if name != SCHEMA
        }
    files[SCHEMA] = json.dumps(schema, sort_keys=True).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(files):
            target.writestr(zipfile.ZipInfo(name, EPOCH), files[name])
    return out.getvalue()


def _renamed(node: Any, names: dict[str, str]) -> Any:
    """The schema with every address replaced by its rank of first appearance."""
    if isinstance(node, list):
        return [_renamed(entry, names) for entry in node]
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key == "__id__":
            out[key] = int(_rank(str(value), names))
        elif key == "file" and isinstance(value, str):
            out[key] = _rank(_stem(value), names) + _suffix(value)
        else:
            out[key] = _renamed(value, names)
    return out


def _rank(address: str, names: dict[str, str]) -> str:
    return names.setdefault(address, str(len(names) + 1))


def _stem(name: str) -> str:
    return re.split(r"\.", name, maxsplit=1)[0]


def _suffix(name: str) -> str:
    return name[len(_stem(name)) :]
