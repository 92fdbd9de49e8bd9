"""A source's columns and values, understood."""
