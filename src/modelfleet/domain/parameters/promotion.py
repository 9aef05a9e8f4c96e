"""What happens to a release once it is made."""

from pydantic import Field, field_validator

from modelfleet.domain.hold import HOLD_CODES
from modelfleet.domain.parameters.base import Parameters

__all__ = ["Clearance", "PromotionParameters"]


class Clearance(Parameters):
    """Reasons to hold one release that somebody looked at and found harmless."""

    release: str = Field(pattern=r"^[0-9a-f]{12,64}$")
    codes: tuple[str, ...] = Field(min_length=1)
    reason: str = Field(min_length=1)

    @field_validator("codes")
    @classmethod
    def _known(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(codes) - set(HOLD_CODES)):
            raise ValueError(f"{unknown} are no reasons to hold; there are {list(HOLD_CODES)}")
        return codes


class PromotionParameters(Parameters):
    """What people cleared. Whether the gate decides alone stands in ``owners.yml``."""

    clearances: tuple[Clearance, ...] = ()

    def cleared(self, rid: str) -> frozenset[str]:
        """Codes that were cleared for a release, and for no other."""
        named = (each for each in self.clearances if rid.startswith(each.release))
        return frozenset(code for each in named for code in each.codes)
