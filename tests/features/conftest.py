"""Fixtures of the feature tests."""

from tests.engines import engine

__all__ = ["engine"]
