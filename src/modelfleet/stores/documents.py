"""JSON documents that are whole or not there."""

import json
from pathlib import Path
from typing import Any

from kedro_datasets.json import JSONDataset

from modelfleet.stores.whole import whole_file

__all__ = ["JsonDocumentDataset"]


class JsonDocumentDataset(JSONDataset):  # type: ignore[misc]  # kedro-datasets has no types
    """``json.JSONDataset``, which leaves half a file behind when it is killed, written at once."""

    def save(self, data: Any) -> None:
        """Write the document, whole or not at all."""
        if self._protocol != "file":  # object stores put whole objects
            super().save(data)
            return
        with whole_file(Path(self._get_save_path())) as temporary:
            temporary.write_text(json.dumps(data, **self._save_args), encoding="utf-8")
