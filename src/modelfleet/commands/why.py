"""``fleet why``: the whole evidence on one sensor, or on one forecast of it."""

import sys
from pathlib import Path

import click

from modelfleet.commands.options import command_options, print_json

__all__ = ["why"]


@click.command()
@click.option("--sensor", "sensor_id", required=True, help="Id of the sensor, as it is known.")
@click.option(
    "--at",
    help="Explain the forecast for this time: ISO 8601, on the fleet's clocks where it names no "
    "zone.",
)
@click.option("--origin", help="First step of the forecast; the latest that covers --at if absent.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the forecast into this .png or .svg file; needs --at.",
)
@command_options
def why(
    sensor_id: str,
    at: str | None,
    origin: str | None,
    plot: Path | None,
    env: str | None,
    *,
    as_json: bool,
) -> None:
    """Show the whole evidence on one sensor, or with --at on one forecast of it.

    Without --at: what serves the sensor, and how that came about. With --at: why the forecast for
    that time is what it is; exits with 1 where the forecast cannot be computed again.
    """
    if at is None:
        if origin or plot:
            raise click.UsageError("--origin and --plot explain one forecast; add --at")
        _explain_sensor(sensor_id, env, as_json=as_json)
    else:
        _explain_forecast(sensor_id, at, origin, plot, env, as_json=as_json)


def _explain_sensor(sensor_id: str, env: str | None, *, as_json: bool) -> None:
    from modelfleet.commands.evidence import document_of, format_document
    from modelfleet.commands.project import open_assets
    from modelfleet.commands.sensor_rows import gather_rows

    document = document_of(gather_rows(open_assets(env), sensor_id))
    if as_json:
        print_json(document)
        return
    click.echo(format_document(document), nl=False)


def _explain_forecast(
    sensor_id: str,
    at: str,
    origin: str | None,
    plot: Path | None,
    env: str | None,
    *,
    as_json: bool,
) -> None:
    from modelfleet.commands.prediction_evidence import document_of, format_document, gather_facts
    from modelfleet.commands.prediction_evidence.plot import check_picture, draw_document
    from modelfleet.commands.project import open_assets

    picture = plot and plot.absolute()  # opening the assets changes the folder
    if picture:
        check_picture(picture)
    document = document_of(gather_facts(open_assets(env), sensor_id, at, origin=origin))
    if picture:
        draw_document(document, picture)
    if as_json:
        print_json(document)
    else:
        click.echo(format_document(document), nl=False)
    if document["reproduced"]["same"] is False:
        click.echo(f"Error: {document['reproduced']['problem']}", err=True)
        sys.exit(1)
