"""What the gate costs or saves on the two sample fleets, in weeks that it has not seen.

``make regret ARGS='--dates 4'``. Ingests and validates each fleet in a throw-away project, goes
back to dates four weeks apart, gates the fleet there with what was known before, and then looks at
the four weeks that followed. Regret is the loss of what serves over the smaller of the model's and
the baseline's, of each sensor; the mean over the sensors, then over the dates. *Of sums* is the sum
of the losses that were served over the sum of the smaller ones, in units of the baseline's losses.

The model of the weeks ahead is refitted at the start of each, or frozen at the date. *Run after
run* means that a sensor that a model serves keeps one while it is sane and gains.
"""

import argparse
from collections.abc import Sequence

from tests.benchmarks.regret.fleet import ingest_fleet
from tests.benchmarks.regret.gating import SERVED, gate_fleet
from tests.benchmarks.regret.tables import check_table, costly_table, regret_table
from tests.benchmarks.table import render_markdown, render_text

FLEETS = {"ltown": "local", "bwdf": "bwdf"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for and print its tables."""
    options = _options(arguments)
    render = render_markdown if options.markdown else render_text
    for name in options.fleet or FLEETS:
        gatings = list(gate_fleet(ingest_fleet(FLEETS[name]), dates=options.dates))
        tables = [check_table(gatings, title=f"{name}: what each gate date saw")]
        tables += [
            regret_table(gatings, served, title=f"{name}: regret, models {served}")
            for served in SERVED
        ]
        title = f"{name}: what costs most, expected, models refitted"
        tables.append(costly_table(gatings, "refitted", count=options.worst, title=title))
        print("\n\n".join(render(table) for table in tables), end="\n\n", flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make regret", description=__doc__)
    parser.add_argument("--fleet", choices=FLEETS, action="append", help="one fleet only")
    parser.add_argument("--dates", type=int, default=4, help="gate dates, four weeks apart")
    parser.add_argument("--worst", type=int, default=8, help="sensors that are named")
    parser.add_argument("--markdown", action="store_true", help="tables for a document")
    options = parser.parse_args(arguments)
    if options.dates < 2:
        parser.error("--dates: a standard error needs at least 2")
    return options


if __name__ == "__main__":
    main()
