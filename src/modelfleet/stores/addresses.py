"""Who is told, and where: owners from ``owners.yml``, their addresses from the credentials."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from kedro.config import MissingConfigException
from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError

from modelfleet.domain.approvals import Owners
from modelfleet.domain.errors import ConfigurationError

__all__ = ["DEFAULT", "Addresses", "OwnersOf", "read_addresses", "read_owners"]

DEFAULT = "default"
SECTION = "notifications"

OwnersOf = Callable[[str], Collection[str]]
"""The owners of a cohort."""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | SecretStr) else value


Urls = Annotated[tuple[SecretStr, ...], BeforeValidator(_as_list)]


class Addresses(BaseModel):
    """Where people are reached, as URLs of Apprise. They hold passwords and are shown to nobody.

    Attributes:
        default: for owners without an address of their own.
        owners: by owner, as ``owners.yml`` calls them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    default: Urls = ()
    owners: dict[str, Urls] = {}

    def url(self, to: str, address: int) -> str | None:
        """An address of a recipient; ``None`` where it is gone from the credentials."""
        urls = self._of(to)
        return urls[address].get_secret_value() if address < len(urls) else None

    def recipients(self, cohorts: Collection[str], owners_of: OwnersOf) -> list[tuple[str, int]]:
        """Who is told about some cohorts: each with the number of an address, each address once.

        Args:
            cohorts: that a notice is about.
            owners_of: gives the owners of a cohort.
        """
        people = {name for cohort in cohorts for name in owners_of(cohort)}
        reached: dict[str, tuple[str, int]] = {}
        for name in sorted(people) or [DEFAULT]:
            to = name if self.owners.get(name) else DEFAULT
            for number, url in enumerate(self._of(to)):
                reached.setdefault(url.get_secret_value(), (to, number))
        return list(reached.values())

    def _of(self, to: str) -> tuple[SecretStr, ...]:
        return self.default if to == DEFAULT else self.owners.get(to, ())


def read_addresses(loader: Any) -> Addresses:
    """The addresses of an environment; without a file of credentials there are none.

    Args:
        loader: Kedro's configuration of the environment.

    Raises:
        ConfigurationError: what stands there has another form; values are not shown.
    """
    try:
        return Addresses(**(_section(loader, "credentials").get(SECTION) or {}))
    except (TypeError, ValidationError) as error:
        raise ConfigurationError(
            f"credentials, {SECTION}: {_problems(error)}; it holds `default` and `owners`, each "
            "with URLs as docs/notices.md shows"
        ) from None


def read_owners(loader: Any) -> OwnersOf:
    """Who owns a cohort by ``owners.yml``; without that file nobody owns anything.

    Args:
        loader: Kedro's configuration of the environment.
    """
    section = _section(loader, "owners")
    if not section:
        return lambda _cohort: ()
    owners, now = Owners.of(section), datetime.now(UTC)
    return lambda cohort: owners.owners_of(cohort, at=now)


def _section(loader: Any, name: str) -> Mapping[str, Any]:
    if name not in loader.config_patterns:
        return {}
    try:
        return loader[name] or {}
    except MissingConfigException:
        return {}
    except Exception as error:  # noqa: BLE001  a parser shows the line, and with it a password
        raise ConfigurationError(
            f"{name}*.yml cannot be read ({type(error).__name__}): correct the file, or set the "
            "variables that it names"
        ) from None


def _problems(error: TypeError | ValidationError) -> str:
    if isinstance(error, TypeError):
        return "it is no mapping"
    return "; ".join(
        f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
        for each in error.errors(include_input=False, include_url=False)
    )
