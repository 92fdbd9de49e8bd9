"""What the programme hands on: tables, the state of each customer, rules and headline facts."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clientela.insiders.score.rule import ProgrammeRule


@dataclass(frozen=True)
class ProgrammeResult:
    """The programme as of a day.

    Parameters
    ----------
    tables : mapping of str to pa.Table
        ``programme_policies``, ``programme_size``, ``programme_conditions``, ``programme_members``,
        ``programme_months``, ``programme_proof``, ``programme_tests`` and ``programme_case``, as
        :data:`clientela.insiders.score.arrow_schemas.TABLES` describes them.
    status : pa.Table
        ``customer_id``, ``insider`` ('member', 'leaving', 'candidate' or null) and
        ``insider_since`` of every customer of the snapshot, sorted by ``customer_id``.
    entry, exit : ProgrammeRule
        Who enters; who may stay. A member who no longer meets ``exit`` leaves after the grace.
    members : mapping of datetime.date to frozenset of str
        The members on each simulated day, by the policy in force; the last day is today's.
    proved : mapping of datetime.date to frozenset of str
        The members on each date of the proof, those in grace included, by rules that knew
        nothing later.
    facts : dict
        JSON-able: name, policy, customers, members, members_share, revenue_share, candidates,
        leaving, months, flapping_share, grace_days, proof_dates, and notes as a list of
        ``{"code", "values"}``, read with :func:`clientela.insiders.fit.remarks.write_note`.
    """

    tables: Mapping[str, pa.Table]
    status: pa.Table
    entry: ProgrammeRule
    exit: ProgrammeRule
    members: Mapping[dt.date, frozenset[str]]
    proved: Mapping[dt.date, frozenset[str]]
    facts: dict[str, Any]

    def members_at(self, day: dt.date) -> frozenset[str]:
        """Return the ids of the members on the last simulated day not after the given one.

        Raises
        ------
        KeyError
            The simulation began later.
        """
        earlier = [entry for entry in self.members if entry <= day]
        if not earlier:
            raise KeyError(day)
        return self.members[max(earlier)]

    def chosen_at(self, day: dt.date) -> frozenset[str]:
        """Return the members of today, or of a date of the proof by rules learnt before it.

        Raises
        ------
        KeyError
            Any other day.
        """
        today = max(self.members)
        return self.members[today] if day == today else self.proved[day]
