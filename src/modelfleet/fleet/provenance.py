"""What is known about the run that made a release, and does not shape the release."""

import json
from collections.abc import Mapping
from typing import Any

from modelfleet.domain.releases import file_entry

__all__ = ["ATTACHED", "PROVENANCE", "attachments"]

PROVENANCE = "PROVENANCE.json"

ATTACHED = ("MODEL_CARD.md", "ledger.csv", "quality.html", "report.html")
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
