"""``fleet exclude``: write down that a period is to be left out of learning, for review."""

import click

from modelfleet.commands.options import command_options, print_json, reason_option

__all__ = ["exclude"]


@click.command()
@click.option("--cohort", "cohorts", multiple=True, help="Whom it concerns; may be repeated.")
@click.option("--sensor", "sensors", multiple=True, help="Whom it concerns; may be repeated.")
@click.option("--where", "metadata", multiple=True, help="Sensors by metadata: district=A.")
@click.option("--fleet", "everyone", is_flag=True, help="It concerns the whole fleet.")
@click.option("--from", "start", required=True, help="First moment, or first day.")
@click.option("--to", "end", required=True, help="The moment after the last, or the last day.")
@click.option("--kind", default="other", show_default=True, help="Such as heatwave or strike.")
@click.option("--id", "name", default=None, help="Id of the entry (default: kind and first day).")
@click.option("--by", default=None, help="Who says so (default: you, as the machine knows you).")
@click.option("--into", default="base", show_default=True, help="Folder below conf/ to write to.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@reason_option
@command_options
def exclude(  # noqa: PLR0917  options, which click hands in by name
    cohorts: tuple[str, ...],
    sensors: tuple[str, ...],
    metadata: tuple[str, ...],
    start: str,
    end: str,
    kind: str,
    name: str | None,
    by: str | None,
    into: str,
    reason: str,
    env: str | None,
    *,
    everyone: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write an entry into the calendar that leaves a period out of learning and scoring.

    It goes into conf/base/parameters_events.yml, which holds in every environment, and counts from
    the next run on that has it: commit it, and have it reviewed like any change.

    A time without an offset is one of the fleet's time zone. A day stands for a whole one: from
    2018-07-20 to 2018-07-22 are three days.
    """
    from modelfleet.commands import exclusion

    asked = exclusion.Asked(
        sensors=sensors,
        cohorts=cohorts,
        where=exclusion.pairs(metadata),
        everyone=everyone,
        start=start,
        end=end,
        said={"kind": kind, "reason": reason, "by": by},
    )
    draft = exclusion.draft_of(asked, env=env, into=into, name=name)
    if not dry_run:
        draft.write()
    if as_json:
        print_json({**draft.as_dict(), "written": not dry_run})
        return
    click.echo(draft.told(written=not dry_run))
