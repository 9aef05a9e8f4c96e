"""The newest two states that differ: what is, and what was before the last change."""

import json
from dataclasses import dataclass
from typing import Self

from modelfleet.reporting.quality.state import QualityState

__all__ = ["QualityHistory"]


@dataclass(frozen=True)
class QualityHistory:
    """Two states.

    Attributes:
        latest: the state now.
        before: the one before the last change; ``None`` until something changed for the first time.
    """

    latest: QualityState
    before: QualityState | None = None

    def then(self, state: QualityState) -> "QualityHistory":
        """The history after a run: unchanged where the run found what was known.

        However often an unchanged fleet is run, the state before its last change is kept.
        """
        return self if state.key == self.latest.key else QualityHistory(state, self.latest)

    def to_json(self) -> str:
        """The history as text."""
        states = [self.latest] if self.before is None else [self.latest, self.before]
        return json.dumps([state.as_dict() for state in states], allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """What :meth:`to_json` made.

        Raises:
            ValueError: it is something else; so does ``TypeError``.
        """
        return cls(*(QualityState.from_dict(stored) for stored in json.loads(text)))
