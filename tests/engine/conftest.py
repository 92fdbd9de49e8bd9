"""Fixtures of the engine tests."""

from tests.engines import engine

__all__ = ["engine"]
