"""Snapshots and their features, always as of a date."""
