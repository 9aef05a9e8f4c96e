"""``fleet lineage``: which readings, code and people a model or a release comes from."""

import click

from modelfleet.commands.options import command_options, print_json

__all__ = ["lineage"]


@click.command()
@click.option("--model", "version", help="Version of a model or baseline, or its beginning.")
@click.option(
    "--sensor", "sensor_id", help="What serves this sensor now; with --model: whose it is."
)
@click.option("--release", "rid", help="Name of a release, or its beginning.")
@command_options
def lineage(
    version: str | None, sensor_id: str | None, rid: str | None, env: str | None, *, as_json: bool
) -> None:
    """Show what a model or a release was made of, by whom, and when it went live."""
    if (rid is None) == (version is None and sensor_id is None):
        raise click.UsageError("give either --release, or --model, --sensor or both")
    from modelfleet.commands.lineage_document import model_document, release_document
    from modelfleet.commands.lineage_text import format_model, format_release
    from modelfleet.commands.opening import check_prefix, open_releases

    opened = open_releases(env)
    if rid is not None:
        document, text = release_document(opened, opened.find(rid)), format_release
    else:
        prefix = None if version is None else check_prefix(version, "--model")
        document, text = model_document(opened, version=prefix, sensor_id=sensor_id), format_model
    if as_json:
        print_json(document)
        return
    click.echo(text(document), nl=False)
