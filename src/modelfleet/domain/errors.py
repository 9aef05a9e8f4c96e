"""Every error that Modelfleet raises on purpose.

    ModelfleetError
    ├── ConfigurationError        conf/ asks for something that cannot be
    ├── DataError                 data cannot be used as they are
    │   ├── SchemaError           a column is missing or of the wrong kind
    │   ├── AccountError          rows in are not stored + rejected + duplicates
    │   ├── OvertakenError        another ingestion kept something at the same time
    │   ├── RetiredError          what was learned from is not there any more
    │   └── ExpectationError      an expectation that stops the run was not met
    ├── FleetError                the fleet as a whole is not in order
    │   ├── LedgerError           a sensor is missing from the ledger, or stands in it twice
    │   ├── PredictionError       a sensor has no predictions, or too many are backups
    │   └── TaskError             a task could not be run at all
    ├── ReleaseError              a release is incomplete, altered or unknown
    └── RefusedError              a policy or a person stands against it
        └── ProtectedError        another environment alone may write there

An error names the offenders (ten at most, then a count), what was found, and what to do.
"""

from collections.abc import Iterable, Sequence
from typing import Self

__all__ = [
    "LISTED",
    "AccountError",
    "ConfigurationError",
    "DataError",
    "ExpectationError",
    "FleetError",
    "LedgerError",
    "ModelfleetError",
    "OvertakenError",
    "PredictionError",
    "ProtectedError",
    "RefusedError",
    "ReleaseError",
    "RetiredError",
    "SchemaError",
    "TaskError",
    "listing",
]

LISTED = 10


class ModelfleetError(Exception):
    """Base of every error that Modelfleet raises on purpose."""


class ConfigurationError(ModelfleetError):
    """The configuration asks for something that cannot be."""


class DataError(ModelfleetError):
    """The data cannot be used as they are."""


class SchemaError(DataError):
    """A column is missing, unknown or of the wrong kind."""


class AccountError(DataError):
    """Rows in are not rows stored + rows rejected + exact duplicates."""


class OvertakenError(DataError):
    """Another ingestion kept something in the same tables at the same time."""


class RetiredError(DataError):
    """Data that something was learned from are not there any more."""


class ExpectationError(DataError):
    """An expectation with the consequence ``stop`` was not met."""


class FleetError(ModelfleetError):
    """The fleet as a whole is not in order."""


class LedgerError(FleetError):
    """The ledger has not exactly one row per known sensor."""


class PredictionError(FleetError):
    """A sensor has no predictions, or more of them are backups than people allow."""


class TaskError(FleetError):
    """A task of the engine could not be run at all."""


class ReleaseError(ModelfleetError):
    """A release is incomplete, altered or unknown."""


class RefusedError(ModelfleetError):
    """A policy or a person stands against what was asked for; nothing was changed.

    Attributes:
        refusals: each reason, see :class:`modelfleet.domain.approvals.Refusal`.
    """

    def __init__(self, message: str, *, refusals: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.refusals = tuple(refusals)


class ProtectedError(RefusedError):
    """What another environment alone may write was to be written; nothing was changed."""

    @classmethod
    def of(cls, place: str, *, owner: str) -> Self:
        """One place.

        Args:
            place: that was to be written.
            owner: the environment that alone may write there.
        """
        return cls(
            f"{place} belongs to the environment {owner!r} and is only read here; let what is "
            "written lie below this environment's own storage.root (conf/<environment>/"
            f"globals.yml), or run with `--env {owner}`"
        )

    @classmethod
    def of_run(cls, assets: Iterable[str], *, owner: str, environment: str) -> Self:
        """A whole run.

        Args:
            assets: what it would write, each with its place.
            owner: the environment that alone may write there.
            environment: that runs.
        """
        return cls(
            f"this run of {environment!r} would write what belongs to the environment {owner!r}: "
            f"{listing(assets)}; nothing was computed; let these assets lie below the storage.root "
            f"of conf/{environment}/globals.yml, leave out the stages that write them, or run with "
            f"`--env {owner}`"
        )

    @classmethod
    def of_tracking(cls, place: str, *, key: str, owner: str, environment: str) -> Self:
        """Tracking by MLflow.

        Args:
            place: where it would track.
            key: in ``mlflow.yml``.
            owner: the environment that alone may track there.
            environment: that was asked for.
        """
        return cls(
            f"mlflow.yml of {environment!r}: {key} is {place}, which belongs to the environment "
            f"{owner!r}; give {environment!r} a place of its own in conf/{environment}/mlflow.yml"
        )


def listing(names: Iterable[object], *, limit: int = LISTED, count: int | None = None) -> str:
    """Name the offenders in a message: at most ``limit`` of them, then a count.

    Args:
        names: the offenders, or the first of them.
        limit: how many are named.
        count: how many there are, where ``names`` are only the first.

    >>> listing(["a", "b"])
    "'a', 'b'"
    >>> listing(range(12), limit=2)
    '0, 1 and 10 more'
    """
    shown = list(names)
    more = max(count or 0, len(shown)) - min(limit, len(shown))
    text = ", ".join(repr(name) for name in shown[:limit])
    return f"{text} and {more} more" if more else text
