"""What happens to a release once it is made."""

from typing import Literal

from modelfleet.domain.parameters.base import Parameters

__all__ = ["PromotionParameters"]


class PromotionParameters(Parameters):
    """Whether the gate decides alone."""

    policy: Literal["automatic", "four_eyes"]
