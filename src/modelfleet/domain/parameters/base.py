"""What all configuration models share: frozen, no unknown keys, no text taken for a number."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Strict

__all__ = ["Flag", "Integer", "Number", "Parameters"]

Integer = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]


class Parameters(BaseModel):
    """Base of all typed configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
