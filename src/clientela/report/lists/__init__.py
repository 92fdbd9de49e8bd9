"""Lists of customers that people take away: which columns, in whose language, in which file."""

from clientela.report.lists.columns import Column
from clientela.report.lists.content import Content
from clientela.report.lists.kinds import (
    AT_RISK,
    CANDIDATES,
    INSIDERS,
    MEMBERS,
    SEGMENT,
    CustomerList,
)

__all__ = [
    "AT_RISK",
    "CANDIDATES",
    "INSIDERS",
    "MEMBERS",
    "SEGMENT",
    "Column",
    "Content",
    "CustomerList",
]
