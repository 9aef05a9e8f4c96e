"""How long the real ``kedro run`` takes on a synthetic fleet, stage by stage.

``make bench ARGS='--sensors 5000 --hours 8760'``. Never a timed test: machines differ, so compare
runs of one machine only, with nothing else running on it. CPU seconds bear other load better than
seconds of wall do.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.fleet import write_fleet
from tests.benchmarks.limits import find_limits, measure_machine
from tests.benchmarks.others import compare
from tests.benchmarks.report import (
    growth_table,
    limit_table,
    machine_text,
    other_table,
    stage_table,
    work_table,
)
from tests.benchmarks.scenario import measure_fleet, warm_up
from tests.benchmarks.table import render_markdown, render_text


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the fleet, run it, print the tables."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="modelfleet-bench-") as place:
        folder = Path(place)
        machine = measure_machine(folder)
        _tell(machine_text(machine))
        _tell("warming up")
        warm_up(folder / "warm-up")
        _tell(f"making {options.sensors:,} sensors")
        fleet = write_fleet(folder, sensors=options.sensors, hours=options.hours)
        figures = measure_fleet(
            fleet,
            folder,
            repeat=options.repeat,
            pss_every=None if options.no_memory else options.pss_every,
            tell=_tell,
        )
        limits = find_limits(figures, machine)
        others = (
            compare(fleet, folder, sample=options.sample, tell=_tell) if options.compare else ()
        )
    if options.json:
        parts = {"machine": asdict(machine), "figures": asdict(figures)}
        parts["others"] = [asdict(other) for other in others]
        print(json.dumps(parts, indent=1, default=str))
        return
    tables = [stage_table(figures), work_table(figures), limit_table(figures, limits)]
    tables += [other_table(figures, others)] if others else []
    tables += [growth_table(figures)] if options.markdown else []
    render = render_markdown if options.markdown else render_text
    print("\n\n".join((machine_text(machine), *(render(table) for table in tables))))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sensors", type=int, default=500, help="number of sensors")
    parser.add_argument("--hours", type=int, default=8760, help="hourly steps of each")
    parser.add_argument("--repeat", type=int, default=1, help="runs, of which the median is told")
    parser.add_argument(
        "--pss-every", type=float, default=1.0, help="seconds between samples of memory"
    )
    parser.add_argument("--no-memory", action="store_true", help="take no samples of memory")
    parser.add_argument(
        "--compare", action="store_true", help="also measure what one would do otherwise (minutes)"
    )
    parser.add_argument("--sample", type=int, default=20, help="sensors of the comparison")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    shape.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(arguments)


def _tell(text: str) -> None:
    load, *_ = os.getloadavg()
    print(f"bench: {text} (load {load:.1f})", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
