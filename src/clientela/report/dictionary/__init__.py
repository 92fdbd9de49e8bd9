"""The data dictionary: every table and column, generated from the schema and the current data."""

from clientela.report.dictionary.entry import DictionaryEntry
from clientela.report.dictionary.files import write_entries
from clientela.report.dictionary.listing import list_entries

__all__ = ["DictionaryEntry", "list_entries", "write_entries"]
