"""The ways to write that were tried, as docs/environments.md shows them.

``python -m tests.stores.guard.table`` prints the table.
"""

from tests.stores.guard.routes import ROUTES

__all__ = ["table"]


def table() -> str:
    """In Markdown, one row per way."""
    rows = [
        f"| {number} | {each.what} | {each.how} | {each.where} |"
        for number, each in enumerate(ROUTES, start=1)
    ]
    return "\n".join(["| | what | written by | place or spelling |", "|---|---|---|---|", *rows])


if __name__ == "__main__":
    print(table())
