"""A file of customers alone, without purchases: its attributes, typed, and who left."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Settings
from clientela.engine import Engine
from clientela.errors import InputError, MappingError
from clientela.mapping import parse, privacy, sniff
from clientela.mapping.contacts import add_contacts
from clientela.mapping.source_columns import Mapping, resolve
from clientela.sources import reading as sources
from clientela.tables.attributes import typed_attributes, typed_texts
from clientela.tables.rules.people import OLDEST_AGE_YEARS, YOUNGEST_AGE_YEARS

KEY = "customer_id"


@dataclass(frozen=True, eq=False)
class CustomersFile:
    """Customers known by attributes alone.

    Parameters
    ----------
    table : pa.Table
        ``customer_id`` and one typed column an attribute (double or text), sorted by
        ``customer_id``; rows without a readable flag are left out and counted.
    left : array of bool, shape (customers,)
        The flag, row by row of ``table``.
    announcement : str
        How the columns were read, one sentence.
    rows : int
        Records of the file.
    left_out : dict
        Columns that are no attributes, with why: 'empty', 'constant', 'date', 'free_text'.
    sha256 : str
        Of the file's bytes.
    """

    table: pa.Table
    left: np.ndarray[tuple[int], np.dtype[np.bool_]]
    announcement: str
    rows: int
    left_out: dict[str, str]
    sha256: str


def read_customers_file(
    location: str,
    settings: Settings,
    engine: Engine,
    scratch: Path,
    as_of: dt.date | None = None,
) -> CustomersFile:
    """Read a file of customers that has a churn column.

    Of rows with the same id the last one counts.

    Parameters
    ----------
    location : str
        A path or URL.
    scratch : Path
        An existing folder for the staging file.
    as_of : datetime.date, optional
        Signups after it are not believed.

    Raises
    ------
    InputError
        The file cannot be read or understood, has no churn column, the column says the same of
        everybody or nothing that can be read, or no attribute is left.
    """
    sample = sources.peek(location, settings.source, settings.privacy.drop_columns)
    mapping = resolve(sample.columns, sample.rows, settings.source, "customers")
    mapping = add_contacts(mapping, sample.columns, sample.rows, settings.source)
    _see_flag(mapping, sample.columns, location)
    guard = privacy.guard(settings.privacy, mapping)
    staged = sources.stage(location, settings.source, guard, scratch)
    staging = engine.read_parquet(staged.paths)
    formats = sniff.decide(engine, staging, mapping, settings.source, staged.typed)
    typed = parse.type_customers(staging, mapping, formats)
    everyone = engine.to_arrow(_rows(typed).order_by("source_row"))
    last_rows = _keep_last_rows(everyone)
    table, left_out = _attributes(last_rows, as_of)
    left = np.asarray(last_rows["left"].to_numpy(zero_copy_only=False), dtype=np.bool_)
    _see_both(left, table, location, mapping)
    return CustomersFile(
        table=table,
        left=left,
        announcement=mapping.announcement,
        rows=staged.counted,
        left_out=left_out,
        sha256=staged.sha256,
    )


def _see_flag(mapping: Mapping, columns: Sequence[str], location: str) -> None:
    if not {"churned", "churned_at"} & mapping.columns.keys():
        raise MappingError(
            "no column says who left",
            where=f"{location}: columns found: " + ", ".join(columns),
            do='name it in clientela.toml: [source.customer_columns] churned = "COLUMN"',
        )


def _rows(typed: ir.Table) -> ir.Table:
    """Return ids, attributes and ``left``, which is null where nothing readable tells it."""
    has_leaving_date = typed.churned_at.notnull()
    left = (
        has_leaving_date.ifelse(True, typed.churned)
        if "churned_at" in typed.columns
        else typed.churned
    )
    named = typed.customer_id.notnull()
    sound = typed.age.between(YOUNGEST_AGE_YEARS, OLDEST_AGE_YEARS)
    return typed.select(
        "source_row",
        KEY,
        "gender",
        "region",
        "signup_date",
        age=sound.ifelse(typed.age, None),
        attributes=typed.attributes.cast("string"),
        left=named.ifelse(left, None),
    )


def _keep_last_rows(everyone: pa.Table) -> pa.Table:
    """Keep the last readable row of each customer, in the order of the ids."""
    readable = everyone.filter(pc.is_valid(everyone["left"]))
    last = readable.group_by(KEY, use_threads=False).aggregate([("source_row", "max")])
    is_last = pc.is_in(readable["source_row"], value_set=last["source_row_max"])
    return readable.filter(is_last).sort_by(KEY).combine_chunks()


def _attributes(last_rows: pa.Table, as_of: dt.date | None) -> tuple[pa.Table, dict[str, str]]:
    """Return ids and typed attributes: ours that the file has, then its own."""
    own, left_out = typed_attributes(last_rows["attributes"])
    words, wordless = typed_texts(last_rows.select(["gender", "region"]))
    columns = {KEY: last_rows[KEY]}
    if last_rows["age"].null_count < last_rows.num_rows:
        columns["age_years"] = pc.cast(last_rows["age"], pa.float64())
    for name in words.column_names:
        columns[name] = words[name]
    signup = _drop_later_dates(last_rows["signup_date"], as_of)
    if signup.null_count < last_rows.num_rows:
        columns["signup_days"] = _days_before_last(signup)
    for name in own.column_names:
        columns[f"{name}_attribute" if name in columns else name] = own[name]
    mapped = {name: why for name, why in wordless.items() if why != "empty"}
    return pa.table(columns), left_out | mapped


def _drop_later_dates(dates: pa.ChunkedArray, as_of: dt.date | None) -> pa.ChunkedArray:
    if as_of is None:
        return dates
    day = pa.scalar(as_of, pa.date32())
    return pc.if_else(pc.less_equal(dates, day), dates, pa.scalar(None, pa.date32()))


def _days_before_last(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """Count the days to the latest of the dates, the nearest to a today that the file tells."""
    numbers = pc.cast(dates, pa.int32())
    return pc.cast(pc.subtract(pc.max(numbers), numbers), pa.float64())


def _see_both(left: np.ndarray, table: pa.Table, location: str, mapping: Mapping) -> None:
    theirs = mapping.columns.get("churned", mapping.columns.get("churned_at", ""))
    column, names = f"{location}: column {theirs}", "true or false, yes or no, 1 or 0"
    if not len(left):
        raise InputError(
            "no row tells in a readable way who left", where=column, do=f"write {names}"
        )
    if left.all() or not left.any():
        whom = "everybody" if left.all() else "nobody"
        raise InputError(
            f"the column says that {whom} left, so there is nothing to tell apart",
            where=column,
            do="give a file with customers who left and customers who stayed",
        )
    if table.num_columns < 2:
        raise InputError(
            "no column describes the customers",
            where=location,
            do="give a file with attributes, or one of transactions beside it",
        )
