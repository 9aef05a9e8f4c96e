"""Nested values beside each other, path by path, without their secrets."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ABSENT", "HIDDEN", "Change", "changes", "without_secrets"]

HIDDEN = "***"
ABSENT = "–"
"""Stands where one side has no such value."""

SECRET_NAMES = re.compile(r"(^|_)(password|passwd|secret|token|key|sas|credential)$", re.IGNORECASE)
USER_OF_URL = re.compile(r"(?<=://)\S*(?=@)")
IN_TEXT = re.compile(
    r"((?:password|passwd|secret|token|key|sig|signature)\s*=\s*)('[^']*'|[^\s&;]+)", re.IGNORECASE
)


@dataclass(frozen=True)
class Change:
    """A value that differs.

    Attributes:
        path: names from the outside in, with dots between them.
        first: one value, or :data:`ABSENT`.
        second: the other one.
    """

    path: str
    first: Any
    second: Any

    def as_dict(self) -> dict[str, Any]:
        """What JSON can hold, without secrets."""
        return {
            "path": self.path,
            "first": without_secrets(self.path, self.first),
            "second": without_secrets(self.path, self.second),
        }


def changes(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Change]:
    """Where two nested mappings differ, in the order of their paths.

    Lists are compared as a whole: of two that differ in length no item belongs to another.

    >>> changes({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}, "d": []})
    [Change(path='a.c', first=2, second=3), Change(path='d', first='–', second=[])]
    """
    left, right = dict(_leaves(first)), dict(_leaves(second))
    return [
        Change(path, left.get(path, ABSENT), right.get(path, ABSENT))
        for path in sorted(left.keys() | right.keys())
        if left.get(path, ABSENT) != right.get(path, ABSENT)
    ]


def without_secrets(path: str, value: Any) -> Any:
    """A value as people may see it: what is secret by its name, or within a URL, is stars.

    >>> without_secrets("a.con", "postgresql://fleet:s3cr3t@db/scada")
    'postgresql://***@db/scada'
    >>> without_secrets("a.password", "s3cr3t")
    '***'
    """
    if isinstance(value, Mapping):
        return {name: without_secrets(f"{path}.{name}", each) for name, each in value.items()}
    if isinstance(value, list):
        return [without_secrets(path, each) for each in value]
    if value in (ABSENT, None):
        return value
    if SECRET_NAMES.search(path.rpartition(".")[2]):
        return HIDDEN
    if isinstance(value, str):
        return IN_TEXT.sub(rf"\g<1>{HIDDEN}", USER_OF_URL.sub(HIDDEN, value))
    return value


def _leaves(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, each in value.items():
        where = f"{path}.{name}" if path else str(name)
        if isinstance(each, Mapping) and each:
            yield from _leaves(each, where)
        else:
            yield where, each
