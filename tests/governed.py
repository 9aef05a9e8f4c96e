"""Policies for tests that decide on a release and sign nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelfleet.domain.approvals import Owners
from modelfleet.fleet.promotion import PromotionDecision
from modelfleet.stores.governance import Governance, Places

__all__ = ["Governed", "decision", "governance"]


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


def governance(root: str, policy: str = "automatic", **cohorts: str) -> Governance:
    """An environment in which nobody signs."""
    names = ("channel", "approvals", "releases", "witness")
    owners = Governed(policy, cohorts).owners
    places = {name: f"{root}/{name}" for name in names}
    return Governance.at(Places(environment="local", owners=owners, **places))


def decision(rid: str, *cohorts: str, provenance: str = "d" * 64) -> PromotionDecision:
    """What a run decides; nothing goes live without a release."""
    serves = dict.fromkeys(cohorts or ("a",), rid) if rid else {}
    return PromotionDecision("live", serves, provenance, "2018-12-31", "nobody")
