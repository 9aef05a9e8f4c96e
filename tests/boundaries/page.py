"""The page on environments, whose blocks these tests execute."""

import re

from tests.project import ROOT

__all__ = ["block"]

PAGE = (ROOT / "docs" / "environments.md").read_text()
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(kind: str, holding: str) -> str:
    """The one block of a kind that holds a text."""
    (found,) = (text for each, text in FENCE.findall(PAGE) if each == kind and holding in text)
    return str(found)
