"""Lists of customers that people take away: which columns, in whose language, in which file."""

from clientela.report.lists.kinds import (
    ACTION,
    AT_RISK,
    AUDIENCE,
    CANDIDATES,
    CHANGES,
    CUSTOMERS,
    INSIDERS,
    LIST_OF_STATUS,
    PROPENSITY,
    SEGMENT,
    CustomerList,
    ListColumn,
    ListContent,
)

__all__ = [
    "ACTION",
    "AT_RISK",
    "AUDIENCE",
    "CANDIDATES",
    "CHANGES",
    "CUSTOMERS",
    "INSIDERS",
    "LIST_OF_STATUS",
    "PROPENSITY",
    "SEGMENT",
    "CustomerList",
    "ListColumn",
    "ListContent",
]
