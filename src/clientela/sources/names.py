"""The names of a source's columns, checked."""

from collections import Counter
from collections.abc import Sequence

from clientela.errors import SourceError

RESERVED = "source_row"


def checked(names: Sequence[str], where: str) -> tuple[str, ...]:
    """Strip the names of blanks and check that each names one column.

    Engines do not tell upper from lower case in names.

    Raises
    ------
    SourceError
        A name is empty, stands twice, or is one that staging needs.

    Examples
    --------
    >>> checked([" Invoice", "Customer ID "], "sales.csv")
    ('Invoice', 'Customer ID')
    """
    stripped = tuple(name.strip() for name in names)
    for place, name in enumerate(stripped, 1):
        if not name:
            raise SourceError(
                f"column {place} of {len(stripped)} has no name",
                where=where,
                do="name it in the header, or remove the column, or the lines above the header",
            )
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
