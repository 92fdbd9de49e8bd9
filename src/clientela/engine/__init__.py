"""Engines: where table expressions are computed.

An :class:`Engine` is an Ibis connection and the few things Ibis leaves to each database. Every
expression of the project runs on each of them and gives the same values.
"""

from clientela.engine.base import Engine
from clientela.engine.connect import connect, merged_selects

__all__ = ["Engine", "connect", "merged_selects"]
