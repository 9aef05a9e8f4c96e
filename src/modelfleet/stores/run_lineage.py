"""What a run was made of, as a document, and as tags by which MLflow finds the run."""

import sys
from collections.abc import Mapping
from typing import Any

from modelfleet.stores.documents import JsonDocumentDataset

__all__ = ["RunLineageDataset", "searchable"]


class RunLineageDataset(JsonDocumentDataset):
    """The document; where MLflow is tracking, its key facts become tags of the run."""

    def save(self, data: dict[str, Any]) -> None:
        """Write the document, then tag the run."""
        super().save(data)
        mlflow = sys.modules.get("mlflow")
        if mlflow is not None and mlflow.active_run():
            mlflow.set_tags(searchable(data))


def searchable(lineage: Mapping[str, Any]) -> dict[str, str]:
    """The facts that runs are searched by.

    Args:
        lineage: see :func:`~modelfleet.fleet.lineage.run_document`.
    """
    readings = lineage["readings"]
    facts = {
        "release": lineage["release"],
        "readings_table": readings["table_id"],
        "readings_version": readings["version"],
        "readings_digest": readings["digest"],
        "configuration_digest": lineage["configuration"],
        "code": lineage["code"],
        "lock": lineage["lock"],
    }
    return {name: str(value) for name, value in facts.items() if value is not None}
