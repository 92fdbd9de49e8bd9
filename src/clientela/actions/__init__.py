"""What to do, for whom: audience, what people of the same start gained, how to measure it.

Start at :mod:`clientela.actions.table`.
"""

from clientela.actions.action import PERIOD_DAYS, ActionInputs, PastStep
from clientela.actions.customers_at import CustomersAt, view_customers
from clientela.actions.table import ACTIONS, recommend_actions

__all__ = [
    "ACTIONS",
    "PERIOD_DAYS",
    "ActionInputs",
    "CustomersAt",
    "PastStep",
    "recommend_actions",
    "view_customers",
]
