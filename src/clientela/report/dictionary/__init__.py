"""The data dictionary: every table and column, generated from the schema and the current data."""

from clientela.report.dictionary.entry import Entry
from clientela.report.dictionary.files import write
from clientela.report.dictionary.listing import entries

__all__ = ["Entry", "entries", "write"]
