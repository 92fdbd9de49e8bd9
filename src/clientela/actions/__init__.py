"""What to do with each segment: audience, money at stake, and how to measure the effect.

Start at :mod:`clientela.actions.table`.
"""

from clientela.actions.action import ActionInputs
from clientela.actions.table import ACTIONS, recommend_actions

__all__ = ["ACTIONS", "ActionInputs", "recommend_actions"]
