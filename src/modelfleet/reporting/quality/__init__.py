"""The data-quality page, and what it remembers from run to run."""

from modelfleet.reporting.quality.batches import list_batches
from modelfleet.reporting.quality.changes import QualityChanges, find_changes
from modelfleet.reporting.quality.content import QualityContent
from modelfleet.reporting.quality.history import QualityHistory
from modelfleet.reporting.quality.page import render_quality_report
from modelfleet.reporting.quality.state import QualityState, take_state

__all__ = [
    "QualityChanges",
    "QualityContent",
    "QualityHistory",
    "QualityState",
    "find_changes",
    "list_batches",
    "render_quality_report",
    "take_state",
]
