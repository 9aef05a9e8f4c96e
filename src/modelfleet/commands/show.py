"""``fleet show``: what is in a release."""

import click

from modelfleet.commands.options import command_options, print_json

__all__ = ["show"]


SHORTEST = 4


@click.command()
@click.argument("rid")
@command_options
def show(rid: str, env: str | None, *, as_json: bool) -> None:
    """Show what is in the release RID (its first characters suffice), after checking its bytes."""
    from modelfleet.commands.project import load_asset
    from modelfleet.fleet.ledger import ledger_totals

    if len(rid) < SHORTEST:
        raise click.BadParameter(f"give at least {SHORTEST} characters", param_hint="RID")
    store = load_asset("release", env)
    release = store.open(store.find(rid))
    serves = release.table("serves")
    shown = {
        **store.about(release.rid),
        "verified": True,
        "sensors": serves.height,
        **ledger_totals(serves),
        "code": release.manifest.code,
        "versions": release.manifest.versions,
        "readings": release.manifest.readings,
        "files": {entry.path: entry.size for entry in release.manifest.files},
        "provenance": release.provenance,
    }
    if as_json:
        print_json({"schema": 1, **shown})
        return
    outcomes, served = (
        ", ".join(f"{count} {name}" for name, count in shown[key].items() if count)
        for key in ("outcomes", "serves")
    )
    lines = {
        "Release": release.rid,
        "Made": f"{shown['made']} by {release.provenance.get('by', 'unknown')}",
        "Run": shown["run_id"],
        "Verified": "every byte matches the release's name",
        "Sensors": f"{serves.height}: {outcomes}",
        "Served by": served,
        "Readings": _identity(release.provenance),
        "Libraries": ", ".join(f"{name} {v}" for name, v in release.manifest.versions.items()),
        "Files": ", ".join(f"{path} ({size:,} B)" for path, size in shown["files"].items()),
    }
    for name, text in lines.items():
        click.echo(f"{name:<10} {text}")


def _identity(provenance: dict[str, dict[str, str]]) -> str:
    readings = provenance.get("readings", {})
    return f"table {readings.get('table_id', 'unknown')}, version {readings.get('version', '?')}"
