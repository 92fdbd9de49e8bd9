"""Calendars of commerce, one file a country."""
