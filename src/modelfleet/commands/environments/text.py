"""Differences of two environments as a page of text: what shapes models first."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelfleet.commands.options import table
from modelfleet.reporting.words import counted

__all__ = ["format_differences"]

Row = Mapping[str, Any]

WIDTH = 40
"""Characters of a value."""


def format_differences(document: Row) -> str:
    """Lay out the document.

    Args:
        document: see
            :func:`~modelfleet.stores.environments.differences.environment_differences`.
    """
    sections = (
        _opening(document),
        _group(document, "shaping", "Parameters that shape models"),
        _group(document, "data", "Data that models learn from"),
        _group(document, "deciding", "Who decides what goes live"),
        _group(document, "other", "Others"),
        _expected(document),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _opening(document: Row) -> list[str]:
    first, second = document["environments"]
    lines = list(_warnings(document, first, second))
    if document["same_models"]:
        lines = [f"{first} and {second} train the same models: same parameters, same data."]
    if not document["same_champions"]:
        lines.append("Each judges them against what is live in it, so their releases may differ.")
    return lines


def _warnings(document: Row, first: str, second: str) -> Iterator[str]:
    if number := len(document["shaping"]):
        differ = "parameter that shapes models differs" if number == 1 else ""
        yield f"! {counted(number, differ, 'parameters that shape models differ')}:"
        yield f"  a release made in {first} is not what {second} would make."
    if document["data"]:
        yield f"! {first} and {second} learn from other data."


def _group(document: Row, name: str, title: str) -> list[str]:
    rows = document[name]
    return [f"{title}:", _table(document, rows)] if rows else []


def _expected(document: Row) -> list[str]:
    rows, places = document["expected"], document["places"]
    if not rows and not places:
        return []
    lines = ["Expected to differ:"]
    lines += [_table(document, rows)] if rows else []
    lines += [f"{counted(places, 'catalog entry', 'catalog entries')} in their place alone"]
    return lines if places else lines[:-1]


def _table(document: Row, rows: Sequence[Row]) -> str:
    header = ("", *document["environments"])
    return table(
        header, [(row["path"], _shown(row["first"]), _shown(row["second"])) for row in rows]
    )


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
