"""Canonical tables: schema, sources, cleaning, and the workspace that keeps them."""
