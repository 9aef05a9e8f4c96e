"""What a release was made from, and in what that differs from another one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.releases import Manifest, file_entry
from modelfleet.stores.environments.values import changes
from modelfleet.stores.release_store import MANIFEST, ReleaseStore

__all__ = ["ReleaseInputs", "differing_inputs", "inputs_of"]

CONFIGURATION = "configuration.json"


@dataclass(frozen=True)
class ReleaseInputs:
    """What shapes a release.

    Attributes:
        parameters: section to its values, those that shape models and verdicts.
        code: digest of the sources and of the libraries whose numbers count.
        readings: digest of the readings by content.
    """

    parameters: Mapping[str, Any]
    code: tuple[str, str]
    readings: str


def inputs_of(store: ReleaseStore, rid: str) -> ReleaseInputs:
    """What a release was made from, checked against its name.

    Raises:
        ReleaseError: its manifest or its configuration was altered.
    """
    stored = store.objects.get(f"{rid}/{MANIFEST}") or b""
    content = store.objects.get(f"{rid}/{CONFIGURATION}") or b""
    try:
        manifest = Manifest.model_validate_json(stored)
    except ValueError:
        manifest = None
    if (
        manifest is None
        or manifest.rid != rid
        or file_entry(CONFIGURATION, content) not in manifest.files
    ):
        raise ReleaseError(
            f"release {rid[:12]} cannot be trusted: its manifest or {CONFIGURATION!r} was altered; "
            "publish it again from its run"
        )
    versions = json.dumps(manifest.versions, sort_keys=True)
    return ReleaseInputs(json.loads(content), (manifest.code, versions), manifest.readings)


def differing_inputs(before: ReleaseInputs, after: ReleaseInputs) -> dict[str, Any]:
    """In what two releases differ before anything is computed.

    Returns:
        ``parameters``: a list of ``path``, ``first`` (before), ``second`` (after); ``readings`` and
        ``code``: whether they are others.
    """
    parameters = changes(before.parameters, after.parameters)
    return {
        "parameters": [each.as_dict() for each in parameters],
        "readings": before.readings != after.readings,
        "code": before.code != after.code,
    }
