"""What a reader of the data-quality page should know after ten seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelfleet.reporting.concerns import Concern, expectation_concerns, quarantine_concerns
from modelfleet.reporting.quality.changes import QualityChanges
from modelfleet.reporting.quality.content import QualityContent
from modelfleet.reporting.views import find_standings
from modelfleet.reporting.words import counted, percent

__all__ = ["QualitySummary", "summarise_quality"]


@dataclass(frozen=True)
class QualitySummary:
    """Head of the page.

    Attributes:
        account: where all rows went.
        rejected: rows that were rejected, for whatever reason.
        known: sensors.
        admitted: sensors that a model may learn from.
        quarantined: sensors that it may not.
        retired: sensors out of service.
        met: expectations that were met.
        unmet: expectations that were not.
        concerns: what needs a person, most urgent first.
    """

    account: Mapping[str, Any]
    rejected: int
    known: int
    admitted: int
    quarantined: int
    retired: int
    met: int
    unmet: int
    concerns: tuple[Concern, ...]

    @property
    def rejected_share(self) -> str:
        """Rejected rows as a percentage of those that came in; a few never seem to be none."""
        total = self.account["rows_in"]
        share = percent(self.rejected / total if total else None, digits=1)
        return "< 0.1 %" if share == "0.0 %" and self.rejected else share


def summarise_quality(content: QualityContent, changes: QualityChanges) -> QualitySummary:
    """Count rows, sensors and expectations, and gather what needs a person."""
    standings = find_standings(content.admissions)
    stood = standings["standing"].to_list()
    met = sum(bool(each["success"]) for each in content.expectations)
    unmet = expectation_concerns(content.expectations)
    return QualitySummary(
        account=content.account,
        rejected=sum(content.account["rejected"].values()),
        known=len(stood),
        admitted=stood.count("admitted"),
        quarantined=stood.count("quarantined"),
        retired=stood.count("retired"),
        met=met,
        unmet=len(content.expectations) - met,
        concerns=(
            *(each for each in unmet if each.level == "urgent"),
            *_past_concerns(changes),
            *(each for each in unmet if each.level != "urgent"),
            *quarantine_concerns(standings),
        ),
    )


def _past_concerns(changes: QualityChanges) -> list[Concern]:
    """Rows that changed what was known before: models learned from another past."""
    if changes.before is not None and not changes.same_table:
        return []
    found = []
    for name, noun, said in (
        ("late", "late row", "inside the already known period"),
        ("corrections", "correction", "of stored values"),
    ):
        rows = changes.moved(name)
        if rows > 0:
            found.append(Concern("notice", f"{counted(rows, noun)} {said}", _versions(changes)))
    return found


def _versions(changes: QualityChanges) -> str:
    before, now = changes.before, changes.latest
    step = f"{before.version} → {now.version}" if before else str(now.version)
    return f"new version of the readings ({step}); models that learned from them are trained again"
