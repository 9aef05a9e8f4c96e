"""All that decides what is live in an environment, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from modelfleet.domain.approvals import Owners
from modelfleet.domain.parameters.base import Parameters
from modelfleet.stores.approvals import ApprovalStore, SignedBytes
from modelfleet.stores.channel import Channel
from modelfleet.stores.describe import absolute
from modelfleet.stores.objects import Objects
from modelfleet.stores.proofs import StoredProofs
from modelfleet.stores.release_store import ReleaseStore
from modelfleet.stores.signing import Signers
from modelfleet.stores.witness import Witness

__all__ = ["Governance", "Places", "present"]


class Places(Parameters):
    """What the catalog says about releases and approvals.

    Attributes:
        environment: name of the environment.
        channel: folder or URL of its log.
        approvals: of its requests and decisions.
        releases: of all releases.
        witness: of what remembers the channel's last entry; best where the channel's writers
            cannot write.
        owners: content of ``owners.yml``.
    """

    environment: str
    channel: str
    approvals: str
    releases: str
    witness: str
    owners: Owners

    def settled(self) -> Self:
        """The same places whatever becomes of the working directory."""
        keys = {name: getattr(self.owners, name) for name in ("allowed_signers", "revoked_keys")}
        files = {name: absolute(each) for name, each in keys.items() if each is not None}
        names = ("channel", "approvals", "releases", "witness")
        places = {name: absolute(getattr(self, name)) for name in names}
        return self.model_copy(update={**places, "owners": self.owners.model_copy(update=files)})


@dataclass(frozen=True)
class Governance:
    """Where an environment's releases, approvals and channel lie, and whose word counts."""

    environment: str
    channel_objects: Objects
    approvals: ApprovalStore
    releases: ReleaseStore
    signers: Signers
    owners: Owners
    witness: Witness

    @classmethod
    def at(cls, places: Places, *, protected_by: str | None = None) -> Self:
        """Open what the catalog describes; nothing is read yet.

        Args:
            places: what the catalog says.
            protected_by: see :class:`~modelfleet.stores.objects.Objects`.
        """
        owners, environment = places.owners, places.environment
        revoked = owners.revoked_keys

        def objects(place: str) -> Objects:
            return Objects(absolute(place), protected_by)

        return cls(
            environment=environment,
            channel_objects=objects(places.channel),
            approvals=ApprovalStore(objects(places.approvals)),
            releases=ReleaseStore(objects(places.releases)),
            signers=Signers(
                str(Path(owners.allowed_signers).absolute()),
                None if revoked is None else str(Path(revoked).absolute()),
            ),
            owners=owners,
            witness=Witness(objects(places.witness), environment),
        )

    def check_writable(self) -> None:
        """Refuse to ask, to decide or to go back where another environment alone may.

        Raises:
            ProtectedError: it is such a place.
        """
        self.channel_objects.check_writable()

    @property
    def channel(self) -> Channel:
        """The log, with proofs that are looked up anew."""
        return self.channel_with(self.proofs)

    @property
    def proofs(self) -> StoredProofs:
        """Proofs that are looked up anew."""
        return self.proofs_with({})

    def anew(self) -> Self:
        """The same, with people's keys read anew: a revocation acts at once."""
        return replace(self, signers=Signers(self.signers.allowed, self.signers.revoked))

    def served(self) -> dict[str, str]:
        """Cohort to release, as the channel says.

        Raises:
            ReleaseError: the chain is broken.
        """
        return self.channel.live()

    def proofs_with(self, drafts: Mapping[str, SignedBytes]) -> StoredProofs:
        """Proofs that also know documents which are signed and not kept yet, by digest."""
        return StoredProofs(self.approvals, self.releases, self.signers, drafts)

    def channel_with(self, proofs: StoredProofs) -> Channel:
        """The log, judged by given proofs."""
        return Channel(
            objects=self.channel_objects,
            environment=self.environment,
            owners=self.owners,
            proofs=proofs,
            witness=self.witness,
        )


def present(now: datetime | None) -> datetime:
    """A time in whole seconds, as signatures know it; the present where none is given."""
    return (now or datetime.now(UTC)).replace(microsecond=0)
