"""Opens releases for commands: by the beginning of their name, or what is live."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from modelfleet.commands.project import Assets, open_assets

if TYPE_CHECKING:
    import polars as pl

    from modelfleet.fleet.release_diff import ReleaseDiff

__all__ = ["Opened", "check_prefix", "open_releases", "open_to_act"]

SHORTEST = 4


def check_prefix(rid: str, hint: str = "RID") -> str:
    """Refuse to look for a release, or for what ``hint`` names, by nearly nothing.

    Raises:
        click.BadParameter: that short a name is met by chance.
    """
    if len(rid) < SHORTEST:
        raise click.BadParameter(f"give at least {SHORTEST} characters", param_hint=hint)
    return rid


@dataclass(frozen=True)
class Opened:
    """The releases of an environment, and what is live; every table is checked when it is read.

    Attributes:
        assets: of the environment.
        store: of its releases.
    """

    assets: Assets
    store: Any
    _services: "dict[str, pl.DataFrame]" = field(default_factory=dict, repr=False)

    @cached_property
    def governance(self) -> Any:
        """What decides what is live: see :class:`modelfleet.stores.governance.Governance`."""
        return self.assets.load("approvals")

    @property
    def environment(self) -> str:
        """Name of the environment."""
        return str(self.governance.environment)

    @cached_property
    def entries(self) -> list[Any]:
        """The entries of the channel, oldest first, after checking the chain."""
        return list(self.governance.channel.entries())

    @property
    def live(self) -> dict[str, str]:
        """Cohort to the release that serves it; empty before the first entry."""
        return dict(self.entries[-1].serves) if self.entries else {}

    def find(self, prefix: str) -> str:
        """The one release whose name begins so."""
        found: str = self.store.find(check_prefix(prefix))
        return found

    def service(self, rid: str) -> "pl.DataFrame":
        """What a release serves, sensor by sensor."""
        from modelfleet.fleet.service import service_of
        from modelfleet.stores.release_rows import CheckedTables

        if rid not in self._services:
            self._services[rid] = service_of(CheckedTables(self.store, rid))
        return self._services[rid]

    def served(self, serves: Mapping[str, str]) -> "pl.DataFrame":
        """What serves the sensors of each cohort.

        Args:
            serves: cohort to release.
        """
        import polars as pl

        from modelfleet.fleet.service import SERVICE_SCHEMA

        parts = [
            self.service(rid).filter(
                pl.col("cohort").is_in([cohort for cohort, each in serves.items() if each == rid])
            )
            for rid in sorted(set(serves.values()))
        ]
        return pl.concat([pl.DataFrame(schema=SERVICE_SCHEMA), *parts])

    def whole(self, rid: str) -> dict[str, str]:
        """Every cohort of a release, as if it served them all."""
        return dict.fromkeys(sorted(self.service(rid)["cohort"].unique()), rid)

    def difference(self, after: Mapping[str, str], before: Mapping[str, str]) -> "ReleaseDiff":
        """What changes when other releases serve.

        Args:
            after: cohort to the release that will serve it.
            before: cohort to the release that serves it until then.
        """
        from modelfleet.fleet.release_diff import compare_services

        return compare_services(self.served(before), self.served(after))

    def provenance(self, rid: str) -> dict[str, Any]:
        """What is known of the run that made a release."""
        from modelfleet.stores.release_rows import provenance_of

        return provenance_of(self.store, rid)

    def holds(self, rid: str) -> list[dict[str, Any]]:
        """Why the run that made a release would have it wait: ``code`` and ``sentence``."""
        known = self.provenance(rid)
        codes = [{"code": code, "sentence": ""} for code in known.get("holds", ())]
        return list(known.get("hold_reasons") or codes)

    def people(self, entry: Any) -> tuple[str | None, tuple[str, ...]]:
        """Who asked for what an entry of the channel made live, and who approved it.

        As the documents say: ``modelfleet audit`` is what proves their signatures.
        """
        from modelfleet.domain.approvals import Decision, Request

        if entry.request is None:
            return None, ()
        papers = self.governance.approvals
        request = papers.request(entry.request)
        decisions = (papers.decision(entry.request, name) for name in entry.decisions)
        found = [Decision.of_bytes(paper.content).decided_by for paper in decisions if paper]
        asked = Request.of_bytes(request.content).requested_by if request else None
        return asked, tuple(sorted(set(found)))


def open_releases(env: str | None) -> Opened:
    """The releases of an environment.

    Raises:
        DataError: there is none yet.
    """
    assets = open_assets(env)
    return Opened(assets, assets.load("release"))


def open_to_act(env: str | None) -> Opened:
    """The releases of an environment, for a command that changes what serves.

    Raises:
        DataError: there is none yet.
        ProtectedError: another environment alone may write them, or the notices about them.
    """
    opened = open_releases(env)
    opened.governance.check_writable()
    opened.store.objects.check_writable()
    opened.assets.load("notices").objects.check_writable()
    return opened
