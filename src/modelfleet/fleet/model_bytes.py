"""Fitted estimators as bytes: skops archives, made canonical so that equal models are equal bytes.

skops names its entries after memory addresses and stamps them with the time of writing. Both are
replaced here: addresses by their order of appearance, times by a constant.
"""

import io
import json
import re
import zipfile
from typing import Any

from modelfleet.domain.errors import TaskError
from modelfleet.domain.forecasters import EstimatorModel

__all__ = ["model_from_bytes", "model_to_bytes"]

TRUSTED = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)
"""Types beyond skops' own list that may be loaded. It is fixed here, never read from a model."""

SCHEMA = "schema.json"
EPOCH = (1980, 1, 1, 0, 0, 0)


def model_to_bytes(model: Any) -> bytes:
    """Serialise a fitted estimator; equal models give equal bytes."""
    import skops.io

    if not isinstance(model, EstimatorModel):
        raise TaskError(f"a {type(model).__name__} has no byte form")
    return _canonical(skops.io.dumps(model.estimator))


def model_from_bytes(content: bytes) -> EstimatorModel:
    """Load an estimator; types that are not trusted are refused by skops."""
    import skops.io

    return EstimatorModel(skops.io.loads(content, trusted=list(TRUSTED)))


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
