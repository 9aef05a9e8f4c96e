"""``fleet pin``: give one sensor back what an earlier release served it with."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from modelfleet.commands.options import command_options, print_json, reason_option, yes_option

if TYPE_CHECKING:
    from modelfleet.commands.opening import Opened

__all__ = ["pin"]


@click.command()
@click.option("--sensor", "sensor_id", required=True, help="Id of the sensor, as it is known.")
@click.option("--release", "rid", required=True, help="The release that had the right model.")
@reason_option
@yes_option
@command_options
def pin(
    sensor_id: str, rid: str, reason: str, env: str | None, *, yes: bool, as_json: bool
) -> None:
    """Give one sensor back what an earlier release served it with.

    That makes a release like the live one, but for this sensor. It goes live like any other: by
    policy, or by request and approval.
    """
    from modelfleet.commands import acting, afterwards
    from modelfleet.commands.opening import open_to_act

    opened = open_to_act(env)
    draft, cohort, base = _draft(opened, sensor_id, opened.find(rid), reason)
    place = f" --env {env}" if env else ""
    title = f"{sensor_id!r} gets back what {opened.find(rid)[:12]} served it with"
    click.echo(f"{title}, in place of {base[:12]}", err=as_json)
    acting.ask("Publish this release?", yes=yes)
    opened.store.publish(draft)
    live = _by_policy(opened, draft.rid, cohort, base, reason)
    then = f'modelfleet request {draft.rid[:12]}{place} --cohort "{cohort}" --reason "…"'
    if as_json:
        commands = [] if live else [then]
        print_json({"schema": 1, "release": draft.rid, "live": live, "commands": commands})
    else:
        click.echo(f"Published: {draft.rid[:12]}")
        click.echo(f"Live for {', '.join(live)}" if live else f"Then:  {then}")
        click.echo(_hold(sensor_id, reason))
    afterwards.follow_up(opened.assets, live=bool(live))


def _draft(opened: "Opened", sensor_id: str, source: str, reason: str) -> tuple[Any, str, str]:
    """The pinned release, the sensor's cohort, and the release that serves it now."""
    import polars as pl

    from modelfleet.domain.errors import ReleaseError
    from modelfleet.fleet.pinning import Pin, pin_sensor
    from modelfleet.stores.run_info import user

    mine = opened.served(opened.live).filter(pl.col("sensor_id") == sensor_id)
    if mine.is_empty():
        raise ReleaseError(
            f"nothing that is live knows {sensor_id!r}; `modelfleet history --sensor ID` shows "
            "which releases know a sensor"
        )
    cohort = mine["cohort"].item()
    base, now = opened.live[cohort], datetime.now(UTC).isoformat(timespec="seconds")
    chosen = Pin(sensor_id, source=source, by=user(), at=now, reason=reason)
    run = {"run_id": f"pin of {now}", "environment": opened.environment}
    draft = pin_sensor(opened.store.open(base), opened.store.open(source), chosen, run=run)
    return draft, cohort, base


def _by_policy(opened: "Opened", rid: str, cohort: str, base: str, reason: str) -> list[str]:
    """Make it live where the policy asks nobody: for all that the release before served there."""
    from modelfleet.fleet.promotion import PromotionDecision
    from modelfleet.stores.governance import append_automatic
    from modelfleet.stores.run_info import user

    policy = opened.governance.owners.policy_of
    if policy(cohort) != "automatic":
        return []
    same = [c for c, each in opened.live.items() if each == base and policy(c) == "automatic"]
    decision = PromotionDecision(
        state="live",
        serves=dict.fromkeys(sorted(same), rid),
        provenance=opened.store.provenance_digest(rid),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        by=user(),
        reason=reason,
    )
    append_automatic(opened.governance, decision)
    return sorted(same)


def _hold(sensor_id: str, reason: str) -> str:
    """What keeps it there: the next run judges it like any champion."""
    return (
        "The next run may replace it, as any champion. To hold it, add to overrides.sensors in\n"
        f"conf/:  - {{sensor: {sensor_id!r}, serve: champion, reason: {reason!r}, "
        "expires: YYYY-MM-DD}"
    )
