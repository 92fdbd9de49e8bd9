"""Whom to contact: expected loss, margins, capacity and the cost of contacts."""
