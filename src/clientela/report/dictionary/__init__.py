"""The data dictionary: every table and column, generated from the schema and the current data."""

from clientela.report.dictionary.entries import DictionaryEntry, list_entries
from clientela.report.dictionary.writers import write_entries

__all__ = ["DictionaryEntry", "list_entries", "write_entries"]
