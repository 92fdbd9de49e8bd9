"""The names of a source's columns, checked."""

from collections import Counter
from collections.abc import Sequence

from clientela.errors import SourceError

RESERVED = "source_row"


def check_same_names(names: Sequence[str], first: Sequence[str], where: str) -> None:
    """Check that a file of a folder has the columns of the first one, in whatever order.

    Raises
    ------
    SourceError
        It has others.
    """
    if set(names) != set(first):
        differing = sorted(set(names) ^ set(first))
        raise SourceError(
            "the files have different columns: " + ", ".join(differing),
            where=where,
            do="give files of one layout, each layout by itself",
        )


def check_names(names: Sequence[str], where: str) -> tuple[str, ...]:
    """Strip the names of blanks and check that each names one column; name those without.

    Engines do not tell upper from lower case in names.

    Raises
    ------
    SourceError
        A name stands twice, or is one that staging needs.

    Examples
    --------
    >>> check_names([" Invoice", "Customer ID "], "sales.csv")
    ('Invoice', 'Customer ID')
    >>> check_names(["Invoice", ""], "sales.csv")
    ('Invoice', 'column_2')
    """
    stripped = tuple(name.strip() or f"column_{number}" for number, name in enumerate(names, 1))
    for name in stripped:
        if name.casefold() == RESERVED:
            raise SourceError(
                f"a column is called '{name}', which is kept for record numbers",
                where=where,
                do="rename the column",
            )
    repeated = [name for name, n in Counter(map(str.casefold, stripped)).items() if n > 1]
    if repeated:
        same = [name for name in stripped if name.casefold() == repeated[0]]
        raise SourceError(
            "two columns have the same name: " + ", ".join(f"'{name}'" for name in same),
            where=where,
            do="rename one of them in the header",
        )
    return stripped
