"""Tables as text for a terminal, or as Markdown for a document."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Table", "render_markdown", "render_text"]


@dataclass(frozen=True)
class Table:
    """A title, a header and rows of cells that are text already.

    Attributes:
        title: what the table tells.
        header: one per column; the first column is words, the others are figures.
        rows: as many cells each as the header has.
        notes: sentences below the table.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if wrong := [row for row in self.rows if len(row) != len(self.header)]:
            raise ValueError(f"{self.title}: rows do not fit the header {self.header}: {wrong}")


def render_text(table: Table) -> str:
    """Aligned columns: words to the left, figures to the right."""
    cells = [table.header, *table.rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(table.header))]
    lines = [_aligned(row, widths) for row in cells]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([table.title, "", lines[0], rule, *lines[1:], *_below(table.notes)])


def render_markdown(table: Table) -> str:
    """A table as GitHub shows it; notes become a paragraph."""
    rule = ["---", *("---:" for _ in table.header[1:])]
    lines = [f"| {' | '.join(row)} |" for row in (table.header, rule, *table.rows)]
    return "\n".join([f"**{table.title}**", "", *lines, *_below(table.notes)])


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0].ljust(widths[0])
    others = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join((first, *others)).rstrip()


def _below(notes: Sequence[str]) -> list[str]:
    return ["", *notes] if notes else []
