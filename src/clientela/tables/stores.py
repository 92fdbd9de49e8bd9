"""Stores: where each numbers its own customers, one number is several people.

Whether it is so, attributes of the people may tell; where they do not, it is asked, for a chain
whose customers visit several stores must not be split silently, nor strangers be one.
"""

from collections.abc import Sequence

import ibis.expr.types as ir
import pyarrow.compute as pc

from clientela.config import Source
from clientela.engine import Engine
from clientela.errors import ConfigError, DecisionNeeded
from clientela.mapping.headings import STORES, words
from clientela.mapping.parse import PERSON, source_columns
from clientela.mapping.source_columns import Mapping

MOST_STORES = 2_000  # by convention: a column of more values is no list of stores
UNIQUE_FORMS = ("document", "email", "phone")
SHORT_ID = r"^\D{0,4}[0-9]{1,9}$"
"""Numbers that a store may count up by itself: no document, address or random key."""
ALIKE = 0.95
"""Share of people whose attribute is the same in every store, for it to decide (by convention)."""
EXAMPLES = 3  # by convention: ids named in a question, on one line


def find_store(mapping: Mapping, columns: Sequence[str]) -> str | None:
    """Return the column that names the store, by the mapping or by its heading.

    Examples
    --------
    >>> find_store(Mapping("x", "transactions", {}), ["Cliente", "Loja", "Valor"])
    'Loja'
    """
    if "store" in mapping.columns:
        return mapping.columns["store"]
    named = [column for column in columns if words(column) & STORES]
    exact = [column for column in named if len(words(column)) == 1]
    return next(iter(exact or named), None)


def is_keyed_by_store(settings: Source, store: str | None, location: str) -> bool:
    """Return whether a customer is an id within a store, by the settings.

    Raises
    ------
    ConfigError
        The source has no column of stores, or the key is none that we know.
    """
    key = settings.customer_key
    if not key or tuple(key) == ("customer_id",):
        return False
    if len(key) != 2 or "customer_id" not in key:
        raise ConfigError(
            "a customer's key is the id, or the store and the id",
            where="source.customer_key",
            do='set it to ["customer_id"] or ["store", "customer_id"]',
        )
    if store is None:
        raise ConfigError(
            "the customer's key has the store, and no column names it",
            where=location,
            do="name it in source.columns: store",
        )
    return True


def check_stores(
    engine: Engine, staging: ir.Table, mapping: Mapping, settings: Source, form: str, store: str
) -> None:
    """Ask where ids repeat across stores and no attribute tells whether the people do.

    Raises
    ------
    DecisionNeeded
        They do: with the number of customers under each answer.
    """
    if settings.customer_key or form.startswith(UNIQUE_FORMS):
        return
    t = staging.mutate(person=staging[mapping.columns["customer_id"]], shop=staging[store])
    t = t.filter(t.person.notnull() & t.shop.notnull())
    pairs = engine.to_arrow(t.select("person", "shop").distinct())
    people, stores = (pc.count_distinct(pairs[name]).as_py() for name in ("person", "shop"))
    if len(pairs) == people or not 1 < stores <= MOST_STORES:
        return
    counts = pairs.group_by("person").aggregate([("shop", "count")])
    repeated = counts.filter(pc.greater(counts["shop_count"], 1))["person"].combine_chunks()
    if pc.mean(pc.cast(pc.match_substring_regex(repeated, SHORT_ID), "float64")).as_py() < ALIKE:
        return
    attributes = _compare_attributes(engine, t, mapping)
    if attributes and min(attributes.values()) >= ALIKE:
        return
    evidence = "".join(
        f"; {name} is the same in {share:.0%} of them" for name, share in attributes.items()
    )
    raise DecisionNeeded(
        f"{len(repeated):,} ids stand in several of {stores:,} stores (column {store}): {people:,} "
        f"customers if a number is one person everywhere, {len(pairs):,} if every store numbers "
        f"its own{evidence}",
        where=f"column {mapping.columns['customer_id']}",
        do='set source.customer_key = ["customer_id"] or ["store", "customer_id"]',
    )


def _compare_attributes(engine: Engine, t: ir.Table, mapping: Mapping) -> dict[str, float]:
    """Return how often attributes agree across the stores of an id, by column.

    An attribute has one value a person and store, on several orders, and many values over all.
    """
    used_columns = {*mapping.columns.values(), "person", "shop", PERSON, "source_row"}
    columns = [name for name in source_columns(t) if name not in used_columns]
    if not columns:
        return {}
    values = {f"n{i}": t[name].nunique() for i, name in enumerate(columns)}
    first = {f"v{i}": t[name].min() for i, name in enumerate(columns)}
    pairs = t.group_by("person", "shop").aggregate(**values, **first, lines=t.count())
    several = pairs.lines > 1
    people = pairs.group_by("person").aggregate(
        stores=pairs.count(), **{f"v{i}": pairs[f"v{i}"].nunique() for i in range(len(columns))}
    )
    steady = engine.to_arrow(
        pairs.aggregate(
            **{
                f"s{i}": (pairs[f"n{i}"] == 1).ifelse(1.0, 0.0).mean(where=several)
                for i in range(len(columns))
            },
            **{f"d{i}": pairs[f"v{i}"].nunique() for i in range(len(columns))},
            people=pairs.count(),
        )
    ).to_pylist()[0]
    shared = people.filter(people.stores > 1)
    agree = engine.to_arrow(
        shared.aggregate(
            **{f"v{i}": (shared[f"v{i}"] == 1).ifelse(1.0, 0.0).mean() for i in range(len(columns))}
        )
    ).to_pylist()[0]
    return {
        name: agree[f"v{i}"] or 0.0
        for i, name in enumerate(columns)
        if (steady[f"s{i}"] or 0.0) >= ALIKE and steady[f"d{i}"] > steady["people"] / 4
    }


def key_by_store(staging: ir.Table, store: str) -> ir.Table:
    """Let the customer, in the column :data:`PERSON`, be an id within a store."""
    return staging.mutate(**{PERSON: staging[store].strip() + "/" + staging[PERSON]})
