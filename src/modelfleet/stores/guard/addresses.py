"""URLs, buckets and databases by one name each, whatever spelling was used.

Where a spelling can be read in two ways both count: rather one location too many is only read.
"""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

__all__ = ["Address", "addresses_of", "database_of", "file_of", "is_url", "without_secrets"]

SCHEME = re.compile(r"^(?:([A-Za-z][A-Za-z0-9+.-]*)://|(file|local):/)", re.IGNORECASE)
CONNINFO = re.compile(r"(?:^|\s)(host|hostaddr|port|dbname)\s*=\s*('[^']*'|\S+)")

DATABASE_FILES = {"sqlite", "duckdb"}
SAME = {
    "s3a": "s3", "s3n": "s3", "gcs": "gs", "abfs": "az", "abfss": "az", "adl": "az", "azure": "az",
    "wasb": "az", "wasbs": "az", "postgres": "postgresql", "https": "http",
}  # fmt: skip
PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
REMOTE = {"s3", "gs", "az", "http", "hdfs", *PORTS}
"""What is spoken elsewhere; whatever else there is may be a way to files of this machine."""
HERE = {"", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104  names of this machine
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
AMAZON = re.compile(r"^(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?$")


@dataclass(frozen=True)
class Address:
    """Something that is reached by a URL.

    Attributes:
        kind: what is spoken there, such as ``s3``, ``postgresql`` or ``http``.
        parts: from the outermost, such as bucket and folders, or server and database.
    """

    kind: str
    parts: tuple[str, ...]

    def lies_in(self, other: "Address") -> bool:
        """Whether it is that address, or lies below it."""
        return self.kind == other.kind and self.parts[: len(other.parts)] == other.parts


def is_url(text: str) -> bool:
    """Whether a text names its scheme."""
    return SCHEME.match(text) is not None


def file_of(url: str) -> tuple[str, ...]:
    """The paths that a URL of a file, or of a database in a file, can mean; none for others."""
    scheme = _scheme(url)
    if scheme in DATABASE_FILES:
        path = url.partition("://")[2].partition("?")[0].partition("/")[2].removeprefix("file:")
        return tuple(dict.fromkeys((path, unquote(path)))) if path else ()
    if scheme not in REMOTE:
        parts = urlsplit(url)
        host = "" if parts.netloc == "localhost" else parts.netloc
        # Kedro leaves out what stands where a host would; fsspec makes a folder of it.
        found = [f"{host}{parts.path}", parts.path]
        return tuple(dict.fromkeys(each for path in found for each in (path, unquote(path))))
    return ()


def addresses_of(url: str) -> tuple[Address, ...]:
    """What a URL names, by every reading of it; nothing for databases in files."""
    scheme = _scheme(url)
    if scheme in DATABASE_FILES:
        return ()
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    if scheme in PORTS:
        return tuple(_databases(scheme, parts))
    if scheme == "http":
        return (*_buckets(parts), *_paths("http", _server(scheme, parts), parts.path))
    container = parts.username if scheme == "az" and parts.username else None
    bucket = (container or parts.netloc.rpartition("@")[2]).lower()
    return tuple(_paths(scheme, bucket, parts.path))


def database_of(settings: Mapping[str, Any] | str) -> Address | None:
    """The PostgreSQL database that host, port and name mean, given apart; ``None`` without them."""
    if isinstance(settings, str):
        settings = {key: value.strip("'") for key, value in CONNINFO.findall(settings)}
    name = settings.get("dbname") or settings.get("database")
    host = settings.get("hostaddr") or settings.get("host")
    if not isinstance(name, str) or not isinstance(host, str):
        return None
    port = str(settings.get("port") or PORTS["postgresql"])
    return Address("postgresql", (f"{_host(host)}:{port}", name))


def without_secrets(text: str) -> str:
    """A location as it may be shown: without user, password and query."""
    if "://" not in text:
        return text
    head, _, rest = text.partition("://")
    place, slash, path = rest.partition("/")
    return f"{head}://{place.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def _scheme(url: str) -> str:
    """What a URL speaks, by its usual name: drivers such as ``+psycopg`` make no difference."""
    found = SCHEME.match(url)
    name = (found[1] or found[2]).lower().partition("+")[0] if found else ""
    return SAME.get(name, name)


def _databases(scheme: str, parts: SplitResult) -> Iterator[Address]:
    """Each server of a connection string, with the database."""
    asked = parse_qs(parts.query)
    name = (asked.get("dbname") or [unquote(parts.path.strip("/"))])[0]
    servers = asked.get("hostaddr") or asked.get("host") or [parts.netloc.rpartition("@")[2]]
    ports = (asked.get("port") or [""])[0].split(",")
    for number, server in enumerate(",".join(servers).split(",")):
        host, port = _host_and_port(server)
        port = port or ports[min(number, len(ports) - 1)] or str(PORTS[scheme])
        yield Address(scheme, (f"{_host(host)}:{port}", *([name] if name else [])))


def _buckets(parts: SplitResult) -> Iterator[Address]:
    """A bucket that is reached over HTTP: by its host, or by the first part of the path."""
    host = (parts.hostname or "").lower()
    amazon = AMAZON.match(host)
    if amazon and amazon["bucket"]:
        yield from _paths("s3", amazon["bucket"], parts.path)
    elif amazon or parts.netloc.rpartition("@")[2] in _endpoints():
        bucket, _, path = parts.path.lstrip("/").partition("/")
        yield from _paths("s3", bucket.lower(), path)


def _endpoints() -> set[str]:
    return {urlsplit(os.environ[name]).netloc for name in ENDPOINTS if name in os.environ}


def _paths(kind: str, outermost: str, path: str) -> Iterator[Address]:
    """A path as it stands, decoded, and with ``..`` followed: stores differ in what they do."""
    for text in dict.fromkeys((path, unquote(path))):
        plain = [part for part in text.split("/") if part not in {"", "."}]
        followed = posixpath.normpath("/" + "/".join(plain)).split("/")
        for parts in dict.fromkeys((tuple(plain), tuple(part for part in followed if part))):
            yield Address(kind, (outermost, *parts))


def _server(scheme: str, parts: SplitResult) -> str:
    host, port = _host_and_port(parts.netloc.rpartition("@")[2])
    return f"{_host(host)}:{port or (443 if parts.scheme.lower() == 'https' else 80)}"


def _host_and_port(server: str) -> tuple[str, str]:
    if server.startswith("["):
        host, _, port = server[1:].partition("]")
        return host, port.removeprefix(":")
    host, _, port = server.partition(":")
    return host, port


def _host(name: str) -> str:
    name = unquote(name).lower().rstrip(".")
    # A server of this machine is reached by its folder of sockets as well.
    return "localhost" if name in HERE or name.startswith("/") else name
