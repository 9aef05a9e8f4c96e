"""Policies for tests that decide on a release and sign nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelfleet.domain.approvals import Owners

__all__ = ["Governed"]


@dataclass(frozen=True)
class Governed:
    """One policy for all cohorts, unless some are named; see ``fleet.promotion.Governed``."""

    policy: str = "automatic"
    cohorts: Mapping[str, str] = field(default_factory=dict)
    serves: Mapping[str, str] = field(default_factory=dict)
    environment: str = "local"

    @property
    def owners(self) -> Owners:
        policies: dict[str, Any] = {"default": self.policy, "cohorts": dict(self.cohorts)}
        return Owners.model_validate(
            {"policies": policies, "owners": {}, "allowed_signers": "allowed_signers"}
        )

    def served(self) -> Mapping[str, str]:
        return self.serves
