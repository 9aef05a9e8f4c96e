"""What an environment takes from another one as it is, and only reads."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from pydantic import ValidationError

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.parameters.base import Parameters

__all__ = ["INGESTED", "Environment", "Taken", "taken_entries"]

INGESTED = (
    "readings",
    "rejected_readings",
    "ingestion_batches",
    "sensors",
    "sensor_notes",
    "events",
    "covariates",
    "fleet_window",
    "ingestion_stamp",
    "ingestion_account",
)
"""What ingestion makes and later stages read."""

SECTION = "taken_from"


class Taken(Parameters):
    """What is taken from which environment; ``None``: nothing, this one has its own.

    Attributes:
        tables: whose tables are worked on; nothing is ingested here then.
        champions: whose live release the candidates are judged against.
    """

    tables: str | None = None
    champions: str | None = None

    @classmethod
    def of(cls, section: Any) -> "Taken":
        """Take ``taken_from`` of the globals.

        Raises:
            ConfigurationError: it has another form.
        """
        try:
            return cls.model_validate(section or {})
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, (SECTION, *each['loc'])))}: {each['msg']}"
                for each in error.errors(include_url=False)
            )
            raise ConfigurationError(
                f"globals.yml cannot be used: {wrong}; it holds `tables` and `champions`, each the "
                "name of an environment, or null"
            ) from None

    def assets(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each environment that something is taken from, with the names of the assets."""
        if self.tables:
            yield self.tables, INGESTED
        if self.champions:
            yield self.champions, ("champions",)


class Environment(Protocol):
    """The configuration of an environment."""

    def of(self, env: str) -> Mapping[str, Any]:
        """That of another one."""
        ...


def taken_entries(environment: Environment, taken: Taken) -> dict[str, Any]:
    """Entries of other environments' catalogs that stand in place of one's own.

    They are what those environments themselves would open. Secrets are not taken: an entry that
    names credentials finds those of the environment that runs.

    Raises:
        ConfigurationError: there is no such environment.
    """
    found: dict[str, Any] = {}
    for env, names in taken.assets():
        entries = environment.of(env)["catalog"]
        found |= {name: entries[name] for name in names if name in entries}
    if taken.tables and "readings" in found:
        # The other environment goes on ingesting meanwhile: a run sees one version of them.
        found["readings"] = {**found["readings"], "pinned": True}
    return found
