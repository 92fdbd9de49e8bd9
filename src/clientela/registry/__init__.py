"""Stored models, their cards, and which one scores."""
