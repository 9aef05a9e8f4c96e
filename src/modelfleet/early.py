"""What a whole run needs late is loaded from its first moment on, beside everything else.

Kedro, this project and MLflow take the first seconds of a run on one core. Kedro calls
:func:`begin` before it loads them (entry point ``kedro.init``), so that the other core works too.
"""

import sys
import tomllib
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

import click

from modelfleet.fleet import aside

__all__ = ["EVERYTHING", "begin", "prepare"]

EVERYTHING = "__default__"
"""Kedro's name for all stages."""

NEEDED = {
    "expectation_results": aside.GREAT_EXPECTATIONS,
    "spot_checks": aside.SCIKIT_LEARN,
    "skill_figure": aside.MATPLOTLIB,
}
"""Assets, in the order in which they are made, and what must be loaded to make them."""

ASKING = (
    "modelfleet.pipelines.validation.expectations",
    "modelfleet.pipelines.evaluation.nodes",
    "modelfleet.stores.readings",
    "modelfleet.stores.workspace",
)
"""Modules of ours that ask for it, or are asked with."""

PARTS = (
    *("from_nodes", "to_nodes", "node_names", "from_inputs", "to_outputs", "tags", "namespaces"),
    "only_missing_outputs",
)
"""Options of ``kedro run`` that leave something out."""


def begin(arguments: Sequence[str] | None = None) -> None:
    """Let load what all stages need, if ``kedro run`` was asked for all stages of this project.

    Args:
        arguments: of ``kedro``; ``None``: those of this process.
    """
    command, *options = [*(sys.argv[1:] if arguments is None else arguments), ""]
    if command == "run" and not {"-h", "--help"} & set(options):
        with suppress(click.ClickException, tomllib.TOMLDecodeError):  # Kedro is about to tell
            if _is_ours() and _asks_for_everything(options[:-1]):
                prepare(NEEDED)


def prepare(assets: Collection[str]) -> None:
    """Let load what is needed to make some assets; returns at once."""
    modules = [module for asset, module in NEEDED.items() if asset in assets]
    aside.prepare(modules, env={"GX_ANALYTICS_ENABLED": "false"}, also=ASKING)


def _is_ours() -> bool:
    """Whether Kedro is about to load this project, and not another one that is installed here."""
    from kedro.utils import find_kedro_project

    if (folder := find_kedro_project(Path.cwd())) is None:
        return False
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    return bool(project["tool"]["kedro"].get("package_name") == __package__)


def _asks_for_everything(options: Sequence[str]) -> bool:
    """Whether the command line asks for all stages, from the first node to the last."""
    from kedro.framework.cli.project import run

    asked = run.make_context("run", list(options), resilient_parsing=True).params
    names = asked.get("pipelines") or [asked.get("pipeline") or EVERYTHING]
    return list(names) == [EVERYTHING] and not any(asked.get(name) for name in PARTS)
