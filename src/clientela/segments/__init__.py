"""Segments of customers: learnt, applied and described."""
