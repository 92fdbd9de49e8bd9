"""Sources: files, tables and queries, read whole and counted."""
