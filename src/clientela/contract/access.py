"""Who may see what: rights over operations, and the roles that hold them.

A key or a user has roles; what they may do is the union of their rights. ``read``, ``export``,
``contacts``, ``transactions`` and ``metrics`` are the narrow roles of programs.
"""

from functools import cache
from typing import Literal, NamedTuple, get_args

Right = Literal[
    "aggregates",  # totals, segments, the programme, the report: no single person
    "small_groups",  # the same, of groups in which a person could be recognised
    "person",  # one person at a time
    "persons",  # many in one request
    "lists",  # pages and files of customers
    "audiences",  # saved filters: to make, change and remove them
    "propose",  # rules of the programme, which somebody else decides on
    "approve",  # those rules, or refuse them
    "contacts",  # how they are reached
    "transactions",  # new ones, into the inbox
    "personal_data",  # all that is kept of a person, for that person
    "erase",
    "log",  # who saw whom
    "keys",  # users and keys
    "metrics",  # of the server itself
]
Role = Literal[
    "viewer",
    "agent",
    "marketing",
    "analyst",
    "operator",
    "privacy",
    "admin",
    "read",
    "export",
    "contacts",
    "transactions",
    "metrics",
]
ROLES: tuple[Role, ...] = get_args(Role)
RIGHT_WORDS: dict[Right, str] = {
    "aggregates": "reading totals",
    "small_groups": "seeing small groups",
    "person": "looking up a person",
    "persons": "looking up many persons at once",
    "lists": "seeing lists of customers",
    "audiences": "saving audiences",
    "propose": "proposing a rule",
    "approve": "deciding on rules",
    "contacts": "seeing contact data",
    "transactions": "sending transactions",
    "personal_data": "seeing all that is kept of a person",
    "erase": "erasing a person",
    "log": "reading the access log",
    "keys": "managing keys and users",
    "metrics": "reading the server's metrics",
}
PERSON_ROLES = ROLES[:7]  # of people; the narrow ones are for programs
CAMPAIGNS: frozenset[Right] = frozenset(
    {"aggregates", "small_groups", "person", "lists", "audiences", "propose"}
)
RIGHTS: dict[Role, frozenset[Right]] = {
    "viewer": frozenset({"aggregates"}),
    "agent": frozenset({"person"}),
    "marketing": CAMPAIGNS,
    "analyst": CAMPAIGNS | {"persons"},
    "operator": frozenset({"aggregates", "metrics"}),
    "privacy": frozenset({"person", "personal_data", "erase", "log"}),
    "admin": frozenset({"aggregates", "approve", "log", "keys", "metrics"}),
    "read": frozenset({"aggregates", "small_groups", "person", "persons"}),
    "export": frozenset({"lists"}),
    "contacts": frozenset({"contacts"}),
    "transactions": frozenset({"transactions"}),
    "metrics": frozenset({"metrics"}),
}
DAILY_BUDGETS: dict[Role, int] = {
    "agent": 200,
    "marketing": 200,
    "privacy": 200,
    "analyst": 5_000,
    "read": 5_000,
}
"""Look-ups of persons a day, by convention: a till serves some 200 customers; programs that look up
a whole base are given a budget of their own (``keys create --budget``)."""
PERSON_PREFIX = "user:"  # before a person's name in the access log, where keys stand by their ids
# By convention: without a budget of its own no caller sees more than a fifth of the base a day, so
# who tries every id needs a week, and stands in the log each day; a shop of any size serves twenty
BASE_SHARE, SMALLEST_BUDGET = 0.2, 20
MOST_MISSES = 10  # by convention: ids that nobody has, until a default day is over
UNKNOWN_COST = 20  # what one counts at most: of a till's day a tenth
SMALLEST_GROUP = 5  # by convention: the smallest cell of official statistics is 3 to 10


class Caller(NamedTuple):
    """Who asks the server: a program by its key, or a person who logged in.

    Parameters
    ----------
    caller_id : str
        As the access log names it: the key's id, or ``user:`` and the user's.
    name : str
        For people.
    rights : frozenset of str
        What it may do.
    budget : int
        Look-ups of persons a day.
    has_own_budget : bool
        Whether that number was given for it, and not by its roles.
    networks : tuple of str
        Where it may come from; anywhere where there are none.
    csrf : str
        What each form of a person's session must carry; empty for keys.
    """

    caller_id: str
    name: str
    rights: frozenset[Right]
    budget: int
    networks: tuple[str, ...] = ()
    csrf: str = ""
    has_own_budget: bool = False

    def find_budget(self, customers: int) -> int:
        """Return the look-ups of a day in a base of so many customers.

        Examples
        --------
        >>> caller = Caller("3f9a", "till", frozenset(), 200)
        >>> [caller.find_budget(customers) for customers in (40, 300, 5_000)]
        [20, 60, 200]
        """
        if self.has_own_budget:
            return self.budget
        return min(self.budget, max(SMALLEST_BUDGET, round(customers * BASE_SHARE)))

    @property
    def is_person(self) -> bool:
        """Whether it is a person who logged in."""
        return bool(self.csrf)


@cache
def rights_of(roles: str) -> frozenset[Right]:
    """Return the rights of roles, separated by spaces; a role that is unknown has none.

    Examples
    --------
    >>> sorted(rights_of("agent export")), sorted(rights_of("king"))
    (['lists', 'person'], [])
    """
    return frozenset(right for role in ROLES if role in roles.split() for right in RIGHTS[role])


@cache
def budget_of(roles: str) -> int:
    """Return the look-ups of persons that roles have a day: the largest of theirs.

    Examples
    --------
    >>> budget_of("agent analyst"), budget_of("viewer")
    (5000, 0)
    """
    return max((DAILY_BUDGETS.get(role, 0) for role in ROLES if role in roles.split()), default=0)
