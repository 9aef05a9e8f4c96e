"""What is known about the run that made a release, and does not shape the release."""

import json
from collections.abc import Mapping
from typing import Any

from modelfleet.domain.releases import file_entry

__all__ = [
    "ATTACHED",
    "COVARIATES",
    "LINEAGE",
    "PROVENANCE",
    "RUN_LINEAGE",
    "attach",
    "attachments",
]

PROVENANCE = "PROVENANCE.json"

LINEAGE = "lineage.parquet"
"""What each model and each baseline of the release was made of."""

RUN_LINEAGE = "run_lineage.json"
"""What the run was made of."""

COVARIATES = "covariates.parquet"
"""Companions of the fleet as the models saw them, where a recipe sees any."""

ATTACHED = (
    "MODEL_CARD.md",
    COVARIATES,
    "ledger.csv",
    LINEAGE,
    "quality.html",
    "report.html",
    RUN_LINEAGE,
)
"""Files about a run that lie beside a release and do not shape its name."""


def attachments(run: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files about a run, and ``PROVENANCE.json`` that names each with its digest.

    Args:
        run: facts about the run, such as its id, times and table version.
        files: path to bytes.
    """
    entries = [file_entry(path, files[path]).model_dump() for path in sorted(files)]
    content = json.dumps({**run, "files": entries}, indent=1, sort_keys=True)
    return {**files, PROVENANCE: content.encode()}


def attach(attached: Mapping[str, bytes], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What :func:`attachments` made, with further files, or with others of the same name.

    Args:
        attached: path to bytes, ``PROVENANCE.json`` among them.
        files: path to bytes.
    """
    run = json.loads(attached[PROVENANCE])
    run.pop("files")
    kept = {path: content for path, content in attached.items() if path != PROVENANCE}
    return attachments(run, {**kept, **files})
