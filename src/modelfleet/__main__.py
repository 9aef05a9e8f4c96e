"""``python -m modelfleet`` runs the project as ``kedro run`` does."""

import sys
from collections.abc import Sequence
from pathlib import Path

from kedro.framework.cli.utils import find_run_command
from kedro.framework.project import configure_project

from modelfleet import early

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the pipelines with the options of ``kedro run``."""
    options = list(sys.argv[1:] if arguments is None else arguments)
    early.begin(["run", *options])
    configure_project(Path(__file__).parent.name)
    find_run_command("modelfleet")(options)


if __name__ == "__main__":
    main()
