"""A file of customers alone, without purchases: its attributes, typed, and who left."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from clientela.config import Settings
from clientela.engine import Engine


@dataclass(frozen=True)
class CustomersFile:
    """Customers known by attributes alone.

    Parameters
    ----------
    table : pa.Table
        ``customer_id`` and one typed column an attribute (double or text), sorted by
        ``customer_id``; rows without a readable flag are left out and counted.
    left : pa.BooleanArray
        The flag, row by row of ``table``.
    announcement : str
        How the columns were read, one sentence.
    rows, unreadable : int
        Records of the file, and those without an id or a readable flag.
    left_out : dict
        Columns that are no attributes, with why: 'free_text', 'constant', 'date'.
    sha256 : str
        Of the file's bytes.
    """

    table: pa.Table
    left: pa.BooleanArray
    announcement: str
    rows: int
    unreadable: int
    left_out: dict[str, str]
    sha256: str


def read_customers_file(
    location: str, settings: Settings, engine: Engine, scratch: Path
) -> CustomersFile:
    """Read a file of customers that has a churn column.

    Parameters
    ----------
    location : str
        A path or URL.
    scratch : Path
        An empty folder for the staging file.

    Raises
    ------
    InputError
        The file cannot be read or understood, has no churn column, or the column says the same of
        everybody.
    """
    raise NotImplementedError
