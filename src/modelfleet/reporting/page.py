"""The frame of both pages: one self-contained HTML file that works offline.

Nothing that comes from outside, such as a sensor's name, is trusted: all text is escaped, in the
page and in the data that its script reads.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from modelfleet.reporting.words import (
    change,
    counted,
    explained,
    in_words,
    moment,
    money,
    naming,
    percent,
    shown,
)

__all__ = ["render_page"]


def render_page(template: str, context: Mapping[str, Any]) -> str:
    """Render a page.

    Args:
        template: one that extends ``page.html.j2``.
        context: what it shows: ``content`` with the name of the ``fleet``, ``island`` with the
            columns of its table of sensors, and what the template asks for besides.

    Returns:
        a complete HTML document without any reference to the outside.
    """
    return _environment().get_template(template).render(**context)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("modelfleet.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "change": change,
        "counted": counted,
        "explained": explained,
        "in_words": in_words,
        "moment": moment,
        "money": money,
        "naming": naming,
        "percent": percent,
        "shown": shown,
    }
    # A NaN would be valid Python and broken JSON: better to fail here than in the reader's browser.
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    return environment
