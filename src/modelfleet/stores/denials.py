"""What storage itself refused: rights of files, keys of buckets, roles of databases.

Libraries say it in their own ways, at the bottom of other errors and over twenty lines. Here it
becomes one sentence: who refused, where, in which words, and what to do.
"""

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Denial", "denial_of", "unwritable"]

FILES, BUCKET, DATABASE = "the file system", "the object store", "PostgreSQL"

NUMBERS = (errno.EACCES, errno.EPERM, errno.EROFS)
STATES = ("42501", "25006")  # insufficient privilege, read-only transaction
UNKNOWN_KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "Unauthorized")

ARROW = re.compile(r"\s*\x1b\[\d+m↳\x1b\[0m\s*")  # between the causes that a library lists
OF_SYSTEM = re.compile(r"(Permission denied|Read-only file system|Operation not permitted)")
NUMBER = re.compile(r"(?:os error|[Ee]rrno|code:) (?:1|13|30)\b")  # EPERM, EACCES, EROFS
PLACES = (
    re.compile(r"(?:directory: |file ')(/[^\n']+)"),
    re.compile(rf"(/[^\n:]+?)(?:#\d+)?: {OF_SYSTEM.pattern}"),
    re.compile(r"\(os error \d+\): (/[^\n:]+)"),
)
READ_ONLY_FILE = re.compile(r"attempt to write a readonly database")
STATUS = re.compile(r"status code: (40[13]) ")
CODE = re.compile(r"<Code>(\w+)</Code>|\(code: (\w+)\)")
REQUEST = re.compile(r"Error performing ([A-Z]+) ([^\s?]+)")
KEY = re.compile(r"for key (\S+): ")

RIGHTS = (
    "correct the place in conf/, or give this account the right to it: "
    '"The real boundary" in docs/environments.md'
)
KEYS = "correct the key or its secret, in the environment of this machine or in credentials.yml"


@dataclass(frozen=True)
class Denial:
    """What storage refused.

    Attributes:
        by: who refused.
        place: what could not be touched, as far as it is told; never a secret.
        said: in the words of who refused.
        known: whether the account was known there at all.
    """

    by: str
    place: str
    said: str
    known: bool = True

    def __str__(self) -> str:
        where = f" access to {self.place}" if self.place else ""
        return f"{self.by} refused{where}: {self.said}; {RIGHTS if self.known else KEYS}"


def denial_of(error: BaseException) -> Denial | None:
    """Who refused, if an error or one of its causes says that somebody did."""
    causes = list(_causes(error))
    ways = (_by_files, _by_database, _by_bucket, _told)
    return next((found for find in ways for cause in causes if (found := find(cause))), None)


def unwritable(place: str) -> Denial | None:
    """What stands against writing below a folder, which need not be there; of URLs, nothing."""
    if "://" in place:
        return None
    folder = Path(place).absolute()
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if os.access(nearest, os.W_OK | os.X_OK):
        return None
    return Denial(FILES, str(nearest), "this account may not write there")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what it was raised from, and what another library wrapped, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop(0)
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, getattr(each, "orig", None)]


def _by_files(error: BaseException) -> Denial | None:
    if not isinstance(error, OSError) or error.errno not in NUMBERS or not error.filename:
        return None
    return Denial(FILES, str(error.filename), error.strerror or str(error))


def _by_database(error: BaseException) -> Denial | None:
    if getattr(error, "sqlstate", None) not in STATES:
        return None
    return Denial(DATABASE, "", (str(error).strip() or "no right").splitlines()[0])


def _by_bucket(error: BaseException) -> Denial | None:
    text = _plain(error)
    status, codes = STATUS.search(text), [a or b for a, b in CODE.findall(text)]
    if not status and not {"AccessDenied", *UNKNOWN_KEYS} & set(codes):
        return None
    request, key = REQUEST.search(text), KEY.search(text)
    place = request[2] if request else key[1] if key else ""
    verb = f" ({request[1]})" if request else ""
    said = " ".join([status[1] if status else "", *codes[:1]]).strip()
    return Denial(BUCKET, place, f"{said}{verb}", known=not set(codes) & set(UNKNOWN_KEYS))


def _told(error: BaseException) -> Denial | None:
    """What the file system refused to a library that raises no error of the system."""
    text = _plain(error)
    if READ_ONLY_FILE.search(text):
        return Denial(FILES, "", "attempt to write a read-only SQLite database")
    said = OF_SYSTEM.search(text)
    if not (said and NUMBER.search(text)):
        return None
    found = next((place[1] for each in PLACES if (place := each.search(text))), "")
    return Denial(FILES, found, said[1])


def _plain(error: BaseException) -> str:
    return ARROW.sub(": ", str(error))
