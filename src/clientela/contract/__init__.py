"""Declared once: canonical columns, features and result tables, from which all else derives."""
