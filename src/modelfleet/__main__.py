"""``python -m modelfleet`` runs the project as ``kedro run`` does."""

import sys
from collections.abc import Sequence
from pathlib import Path

from kedro.framework.cli.utils import find_run_command
from kedro.framework.project import configure_project

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the pipelines with the options of ``kedro run``."""
    configure_project(Path(__file__).parent.name)
    run = find_run_command("modelfleet")
    run(list(sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    main()
