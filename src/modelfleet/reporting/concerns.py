"""What needs a person, in plain sentences that name the sensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.fleet.retirement import NEVER_IN_SERVICE, STILL_SENDING
from modelfleet.reporting.words import counted, in_words, naming

__all__ = ["Concern", "expectation_concerns", "quarantine_concerns", "sensor_concern"]


@dataclass(frozen=True)
class Concern:
    """Something that needs a person: how urgent, the plain sentence, and which sensors."""

    level: str
    text: str
    sensors: str = ""


def sensor_concern(level: str, ids: Sequence[str], one: str, many: str) -> list[Concern]:
    """One concern over some sensors, none where there are none.

    Args:
        level: ``urgent`` or ``notice``.
        ids: the sensors.
        one: what is said of a single one, such as ``is served by nothing``.
        many: what is said of several.
    """
    if not ids:
        return []
    text = f"{counted(len(ids), 'sensor')} {one if len(ids) == 1 else many}"
    return [Concern(level, text, naming(ids))]


def quarantine_concerns(admissions: pl.DataFrame) -> list[Concern]:
    """One line per first reason, the most frequent first; then whose retirement cannot be right.

    Args:
        admissions: ``sensor_id``, ``standing``, ``reasons``.
    """
    groups = (
        admissions.filter(pl.col("standing") == "quarantined")
        .with_columns(code=pl.col("reasons").list.first().fill_null("not admitted"))
        .group_by("code")
        .agg(pl.col("sensor_id").sort())
        .sort(pl.col("sensor_id").list.len(), "code", descending=[True, False])
    )
    found: list[Concern] = []
    for code, ids in groups.select("code", "sensor_id").iter_rows():
        said = f"in quarantine: {in_words(code)}"
        found += sensor_concern("notice", ids, said, said)
    early = "retired before the first reading"
    for code, one, many in (
        (STILL_SENDING, "is retired and still sends", "are retired and still send"),
        (NEVER_IN_SERVICE, early, early),
    ):
        contradicts = pl.col("reasons").list.contains(code).fill_null(value=False)
        ids = admissions.filter(contradicts)["sensor_id"].sort().to_list()
        found += sensor_concern("notice", ids, one, many)
    return found


def expectation_concerns(expectations: Sequence[Mapping[str, Any]]) -> list[Concern]:
    """Those that stop the run on their own, the others as one line."""
    unmet = [each for each in expectations if not each.get("success")]
    found: list[Concern] = []
    for level, stops, said in (
        ("urgent", True, "not met, and that stops the run"),
        ("notice", False, "not met"),
    ):
        those = [each for each in unmet if (each.get("consequence") == "stop") is stops]
        if those:
            verb = "was" if len(those) == 1 else "were"
            text = f"{counted(len(those), 'expectation')} {verb} {said}"
            reasons = sorted({in_words(str(each.get("reason", ""))) for each in those})
            found.append(Concern(level, text, naming(reasons)))
    return found
