"""Takes a page apart as a browser would."""

import json
import re
from html.parser import HTMLParser
from typing import Any


class Page(HTMLParser):
    """Tags with their attributes, text, and what stands in scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += " " + " ".join(data.split())

    @property
    def said(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())

    @property
    def island(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scripts[0])
        return found


def assert_offline(page: Page, *, sister: str) -> None:
    """No request leaves the page, and the only way out is the page beside it."""
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'<)]*", page.html))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    links = set()
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
        for name in ("src", "href", "srcset", "action"):
            value = attributes.get(name) or "#"
            if not value.startswith(("#", "data:image/png;base64,")):
                links.add(value)
    assert links == {sister}
    assert "@import" not in page.html
    assert "default-src 'none'" in page.html


def assert_only_text(page: Page, like: Page) -> None:
    """Whatever the names are, the page has the tags and scripts of one with plain names."""
    assert len(page.scripts) == len(like.scripts) == 2
    assert page.scripts[1] == like.scripts[1]
    handlers = {name for _, attributes in page.tags for name in attributes if name.startswith("on")}
    assert not handlers
    assert {tag for tag, _ in page.tags} == {tag for tag, _ in like.tags}
    assert "<" not in page.scripts[0]
