"""Opens releases for commands: by the beginning of their name, or what is live."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from modelfleet.commands.project import Assets, open_assets

if TYPE_CHECKING:
    import polars as pl

    from modelfleet.fleet.release_diff import ReleaseDiff

__all__ = ["Opened", "check_prefix", "open_releases"]

SHORTEST = 4


def check_prefix(rid: str) -> str:
    """Refuse to look for a release by nearly nothing.

    Raises:
        click.BadParameter: that short a name is met by chance.
    """
    if len(rid) < SHORTEST:
        raise click.BadParameter(f"give at least {SHORTEST} characters", param_hint="RID")
    return rid


@dataclass(frozen=True)
class Opened:
    """The releases of an environment, each opened once, after checking every byte of it.

    Attributes:
        assets: of the environment.
        store: of its releases.
    """

    assets: Assets
    store: Any

    @cached_property
    def channel(self) -> Any:
        """The log of what is live; ``None`` before its first entry."""
        return self.assets.load("channel") if self.assets.exists("channel") else None

    def entries(self) -> list[Any]:
        """The entries of the channel, oldest first, after checking the chain."""
        return [] if self.channel is None else list(self.channel.entries())

    @property
    def live(self) -> dict[str, str]:
        """Cohort to the release that serves it."""
        return {} if self.channel is None else dict(self.channel.live())

    @cached_property
    def _releases(self) -> dict[str, Any]:
        return {}

    def find(self, prefix: str) -> str:
        """The one release whose name begins so."""
        found: str = self.store.find(check_prefix(prefix))
        return found

    def release(self, rid: str) -> Any:
        """A release."""
        if rid not in self._releases:
            self._releases[rid] = self.store.open(rid)
        return self._releases[rid]

    def service(self, rid: str) -> "pl.DataFrame":
        """What a release serves, sensor by sensor."""
        from modelfleet.fleet.service import service_of

        return service_of(self.release(rid))

    def whole(self, rid: str) -> dict[str, str]:
        """Every cohort of a release, as if it served them all."""
        return dict.fromkeys(self.release(rid).table("serves")["cohort"].unique(), rid)

    def difference(self, after: str, before: Mapping[str, str]) -> "ReleaseDiff":
        """What a release changes.

        Args:
            after: the release that comes.
            before: cohort to the release that serves it until then.
        """
        from modelfleet.fleet.champions import Champions
        from modelfleet.fleet.release_diff import compare_services
        from modelfleet.fleet.service import service_of

        new = self.service(after)
        served = {cohort: self.release(rid) for cohort, rid in before.items()}
        old = service_of(Champions.of(served)) if served else new.clear()
        return compare_services(old, new)

    def holds(self, rid: str) -> list[dict[str, Any]]:
        """Why the run that made a release would have it wait for people."""
        return list(self.release(rid).provenance.get("holds", ()))


def open_releases(env: str | None) -> Opened:
    """The releases of an environment.

    Raises:
        DataError: there is none yet.
    """
    assets = open_assets(env)
    return Opened(assets, assets.load("release"))
