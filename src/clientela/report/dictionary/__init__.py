"""The data dictionary: every table and column, generated from the schema and the current data."""

from clientela.report.dictionary.entries import DictionaryEntry, EntryFacts, list_entries
from clientela.report.dictionary.writers import write_entries

__all__ = ["DictionaryEntry", "EntryFacts", "list_entries", "write_entries"]
