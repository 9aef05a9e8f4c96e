"""``fleet ledger``: what happened to each sensor in the last run."""

import click

from modelfleet.commands.options import command_options, print_json, table

__all__ = ["ledger"]

COLUMNS = ("sensor_id", "cohort", "outcome", "serves", "reasons")


@click.command()
@click.option("--outcome", default=None, help="Only sensors with this outcome, such as backup.")
@command_options
def ledger(env: str | None, outcome: str | None, *, as_json: bool) -> None:
    """Show one row per known sensor: what happened, what serves it, and why."""
    import polars as pl

    from modelfleet.commands.project import load_asset
    from modelfleet.fleet.ledger import OUTCOMES, ledger_totals
    from modelfleet.fleet.tables import from_pandas

    if outcome is not None and outcome not in OUTCOMES:
        raise click.BadParameter(
            f"{outcome!r}; there are {', '.join(OUTCOMES)}", param_hint="--outcome"
        )
    summary = load_asset("run_summary", env)
    rows = from_pandas(load_asset("ledger", env), lists=("reasons",))
    totals = ledger_totals(rows)
    shown = rows.filter(pl.col("outcome") == outcome) if outcome else rows
    if as_json:
        print_json(
            {
                "schema": 1,
                "run_id": summary["run_id"],
                "release": summary["release"],
                "fleet": rows.height,
                **totals,
                "sensors": shown.select("sensor_id", "outcome", "serves", "reasons").to_dicts(),
            }
        )
        return
    texts = shown.with_columns(pl.col("reasons").list.join("; ")).select(COLUMNS)
    click.echo(table(COLUMNS, texts.rows()))
    counts = ", ".join(f"{count} {name}" for name, count in totals["outcomes"].items() if count)
    click.echo(f"\n{rows.height} sensors: {counts}")
