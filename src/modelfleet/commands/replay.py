"""``fleet replay``: train models of a release again from the readings as they were, and compare."""

import random
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from modelfleet.commands.options import command_options, print_json, table

if TYPE_CHECKING:
    import polars as pl

    from modelfleet.commands.opening import Opened
    from modelfleet.fleet.reproduction import Reproduced

__all__ = ["replay"]

DIFFERENT = 1


@click.command()
@click.argument("rid")
@click.option("--sensor", "sensors", multiple=True, help="Id of a sensor; may be repeated.")
@click.option("--sample", type=click.IntRange(min=1), help="So many sensors, taken at random.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random choice.")
@command_options
def replay(
    rid: str,
    sensors: tuple[str, ...],
    sample: int | None,
    seed: int,
    env: str | None,
    *,
    as_json: bool,
) -> None:
    """Train what serves in release RID again, from the readings as they were, and compare.

    Ends with 0 if every model is the same again, and with 1 if one differs or cannot be trained.
    """
    if bool(sensors) == bool(sample):
        raise click.UsageError("give either --sensor, once or several times, or --sample")
    from modelfleet.commands.opening import open_releases
    from modelfleet.stores.reproduction import Reproduction, chosen_rows, serving_lineage

    opened = open_releases(env)
    release = opened.store.open(opened.find(rid))
    serving = serving_lineage(release)
    names = sensors or _sample(serving, sample or 0, seed)
    reproduction = Reproduction(
        release, opened.store, opened.assets.place("readings"), _lock(opened), _packages(opened)
    )
    found = sorted(reproduction.run(chosen_rows(serving, names)), key=lambda each: each.sensor_id)
    agree = all(each.agrees for each in found)
    if as_json:
        results = [each.as_dict() for each in found]
        print_json({"schema": 1, "release": release.rid, "agree": agree, "sensors": results})
    else:
        click.echo(_text(release.rid, found))
    sys.exit(0 if agree else DIFFERENT)


def _sample(serving: "pl.DataFrame", count: int, seed: int) -> list[str]:
    names = sorted(serving["sensor_id"])
    return random.Random(seed).sample(names, min(count, len(names)))  # noqa: S311  no secret


def _lock(opened: "Opened") -> str | None:
    found: str | None = opened.assets.load("run_info").get("lock")
    return found


def _packages(opened: "Opened") -> Sequence[str]:
    """That estimators may come from, by the configuration of whoever loads them."""
    return tuple(opened.assets.parameters()["training"]["allowed_packages"])


def _text(rid: str, found: "Sequence[Reproduced]") -> str:
    from modelfleet.reporting.words import shown

    good = sum(each.agrees for each in found)
    header = (
        "sensor",
        "kind",
        "table version",
        "compared",
        "difference",
        "version",
        "code",
        "lock",
    )
    lines = [
        f"Release {rid[:12]}: {good} of {len(found)} models are the same when trained again",
        "",
        table(header, [(shown(each.sensor_id), *_row(each)) for each in found]),
    ]
    problems: dict[str, list[str]] = {}
    for each in found:
        if each.problem:
            problems.setdefault(each.problem, []).append(shown(each.sensor_id))
    lines += [f"\n{', '.join(names)}: {problem}" for problem, names in problems.items()]
    if any(each.same_code is False for each in found):
        lines.append(
            "\nOther code is installed than made them, so their versions differ; numbers count."
        )
    return "\n".join(lines)


def _row(each: "Reproduced") -> tuple[Any, ...]:
    return (
        each.kind,
        "unknown" if each.table_version is None else each.table_version,
        each.compared or "nothing",
        "" if each.difference is None else f"{each.difference:.1e}",
        _words(each.same_version),
        _words(each.same_code),
        _words(each.same_lock),
    )


def _words(same: bool | None) -> str:  # noqa: FBT001  what is shown
    return "" if same is None else "same" if same else "other"
