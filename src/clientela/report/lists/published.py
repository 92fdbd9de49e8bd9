"""Whether the published run has a list, and how many customers stand in it."""

from typing import cast

from clientela.errors import InputError
from clientela.report.lists.kinds import ACTION, AT_RISK, PROPENSITY, SEGMENT, CustomerList
from clientela.store.read import Reader

SIZES = {
    SEGMENT.name: ("segments", "segment", "customers"),
    ACTION.name: ("actions", "action_id", "audience"),
    PROPENSITY.name: ("propensity_targets", "target", "customers"),
}
"""Lists with parts: the table that names the parts, its key, and the column of their sizes."""


def count_list(reader: Reader, kind: CustomerList, part: int | str | None) -> int:
    """Count the customers of a list of the published run.

    Parameters
    ----------
    part : int or str, optional
        Which segment, action or target; of the programme a status, or None for all members.

    Raises
    ------
    InputError
        The run has no such list.
    """
    if kind.name in SIZES:
        return _count_part(reader, kind, part)
    if kind is AT_RISK:
        _check_table(
            reader,
            "churn_contacts",
            "the published run has no list of customers at risk",
            "read in its report why: silence may not mean leaving here, or too little is known",
        )
        return reader.at_risk_count()
    _check_table(
        reader,
        "programme_policies",
        "the published run has no programme",
        "publish one with `clientela run FILE`; its report says why where there is none",
    )
    counts = reader.member_counts().content
    statuses = ("member", "leaving") if part is None else (str(part),)
    return sum(counts.get(status, 0) for status in statuses)


def _count_part(reader: Reader, kind: CustomerList, part: int | str | None) -> int:
    table, key, size = SIZES[kind.name]
    sizes = {row[key]: cast(int, row[size]) for row in reader.table(table).content}
    if part in sizes:
        return sizes[part]
    if kind is ACTION:
        reader.check_action(str(part))
    options = ", ".join(map(str, sizes))
    if kind is SEGMENT:
        raise InputError(f"there is no segment {part}", do=f"choose one of {options}")
    raise InputError(
        f"the published run has no propensity for {part}",
        do=f"choose one of {options}" if options else "name what to predict in [propensity]",
    )


def _check_table(reader: Reader, table: str, what: str, do: str) -> None:
    if not reader.table(table).content:
        raise InputError(what, do=do)
