"""The sets of customers behind a filter's conditions on the past and experiments."""

from clientela.store.filter_checks import check_sets
from clientela.store.filter_compile import select_set
from clientela.store.filters import Condition
from clientela.store.reader import Reader


def read_set(reader: Reader, condition: Condition, run_id: str) -> list[str]:
    """Return the customers of whom a condition of a set holds in a run.

    Raises
    ------
    InputError
        There is no such experiment, or no run of that time is kept.
    """
    check_sets(condition, lambda query: reader.ask_value(query, run_id), reader.dialect)
    return reader.ask_ids(select_set(condition, reader.dialect), run_id=run_id)
