"""``fleet env list``: the environments, what each reads and writes, and what is live there."""

from typing import Any

import click

from modelfleet.commands.options import json_option, print_json, table

__all__ = ["listing"]

Row = dict[str, Any]


@click.command("list")
@json_option
def listing(*, as_json: bool) -> None:
    """List the environments: what each reads and writes, who decides, what is live."""
    from modelfleet.commands.project import environments

    rows = [_row(name) for name in environments()]
    if as_json:
        print_json({"schema": 1, "environments": rows})
        return
    header = ("environment", "writes", "reads", "policy", "live")
    click.echo(table(header, [_cells(row) for row in rows]))


def _row(name: str) -> Row:
    """An environment; of one whose configuration is wrong, what is wrong with it."""
    from modelfleet.commands.project import open_assets
    from modelfleet.domain.errors import ModelfleetError

    row: Row = dict.fromkeys(("root", "source", "tables", "champions", "policies", "problem"))
    row |= {"name": name, "live": []}
    try:
        assets = open_assets(name)
        found, taken = assets.loader["globals"], assets.loader.taken
        row |= {key: found["storage"].get(key) for key in ("root", "source")}
        row |= {"tables": taken.tables, "champions": taken.champions}
        policies = found.get("policies") or {}
        named = {policies.get("default"), *(policies.get("cohorts") or {}).values()}
        row["policies"] = sorted(filter(None, named))
        row["live"] = sorted(set(assets.load("approvals").served().values()))
    except (ModelfleetError, KeyError) as error:
        row["problem"] = str(error)
    return row


def _cells(row: Row) -> tuple[str, ...]:
    if row["root"] is None:
        return (row["name"], f"cannot be read: {row['problem']}", "", "", "")
    reads = f"tables of {row['tables']}" if row["tables"] else str(row["source"])
    judged = f", champions of {row['champions']}" if row["champions"] else ""
    live = ", ".join(rid[:12] for rid in row["live"]) or row["problem"] or "nothing"
    return (row["name"], row["root"], reads + judged, ", ".join(row["policies"] or ()), live)
