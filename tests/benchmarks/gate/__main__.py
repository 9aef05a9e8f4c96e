"""How often the gate is right, and how long it takes, on fleets of which the truth is known.

``make simulate ARGS='--runs 40'``. Every fleet comes from the seed. What stands behind ± is the
standard error over the simulated fleets: sensors of one fleet that move together are no independent
trials.
"""

import argparse
import sys
from collections.abc import Sequence

import yaml

from modelfleet.domain.parameters.evaluation import EvaluationParameters
from tests.benchmarks.gate.entering import simulate_entering
from tests.benchmarks.gate.holding import simulate_holding
from tests.benchmarks.gate.replacing import simulate_replacing
from tests.benchmarks.gate.tables import (
    entering_table,
    holding_table,
    replacing_table,
    timing_table,
)
from tests.benchmarks.gate.timing import measure_gate
from tests.benchmarks.table import render_markdown, render_text
from tests.project import ROOT

PARTS = ("entering", "replacing", "holding", "timing")


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate what is asked for and print its tables."""
    options = _options(arguments)
    file = ROOT / "conf" / "base" / "parameters_evaluation.yml"
    evaluation = EvaluationParameters.model_validate(yaml.safe_load(file.read_text())["evaluation"])
    render = render_markdown if options.markdown else render_text
    common = {"sensors": options.sensors, "seed": options.seed, "runs": options.runs}
    for part in options.parts:
        _tell(f"{part} ...")
        if part == "entering":
            entered = list(simulate_entering(gate=evaluation.gate, **common))
            tables = [entering_table(entered, weeks=weeks) for weeks in (12, 8)]
        elif part == "replacing":
            tables = [replacing_table(list(simulate_replacing(gate=evaluation.gate, **common)))]
        elif part == "holding":
            more = common | {"runs": 25 * options.runs, "sensors": min(options.sensors, 500)}
            tables = [holding_table(list(simulate_holding(evaluation=evaluation, **more)))]
        else:
            sizes = (5_000, 50_000)
            timed = [
                measure_gate(evaluation=evaluation, sensors=size, seed=options.seed)
                for size in sizes
            ]
            tables = [timing_table(timed)]
        for table in tables:
            print(render(table), end="\n\n", flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--runs", type=int, default=40, help="fleets per setting")
    parser.add_argument("--sensors", type=int, default=5_000, help="sensors per fleet")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--markdown", action="store_true", help="tables for a document")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args(arguments)
    if options.runs < 2:
        parser.error("--runs: a standard error needs at least 2")
    return options


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
