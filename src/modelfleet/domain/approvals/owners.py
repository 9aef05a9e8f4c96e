"""Who answers for which cohort, and which cohorts go live without people."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import AwareDatetime, Field, ValidationError

from modelfleet.domain.errors import ConfigurationError, listing
from modelfleet.domain.parameters.base import Parameters

__all__ = ["Owners", "OwnersOfCohorts", "Policies", "Policy"]

Policy = Literal["automatic", "four_eyes"]


class Policies(Parameters):
    """Whether the gate decides alone (``automatic``) or people do (``four_eyes``)."""

    default: Policy
    cohorts: dict[str, Policy] = Field(default_factory=dict)


class OwnersOfCohorts(Parameters):
    """Names, as ``allowed_signers`` has them, of the people who may approve."""

    default: tuple[str, ...] = ()
    cohorts: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Owners(Parameters):
    """All of ``owners.yml``.

    Attributes:
        policies: per cohort, with a default.
        owners: per cohort, with a default for cohorts that are not named.
        former: owners who stepped down, and when: what they approved until then goes on counting.
        allowed_signers: file of people's public keys.
        revoked_keys: file of keys that count no more, whenever they signed; ``None`` for none.
    """

    policies: Policies
    owners: OwnersOfCohorts
    former: dict[str, AwareDatetime] = Field(default_factory=dict)
    allowed_signers: str = Field(min_length=1)
    revoked_keys: str | None = None

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """Read what stands in ``owners.yml``.

        Raises:
            ConfigurationError: names every problem, not only the first.
        """
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            lines = [
                f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
                for each in error.errors(include_url=False)
            ]
            raise ConfigurationError(f"owners.yml cannot be used: {'; '.join(lines)}") from None

    def policy_of(self, cohort: str) -> Policy:
        """The policy of a cohort."""
        return self.policies.cohorts.get(cohort, self.policies.default)

    def owners_of(self, cohort: str, *, at: datetime) -> tuple[str, ...]:
        """Who may approve for a cohort at a time; one that is named has its own owners alone."""
        listed = self.owners.cohorts.get(cohort, self.owners.default)
        return tuple(n for n in listed if n not in self.former or at <= self.former[n])

    def check_cohorts(self, known: Collection[str]) -> None:
        """Check that every cohort that is named is one of the fleet.

        Raises:
            ConfigurationError: a name is none: whoever it was meant for would have no owner.
        """
        named = {*self.policies.cohorts, *self.owners.cohorts}
        if unknown := sorted(named - set(known)):
            raise ConfigurationError(
                f"owners.yml names {listing(unknown)}, which the fleet has not as a cohort; it has "
                f"{listing(sorted(known))}"
            )
