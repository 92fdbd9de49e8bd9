"""Files that tell more of the orders of another: refunds, which are taken off, and payments.

Each could be read alone, and its money would then count beside that of the orders it belongs to.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.mapping.guess import score_heading
from clientela.mapping.headings import words
from clientela.mapping.join_parts import (
    MET,
    NAMED,
    JoinedSource,
    JoinKey,
    SourcePart,
    add_columns,
    add_up,
    score_names,
)
from clientela.mapping.meanings import TAKEN_BACK, begins
from clientela.mapping.money_headings import CLASSES, classify
from clientela.mapping.profile import ColumnProfile
from clientela.mapping.source_columns import Mapping
from clientela.sources.staging import Sample

REFUNDED = "refunded"
MONEY = ("refunded", "amount", "gross", "net", "price", "")


def find_supplements(
    samples: MappingOf[str, Sample], alone: MappingOf[str, Mapping | None]
) -> list[JoinKey]:
    """Find the files whose headings name the orders of another file that reads alone.

    Files that tell customer, day and money under the same headings are exports of one table.
    """
    pairs = []
    for orders, mapping in alone.items():
        order = mapping.columns.get("order_id") if mapping else None
        if mapping is None or order is None:
            continue
        for about, other in alone.items():
            if about == orders or _tells_alike(mapping, samples[about]):
                continue
            if other is not None and other.role == "customers":
                continue
            columns = samples[about].columns
            scores = {name: score_names(name, order, Path(orders).stem) for name in columns}
            if _speaks_of_refunds((Path(about).stem, *columns)):
                scores |= {name: NAMED for name in columns if _name_orders(name, order)}
            column = max(scores, key=lambda name: scores[name])
            if scores[column] >= NAMED:
                pairs.append(JoinKey(about, column, orders, order, named=scores[column]))
    return pairs


def _speaks_of_refunds(texts: Iterable[str]) -> bool:
    return any(begins(" ".join(sorted(words(text))), TAKEN_BACK) for text in texts)


def _name_orders(*headings: str) -> bool:
    """Tell whether headings name orders, each in its own language."""
    return all((score_heading("order_id", heading) or 0.0) > 1 for heading in headings)


def _tells_alike(mapping: Mapping, sample: Sample) -> bool:
    columns = ("customer_id", "ordered_local", "amount", "unit_price")
    return all(
        mapping.columns[role] in sample.columns for role in columns if role in mapping.columns
    )


def join_supplements(
    engine: Engine,
    pairs: Sequence[JoinKey],
    parts: MappingOf[str, SourcePart],
    folder: Path,
) -> JoinedSource | None:
    """Take refunds off the orders that they name; None where there are none."""
    by_file = {part.locations[0]: part for part in parts.values()}
    for pair in pairs:
        orders, about = by_file[pair.one], by_file[pair.many]
        money = _find_money(about, pair.column)
        if not _holds_refunds(about, money) or not _count_met(engine, pair, orders, about):
            continue
        joined = _take_off(engine, pair, orders, about, money, folder)
        used = {*orders.locations, *about.locations}
        unused = [o for part in parts.values() for o in part.locations if o not in used]
        return replace(joined, others=tuple(unused))
    return None


def find_repeats(
    engine: Engine,
    pairs: Sequence[JoinKey],
    parts: MappingOf[str, SourcePart],
    alone: MappingOf[str, Mapping | None],
) -> list[JoinKey]:
    """Find the files that read alone, and would be counted beside the same orders of another."""
    by_file = {part.locations[0]: part for part in parts.values()}
    return [
        pair
        for pair in pairs
        if alone[pair.many] is not None
        and _count_met(engine, pair, by_file[pair.one], by_file[pair.many])
    ]


def check_repeats(repeats: Sequence[JoinKey], joined: JoinedSource | None) -> None:
    """Ask about files that no join made one with the orders that they tell again.

    Raises
    ------
    DecisionNeeded
        There is one.
    """
    for pair in repeats:
        if joined is None or {pair.one, pair.many} & {*joined.others}:
            raise DecisionNeeded(
                f"{Path(pair.many).name} tells orders of {Path(pair.one).name}, and its money "
                "would count beside theirs",
                where=f"columns {pair.key}, {pair.column}",
                do="give the file of orders alone, or a file of refunds called so",
            )


def _count_met(engine: Engine, pair: JoinKey, orders: SourcePart, about: SourcePart) -> int:
    """Count the order numbers of a file that are another's; 0 where too few are."""
    numbers = about.rows.select(x=about.rows[pair.column].strip()).distinct().drop_null()
    order_keys = orders.rows.select(x=orders.rows[pair.key].strip()).distinct()
    met = int(engine.to_arrow(numbers.semi_join(order_keys, "x").count().as_table())[0][0].as_py())
    return met if met >= MET * about.counts[pair.column] else 0


def _find_money(about: SourcePart, key: str) -> list[str]:
    """List the columns of money; those called refunds alone where there are any."""
    figures = {
        name: classify(profile)
        for name, profile in about.profiles.items()
        if profile.decimal is not None and name != key and classify(profile) in MONEY
    }
    named = [name for name, kind in figures.items() if kind == REFUNDED]
    fractions = [n for n, kind in figures.items() if kind or not about.profiles[n].is_whole]
    return named or fractions


def _holds_refunds(about: SourcePart, money: list[str]) -> bool:
    named = _speaks_of_refunds((about.name, *about.profiles))
    return named or any(classify(about.profiles[name]) == REFUNDED for name in money)


def _take_off(
    engine: Engine,
    pair: JoinKey,
    orders: SourcePart,
    about: SourcePart,
    money: list[str],
    folder: Path,
) -> JoinedSource:
    """Join refunds to the lines of their orders, with their day where an order has one."""
    if len(money) != 1:
        raise DecisionNeeded(
            f"which column of {about.name} is what was given back: {', '.join(money) or 'none'}?",
            where=about.name,
            do="leave the others out of the file",
        )
    once = pair.column in about.unique
    dated = [n for n, profile in about.profiles.items() if profile.date is not None]
    columns = [*money, *_choose_day(about, dated)] if once else money
    rows = about.rows if once else add_up(about, pair.column)
    names = {name: _name_refund(name) for name in columns}
    deductions = rows.select(pair.column, **{new: rows[old] for old, new in names.items()})
    key = JoinKey(orders.name, pair.key, about.name, pair.column, 1.0, 2.0, 3.0)
    places = {(orders.name, column): column for column in orders.profiles}
    joined = add_columns(orders.rows, places, key, deductions, [*names.values()])
    target = folder / "joined.parquet"
    table = engine.to_arrow(joined.order_by("source_row"))
    pq.write_table(table.drop(["source_row"]), target)
    way = "by" if once else "added up by"
    return JoinedSource(
        path=target,
        shown=" + ".join([*orders.locations, *about.locations]),
        others=(),
        announcement=f"{orders.name} ({table.num_rows:,} rows) joined with {about.name} {way} "
        f"{pair.column} ({1.0:.0%} met)",
    )


def _choose_day(about: SourcePart, dated: list[str]) -> list[str]:
    named = [n for n in dated if about.profiles[n].words & CLASSES[REFUNDED]]
    return (named or dated)[:1] if len(named or dated) == 1 else []


def _name_refund(column: str) -> str:
    """Name a column of refunds so that it is read as one."""
    profile = ColumnProfile(column, (), decimal=".")
    return column if classify(profile) == REFUNDED else f"{column} ({REFUNDED})"
