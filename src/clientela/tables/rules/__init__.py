"""The cleaning rules, as data: what each finds, what may be done about it, what is done by default.

A rule never deletes. *keep* counts and leaves the row as it is, *fix* changes a named column and
never an amount, *quarantine* moves the row out of the tables with the rule's name on it, and
*refuse* stops the run. The first rule that quarantines a row names it.
"""

from collections.abc import Mapping

from clientela.config import Decision
from clientela.errors import ConfigError
from clientela.tables.rules.lines import TRANSACTION_RULES
from clientela.tables.rules.people import CUSTOMER_RULES
from clientela.tables.rules.rule import CleaningRule, Context

__all__ = [
    "BY_NAME",
    "CUSTOMER_RULES",
    "RULES",
    "TRANSACTION_RULES",
    "CleaningRule",
    "Context",
    "decisions",
]

RULES: tuple[CleaningRule, ...] = TRANSACTION_RULES + CUSTOMER_RULES
BY_NAME: Mapping[str, CleaningRule] = {rule.name: rule for rule in RULES}


def decisions(configured: Mapping[str, Decision]) -> dict[str, Decision]:
    """Return the decision of every rule: the configured one, else the default.

    Raises
    ------
    ConfigError
        A rule is unknown, or does not offer the decision.

    Examples
    --------
    >>> decisions({"repeated_line": "quarantine"})["repeated_line"]
    'quarantine'
    """
    for name, decision in configured.items():
        rule = BY_NAME.get(name)
        if rule is None:
            raise ConfigError(
                f"there is no cleaning rule '{name}'",
                where=f"cleaning.rules.{name}",
                do="use one of " + ", ".join(BY_NAME),
            )
        if decision not in rule.decisions:
            raise ConfigError(
                f"the rule '{name}' cannot '{decision}'",
                where=f"cleaning.rules.{name}",
                do="use one of " + ", ".join(rule.decisions),
            )
    return {rule.name: configured.get(rule.name, rule.default) for rule in RULES}
