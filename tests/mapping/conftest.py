"""Fixtures of the tests of tables."""

from tests.engines import engine

__all__ = ["engine"]
