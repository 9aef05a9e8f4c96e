"""What all configuration models share: frozen, no unknown keys, no silent conversions of text."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Parameters"]


class Parameters(BaseModel):
    """Base of all typed configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
