"""The table of bad inputs at the end of a test run, also where workers ran the tests."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:  # every test run imports this, and few need the cases
    from tests.bad_inputs.cases import Case

__all__ = ["LISTED", "Record", "summarise"]

LISTED = 40
CASE, UNACCOUNTED = "bad_input", "unaccounted_rows"


class Record(NamedTuple):
    """Writes properties into a test's report; workers hand them on."""

    properties: list[tuple[str, Any]]

    @classmethod
    def of(cls, item: pytest.Item) -> "Record":
        """The record of a test."""
        return cls(item.user_properties)

    def case(self, bad: "Case") -> None:
        """Which case the test is about."""
        self.properties.append((CASE, [bad.number, bad.title, bad.verdict, bad.reason]))

    def unaccounted(self, count: int) -> None:
        """How many rows are nowhere."""
        self.properties.append((UNACCOUNTED, count))


def summarise(reports: Iterable[pytest.TestReport], *, whole: bool) -> list[str]:
    """The table, or its last line alone; nothing where no bad input was tried.

    Args:
        reports: of tests that passed or failed.
        whole: show the table.
    """
    found = []
    for report in reports:
        properties = dict(report.user_properties)
        if CASE in properties:
            found.append((*properties[CASE], report.passed, properties.get(UNACCOUNTED)))
    if not found:
        return []
    line = "{:>4}  {:<35}  {:<7}  {:<35}  {}".format
    rows = [
        line(number, title, verdict, reason, "ok" if passed else "NOT OK")
        for number, title, verdict, reason, passed, _ in sorted(found, key=lambda row: row[:3])
    ]
    failed = {row[0] for row in found if not row[4]}
    good = {row[0] for row in found} - failed
    lost = [row[5] for row in found]
    unknown = f", {lost.count(None)} cases without a count" if None in lost else ""
    total = (
        f"bad inputs: {len(good)} of {LISTED}, {sum(filter(None, lost))} rows unaccounted{unknown}"
    )
    return [line("case", "input", "verdict", "reason", ""), *rows, total] if whole else [total]
