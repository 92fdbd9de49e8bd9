"""What to do with each segment: audience, money at stake, and how to measure the effect.

Start at :mod:`clientela.decisions.actions.table`.
"""

from clientela.decisions.actions.base import Base
from clientela.decisions.actions.table import ACTIONS, actions

__all__ = ["ACTIONS", "Base", "actions"]
