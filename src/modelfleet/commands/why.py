"""``fleet why``: the whole evidence on one sensor."""

import click

from modelfleet.commands.options import command_options, print_json

__all__ = ["why"]


@click.command()
@click.option("--sensor", "sensor_id", required=True, help="Id of the sensor, as it is known.")
@command_options
def why(sensor_id: str, env: str | None, *, as_json: bool) -> None:
    """Show the whole evidence on one sensor: what serves it, and how that came about."""
    from modelfleet.commands.evidence import document_of, format_document
    from modelfleet.commands.project import open_assets
    from modelfleet.commands.sensor_rows import gather_rows

    document = document_of(gather_rows(open_assets(env), sensor_id))
    if as_json:
        print_json(document)
        return
    click.echo(format_document(document), nl=False)
