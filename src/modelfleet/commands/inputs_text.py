"""In what two releases differ before anything is computed, in words."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["inputs_lines"]

Row = Mapping[str, Any]

LISTED = 8
WIDTH = 30
"""Characters of a value."""


def inputs_lines(document: Row) -> list[str]:
    """Lines about parameters, readings and code; parameters that shape models stand out.

    Args:
        document: of ``fleet diff``; ``inputs`` has one row per release that is compared with.
    """
    found: Mapping[str, Row] = document.get("inputs") or {}
    if not document["before"] and document.get("against") != document.get("environment"):
        return [f"Nothing is live in {document['against']}; name one of its releases as BEFORE."]
    if not found and list(set(document["before"].values())) == [document["release"]]:
        return ["It is the same release: same readings, parameters, code and champions."]
    return [line for rid, row in found.items() for line in _lines(rid, row)]


def _lines(rid: str, row: Row) -> Iterator[str]:
    changed = row["parameters"]
    if changed:
        yield f"! Made with other parameters than {rid[:12]}:"
        for each in changed[:LISTED]:
            yield f"    {each['path']}: {_short(each['first'])} → {_short(each['second'])}"
        if len(changed) > LISTED:
            yield f"    and {len(changed) - LISTED} more; --json names them all"
    parts = {"readings": row["readings"], "code": row["code"]}
    others = " and ".join(name for name, is_other in parts.items() if is_other)
    if others:
        yield f"Made from other {others} than {rid[:12]}."
    elif not changed:
        yield f"Made from the same readings, parameters and code as {rid[:12]}."


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
