"""What storage refused, in one sentence: whoever said it, however deep it lies."""

import errno
import os
from pathlib import Path

import pytest
from kedro.io import DatasetError

from modelfleet.domain.errors import DataError, TaskError
from modelfleet.stores.denials import Denial, denial_of, unwritable
from tests.boundaries.page import block

RIGHTS = '; correct the place in conf/, or give this account the right to it: "The real boundary"'
KEYS = "; correct the key or its secret"

OBSTORE = (
    "Generic LocalFileSystem error: Unable to open file /srv/p q/new#1: Permission denied "
    '(os error 13)\n\nDebug source:\nGeneric {\n    store: "LocalFileSystem",\n}'
)
LISTED = (
    "Generic LocalFileSystem error\n          \x1b[31m↳\x1b[0m Unable to open file /srv/1.json#1\n"
    "           \x1b[31m↳\x1b[0m Read-only file system (os error 30)\n"
)
PYARROW = "[Errno 13] Failed to open local file '/a/p'. Detail: [errno 13] Permission denied"
FORBIDDEN = (
    "The operation lacked the necessary privileges to complete for path p/n: Error performing PUT "
    "http://127.0.0.1:1/plant/p/n?X-Amz-Signature=abc in 1ms - Server returned non-2xx status "
    "code: 403 Forbidden: <Error><Code>{}</Code></Error>"
)
DELETED = (
    "Generic S3 error: DeleteObjects request failed for key p/a.json: Access Denied. "
    "(code: AccessDenied)"
)


class SqlError(Exception):
    """As psycopg raises one."""

    sqlstate = "42501"


class WrappedError(Exception):
    """As SQLAlchemy raises one around that of a driver."""

    def __init__(self, orig: Exception) -> None:
        super().__init__("(psycopg.errors.InsufficientPrivilege)")
        self.orig = orig


FILES = "the file system refused access to "
BUCKET = "the object store refused access to "


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "/srv/a"), f"{FILES}/srv/a: Permission denied"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "/srv/a"), f"{FILES}/srv/a: Read-only"),
        (Exception(OBSTORE), f"{FILES}/srv/p q/new: Permission denied{RIGHTS}"),
        (OSError(LISTED), f"{FILES}/srv/1.json: Read-only file system{RIGHTS}"),
        (PermissionError("Permission denied (os error 13): /srv/p"), f"{FILES}/srv/p: Permission"),
        (
            Exception('local directory: /srv/t2\nError: Os { code: 13, "Permission denied" }'),
            f"{FILES}/srv/t2: Permission denied",
        ),
        (
            PermissionError(PYARROW),
            f"{FILES}/a/p: Permission denied{RIGHTS}",
        ),
        (
            Exception("(sqlite3.OperationalError) attempt to write a readonly database"),
            f"the file system refused: attempt to write a read-only SQLite database{RIGHTS}",
        ),
        (
            Exception(FORBIDDEN.format("AccessDenied")),
            f"{BUCKET}http://127.0.0.1:1/plant/p/n: 403 AccessDenied (PUT){RIGHTS}",
        ),
        (
            Exception(FORBIDDEN.format("InvalidAccessKeyId")),
            f"{BUCKET}http://127.0.0.1:1/plant/p/n: 403 InvalidAccessKeyId (PUT){KEYS}",
        ),
        (Exception(DELETED), f"{BUCKET}p/a.json: AccessDenied{RIGHTS}"),
        (SqlError("permission denied\nmore"), f"PostgreSQL refused: permission denied{RIGHTS}"),
        (WrappedError(SqlError("permission denied for table a")), "PostgreSQL refused: permission"),
    ],
)  # fmt: skip
def test_it_is_told_who_refused_and_where(error: Exception, sentence: str) -> None:
    """On one line, with what to do, and without what a URL carries behind its path."""
    told = str(denial_of(error))
    assert told.startswith(sentence)
    assert "\n" not in told
    assert "X-Amz" not in told


def test_it_is_found_below_other_errors() -> None:
    """Kedro, the engine and our own stores raise theirs from what happened."""
    task = TaskError(f"baseline: shard 3: {OBSTORE}; run again")  # a worker's has lost its cause
    error = DatasetError("Failed while saving")
    error.__cause__ = task
    task.__cause__ = PermissionError(13, "Permission denied", "/srv/first")
    assert denial_of(error) == Denial("the file system", "/srv/first", "Permission denied")
    task.__cause__ = None
    assert denial_of(error) == Denial("the file system", "/srv/p q/new", "Permission denied")


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file", "/srv/a"),
        OSError(errno.ENOSPC, "No space left on device", "/srv/a"),
        ConnectionError("status code: 503 Slow Down"),
        DataError("Permission denied is what somebody wrote into a note"),
        ValueError("403 readings"),
    ],
)
def test_other_errors_are_none(error: Exception) -> None:
    """They keep their own words."""
    assert denial_of(error) is None


def test_a_circle_of_causes_ends() -> None:
    """Libraries have made such."""
    one, two = ValueError("a"), ValueError("b")
    one.__cause__, two.__cause__ = two, one
    assert denial_of(one) is None


def test_a_place_that_can_be_written_is_not_denied(tmp_path: Path) -> None:
    """It need not be there yet; of a bucket nobody can tell without writing."""
    assert unwritable(str(tmp_path / "not" / "yet")) is None
    assert unwritable("s3://plant/production") is None


def test_a_place_below_a_file_is_denied(tmp_path: Path) -> None:
    """The nearest thing that is there is named."""
    (tmp_path / "file").touch()
    denial = unwritable(str(tmp_path / "file" / "below"))
    assert denial is not None
    assert denial.place == str(tmp_path / "file")


SHOWN = block("text", "Denied: ").splitlines()
FORBIDDEN_URL = "https://s3.eu-central-1.amazonaws.com/plant/production/…"


@pytest.mark.parametrize(
    ("line", "denial"),
    zip(
        SHOWN,
        [
            Denial(
                "the file system",
                "/srv/modelfleet/production/channels/000002.json",
                "Permission denied",
            ),
            Denial("the object store", FORBIDDEN_URL, "403 AccessDenied (PUT)"),
            Denial("PostgreSQL", "", "permission denied for table readings"),
        ],
        strict=True,
    ),
)
def test_the_page_shows_what_is_told(line: str, denial: Denial) -> None:
    """Up to the remedy, which it leaves out."""
    assert f"Denied: {denial}".startswith(line.removesuffix("…"))
