"""Lists of customers that people take away: which columns, in whose language, in which file."""

from clientela.report.lists.columns import ListColumn
from clientela.report.lists.content import ListContent
from clientela.report.lists.kinds import (
    AT_RISK,
    CANDIDATES,
    INSIDERS,
    LIST_OF_STATUS,
    SEGMENT,
    CustomerList,
)

__all__ = [
    "AT_RISK",
    "CANDIDATES",
    "INSIDERS",
    "LIST_OF_STATUS",
    "SEGMENT",
    "CustomerList",
    "ListColumn",
    "ListContent",
]
