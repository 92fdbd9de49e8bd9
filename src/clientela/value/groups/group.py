"""A group of customers on a day; the rule itself may have been learnt later."""

import datetime as dt
from collections.abc import Callable, Collection

Choose = Callable[[dt.date], Collection[str]]
"""Gives the ids of a group's members as chosen on a day; asked about past days too."""
