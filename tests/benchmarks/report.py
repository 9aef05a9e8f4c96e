"""From figures to tables."""

from tests.benchmarks.limits import Limit, Machine
from tests.benchmarks.others import Alternative
from tests.benchmarks.scenario import Figures
from tests.benchmarks.stages import END, START, Stage
from tests.benchmarks.table import Table

__all__ = [
    "growth_table",
    "limit_table",
    "machine_text",
    "other_table",
    "stage_table",
    "work_table",
]

ENDS = (START, END)
MODELS = ("baseline", "training")
ONE_DAY_LIMIT = 1 / 20


def stage_table(figures: Figures) -> Table:
    """Every stage of a run from nothing, and the share of bookkeeping."""
    run, sensors = figures.first, figures.fleet.sensors
    whole, work = run.total(), run.total(without=ENDS)
    models = sum(run.stage(name).cpu for name in MODELS)
    return Table(
        f"{sensors:,} sensors, {figures.fleet.hours:,} hours, {figures.fleet.rows:,} readings: "
        "`kedro run` from nothing",
        ("stage", "wall s", "CPU s", "CPU ms per sensor", "peak PSS MB"),
        tuple(
            (stage.name, *_clocks(stage), f"{1000 * stage.cpu / sensors:,.2f}", _megabytes(stage))
            for stage in (*run.stages, whole)
        ),
        notes=(
            (
                f"Bookkeeping (all but {' and '.join(MODELS)}): "
                f"{(work.cpu - models) / work.cpu:.0%} of the stages' CPU time, "
                f"{1000 * (work.cpu - models) / sensors:,.2f} ms per sensor; "
                f"with start-up and shutdown {(whole.cpu - models) / whole.cpu:.0%}."
            ),
        ),
    )


def work_table(figures: Figures) -> Table:
    """Rows per second, one more day, and a run with nothing to do; without start-up."""
    fleet = figures.fleet
    both = fleet.rows + fleet.day_rows
    idle = figures.unchanged.total(without=ENDS)
    first, day = figures.first.stage("ingestion"), figures.day.stage("ingestion")
    nothing = figures.unchanged.stage("ingestion")
    return Table(
        f"{fleet.sensors:,} sensors, {fleet.hours:,} hours: rows per second, without start-up",
        ("work", "rows", "wall s", "CPU s", "rows per wall s", "rows per CPU s"),
        (
            _work("ingestion of all", fleet.rows, first),
            _work("ingestion of one more day", fleet.day_rows, day),
            _work("validation of all", fleet.rows, figures.first.stage("validation")),
            _work("validation after one more day", both, figures.day.stage("validation")),
            ("all stages, nothing changed", "0", *_clocks(idle), "", ""),
        ),
        notes=(
            (
                f"One more day costs {_ratio(day.wall, first.wall)} of the first load by the "
                "clock, "
                f"{_ratio(day.cpu, first.cpu)} of its CPU time "
                f"(limit {_ratio(ONE_DAY_LIMIT, 1)}); "
                f"{nothing.cpu:.2f} s of CPU time are fixed, spent also where nothing is new."
            ),
        ),
    )


def growth_table(figures: Figures) -> Table:
    """One line of how cost grows with the fleet."""
    first, fleet = figures.first, figures.fleet
    whole = first.total()
    ends = sum(first.stage(name).cpu for name in ENDS)
    stages = [name for name in (stage.name for stage in first.stages) if name not in ENDS]
    return Table(
        "Growth: CPU ms per sensor of each stage",
        (
            "sensors × hours",
            "readings",
            *stages,
            "start and end CPU s",
            "whole CPU s",
            "whole wall s",
            "peak PSS MB",
            "one more day",
        ),
        (
            (
                f"{fleet.sensors:,} × {fleet.hours:,}",
                f"{fleet.rows / 1e6:,.1f} M",
                *(f"{1000 * first.stage(name).cpu / fleet.sensors:,.2f}" for name in stages),
                f"{ends:,.1f}",
                *reversed(_clocks(whole)),
                _megabytes(whole),
                _ratio(figures.day.stage("ingestion").cpu, first.stage("ingestion").cpu),
            ),
        ),
    )


def other_table(figures: Figures, others: tuple[Alternative, ...]) -> Table:
    """The alternatives beside the stages whose work they do."""
    sensors = figures.fleet.sensors
    rows = []
    for other in others:
        here = sum(figures.first.stage(name).cpu for name in other.instead_of) / sensors
        rows.append(
            (
                other.name,
                f"{other.sample}",
                f"{1000 * other.cost.cpu:,.1f}",
                f"{other.cost.cpu * sensors:,.0f}",
                " and ".join(other.instead_of),
                f"{1000 * here:,.2f}",
                f"{other.cost.cpu / here:,.0f}",
            )
        )
    return Table(
        f"What one would do otherwise, extrapolated from a sample to {sensors:,} sensors",
        (
            "instead",
            "sample",
            "CPU ms per sensor",
            "CPU s of the fleet",
            "stages here",
            "CPU ms here",
            "times",
        ),
        tuple(rows),
    )


def limit_table(figures: Figures, limits: tuple[Limit, ...]) -> Table:
    """The least seconds beside the measured ones."""
    rows = []
    for limit in limits:
        wall = figures.first.stage(limit.stage).wall
        rows.append((limit.what, limit.stage, f"{limit.seconds:,.2f}", f"{wall:,.1f}"))
    return Table(
        "What the machine could do at best", ("work", "stage", "at least s", "wall s"), tuple(rows)
    )


def machine_text(machine: Machine) -> str:
    """The machine in a line."""
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory / 2**30:.0f} GiB; "
        f"one core: {machine.flops / 1e9:.0f} Gflop/s in a matrix product, "
        f"{machine.memory_rate / 1e9:.0f} GB/s of memory; disk {machine.disk_rate / 1e9:.1f} GB/s"
    )


def _work(name: str, rows: int, stage: Stage) -> tuple[str, ...]:
    rates = (f"{rows / seconds:,.0f}" for seconds in (stage.wall, stage.cpu))
    return (name, f"{rows:,}", *_clocks(stage), *rates)


def _clocks(stage: Stage) -> tuple[str, str]:
    return f"{stage.wall:,.1f}", f"{stage.cpu:,.1f}"


def _megabytes(stage: Stage) -> str:
    return "" if stage.pss is None else f"{stage.pss / 1e6:,.0f}"


def _ratio(part: float, whole: float) -> str:
    return f"1/{whole / part:.0f}"
