"""Why one forecast is what it is: a document for programs, a paragraph and tables for people."""

from modelfleet.commands.prediction_evidence.document import document_of
from modelfleet.commands.prediction_evidence.gather import gather_facts
from modelfleet.commands.prediction_evidence.text import format_document

__all__ = ["document_of", "format_document", "gather_facts"]
