"""The whole evidence on one sensor: as a document for programs, and as text for people."""

from modelfleet.commands.evidence.document import SensorRows, document_of
from modelfleet.commands.evidence.text import format_document

__all__ = ["SensorRows", "document_of", "format_document"]
