"""Connections to PostgreSQL that cannot write and never show a password."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelfleet.domain.errors import ConfigurationError, DataError
from modelfleet.stores.raw.access import masked

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["ReadOnlyServer"]

SETTINGS = {
    "default_transaction_read_only": "on",
    # What the server writes as text must not depend on the role's habits.
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "extra_float_digits": "1",
}
TIMEOUT = "10"
"""Seconds to wait for a server, unless the connection string says otherwise."""


@dataclass(frozen=True)
class ReadOnlyServer:
    """A PostgreSQL server as one reads from it.

    Attributes:
        con: connection string, such as ``postgresql://reader:…@host:5432/plant``; never shown.
        what: what is read from it; stands in errors.
    """

    con: str = field(repr=False)
    what: str

    @classmethod
    def of(cls, credentials: Mapping[str, Any] | None, *, what: str) -> "ReadOnlyServer":
        """Take an entry of ``credentials.yml``.

        Raises:
            ConfigurationError: it is not ``{con: …}``; values are not shown.
        """
        given = dict(credentials or {})
        if set(given) != {"con"} or not isinstance(given["con"], str):
            raise ConfigurationError(
                f"{what} needs credentials with exactly one key, `con`: a connection string such "
                "as postgresql://reader:password@host:5432/database"
            )
        return cls(given["con"], what)

    def name(self) -> str:
        """Host, port and database, as far as the connection string tells.

        Raises:
            ConfigurationError: the string cannot be read.
        """
        parts = self._parts()
        host, port = parts.get("host", "localhost"), parts.get("port", 5432)
        return f"{host}:{port}/{parts.get('dbname', '')}"

    @contextmanager
    def transaction(self) -> Iterator["Connection"]:
        """A read-only transaction that sees one moment of the database.

        Raises:
            ConfigurationError: psycopg is not installed, or the connection string is none.
            DataError: the server cannot be reached, or refuses.
        """
        psycopg = _psycopg()
        parts = self._parts()
        try:
            connection = psycopg.connect(
                **{"connect_timeout": TIMEOUT, "application_name": "modelfleet", **parts}
            )
        except psycopg.Error as error:
            raise DataError(
                f"{self.what}: {self.name()} cannot be reached: {self.explain(error)}; correct "
                "`con` in credentials.yml, or start the server"
            ) from None
        with self.translated(), connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            for name, value in SETTINGS.items():
                connection.execute("SELECT set_config(%s, %s, false)", (name, value))
            yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what the server says into a :class:`DataError` without secrets."""
        psycopg = _psycopg()
        try:
            yield
        except psycopg.Error as error:
            raise DataError(
                f"{self.what} cannot be read from {self.name()}: {self.explain(error)}; "
                "correct the catalog entry or the role's rights, or run again"
            ) from None

    def explain(self, error: BaseException) -> str:
        """The first line of what the server says, without the password."""
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return masked(lines[0], (self.con, self._parts().get("password")))

    def _parts(self) -> dict[str, Any]:
        psycopg = _psycopg()
        try:
            parts = dict(psycopg.conninfo.conninfo_to_dict(self.con))
        except psycopg.Error:
            parts = None
        # What the parser says quotes the string, often in the middle of the password; and of a
        # password with a slash it makes a port and a name of a database, without a word.
        if parts is None or not _plausible(parts):
            raise ConfigurationError(
                f"{self.what}: `con` in credentials.yml is no connection string; write "
                "postgresql://user:password@host:5432/database, with @ : / and % in the "
                "password percent-encoded"
            ) from None
        return parts


def _plausible(parts: Mapping[str, Any]) -> bool:
    port = str(parts.get("port", "5432")).replace(",", "")
    return port.isdigit() and not any("@" in str(parts.get(n, "")) for n in ("host", "dbname"))


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise ConfigurationError(
            "a PostgreSQL source needs the extra `postgres`: pip install 'modelfleet[postgres]'"
        ) from error
    return psycopg
