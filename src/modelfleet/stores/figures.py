"""Pictures of matplotlib as PNG files."""

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any, NewType

from kedro.io import AbstractDataset, DatasetError

from modelfleet.stores.whole import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FigureDataset"]

# Kedro-Viz finds previews by the name of this type.
ImagePreview = NewType("ImagePreview", str)


class FigureDataset(AbstractDataset["Figure | bytes", Any]):
    """A picture in a file on this machine.

    ``kedro_datasets.matplotlib.MatplotlibDataset`` loads matplotlib when the catalog is built,
    whichever stages are run, and leaves half a file behind when it is killed.

    Args:
        filepath: where it lies.
        metadata: layer and description for Kedro-Viz; nothing here reads it.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath).absolute()  # a path, because kedro-mlflow asks it for text
        self.metadata = metadata

    def load(self) -> Any:
        """Refused: a picture is looked at."""
        raise DatasetError(f"{self._filepath} is a picture: look at it")

    def save(self, data: "Figure | bytes") -> None:
        """Keep the picture, whole or not at all: drawn by now, or to be drawn."""
        with whole_file(self._filepath) as temporary:
            if isinstance(data, bytes):
                temporary.write_bytes(data)
            else:
                data.savefig(temporary, format="png")

    def preview(self) -> ImagePreview:
        """The picture, for Kedro-Viz."""
        return ImagePreview(base64.b64encode(self._filepath.read_bytes()).decode())

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
