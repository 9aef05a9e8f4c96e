"""The page on scale: its second table follows from its first."""

import ast
import math
import operator
import re

import pytest

from tests.project import ROOT

PAGE = (ROOT / "docs" / "scale.md").read_text()
MEASURED = dict(re.findall(r"^\| `(\w+)` \| ([\d_.]+) \|", PAGE, re.MULTILINE))
ASSUMED = dict(re.findall(r"`(\w+)` is (\d+)", PAGE))
KNOWN = {name: float(text) for name, text in {**MEASURED, **ASSUMED}.items()}
COMPUTED = re.findall(r"^\| ([^|]+) \| `([^`]+)` \| ([\d.]+) \|$", PAGE, re.MULTILINE)

OPERATIONS = {
    ast.Add: operator.add, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip


def value(node: ast.expr) -> float:
    """Compute a formula of the page."""
    match node:
        case ast.BinOp():
            return OPERATIONS[type(node.op)](value(node.left), value(node.right))
        case ast.Call(func=ast.Name(id="ceil"), args=[inner]):
            return math.ceil(value(inner))
        case ast.Name():
            return KNOWN[node.id]
        case ast.Constant(value=float() | int()):
            return float(node.value)
    raise AssertionError(ast.dump(node))


def test_all_rows_are_looked_at() -> None:
    """A row that is written in another way would go unseen."""
    after = PAGE.partition("## Computed")[2]
    assert len(COMPUTED) == after.count("\n| ") - 1
    used = {name for _, formula, _ in COMPUTED for name in re.findall(r"[a-z_]+", formula)}
    assert set(KNOWN) <= used


@pytest.mark.parametrize(("what", "formula", "shown"), COMPUTED, ids=[c[0] for c in COMPUTED])
def test_a_figure_follows_from_those_that_were_measured(
    what: str, formula: str, shown: str
) -> None:
    """To the digits that are shown."""
    computed = value(ast.parse(formula, mode="eval").body)
    digits = len(shown.partition(".")[2])
    assert abs(computed - float(shown)) <= 0.51 * 10**-digits
