"""What to do with each segment: audience, money at stake, and how to measure the effect.

Start at :mod:`clientela.actions.table`.
"""

from clientela.actions.base import Base
from clientela.actions.table import ACTIONS, actions

__all__ = ["ACTIONS", "Base", "actions"]
