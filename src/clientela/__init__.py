"""Clientela: who your customers are, which are worth most, and who is about to leave."""

__version__ = "0.1.0"
