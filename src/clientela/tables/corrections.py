"""Corrections: an order that comes again with other content replaces what the tables hold of it.

A held line of an order is *stale* where a later export brings the order without it. It goes out
where the export brings orders whole: most orders that both know are the same, or each stale line
has its successor of the same product; and what is gone is of a product that the export knows.
What is less certain is asked. Lines that the export never brings (returns and fees where it has
none, days outside its span) are not stale.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from clientela.config.data import Corrections
from clientela.contract.tables import TOTAL
from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.tables.ledger import Line, RuleFinding
from clientela.tables.returns import KEY

RULE = "corrected_order"
UNREADABLE = (
    "unparsable_line",
    "total_line",
    "placeholder_date",
    "unreadable_date",
    "unreadable_number",
    "other_currency",
    "future_date",
    "repeated_line",
)
"""Verdicts that tell nothing of what an order is now; all others are its new content."""
SAME_SHARE = 0.5
"""Share of the orders known to both that are the same, from which an export brings orders again
as they are; of parts of orders (by category, by parcel) none is the same (by convention)."""

FOREIGN_SHARE = 0.5
"""Share of such orders from which numbers are another shop's: a correction seldom changes the
customer and the day, and never those of most orders (by convention)."""
LEAST_FOREIGN = 5  # by convention: fewer orders are mistakes that were corrected


@dataclass(frozen=True)
class Correction:
    """What a source corrects: tables of ``line_key`` and ``line_no``, and the account.

    Parameters
    ----------
    removed : ir.Table, optional
        Canonical lines that leave the tables, whole, with ``again``: whether the source brings the
        same line under another verdict.
    released : ir.Table, optional
        Lines of the quarantine that are read again as good ones.
    refused : ir.Table, optional
        Lines of the source that do not enter, for what is held stays.
    facts : dict
        ``orders``, ``rows``, ``customers`` and amounts ``before`` and ``after``.
    """

    removed: ir.Table | None = None
    released: ir.Table | None = None
    refused: ir.Table | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def summarize(self) -> RuleFinding:
        """Return the rule's line of the account: what was replaced, and the change in money."""
        return RuleFinding(
            rule=RULE,
            decision="keep" if self.refused is not None else "fix",
            rows=self.facts["rows_before"],
            customers=self.facts["customers"],
            amount=self.facts["after"] - self.facts["before"],
        )

    def lines(self) -> list[Line]:
        """Return both versions as lines of the account."""
        if not self.facts or self.refused is not None:
            return []
        facts = self.facts
        return [
            Line(
                place="replaced",
                rows=facts["rows_before"],
                customers=facts["customers"],
                amount=facts["before"],
                orders=facts["orders"],
            ),
            Line(
                place="replacing",
                rows=facts["rows_after"],
                amount=facts["after"],
                orders=facts["orders"],
            ),
        ]


def find_corrections(
    engine: Engine,
    cleaned: ir.Table,
    held_lines: ir.Table,
    quarantine: ir.Table | None,
    *,
    held_last: dt.datetime | None,
    decision: Corrections | None,
) -> Correction:
    """Compare the orders of a source with those that the tables hold.

    Parameters
    ----------
    cleaned : ir.Table
        The source's lines (:func:`clientela.tables.clean.clean_lines`), evaluated.
    held_lines, quarantine : ir.Table
        The canonical transactions, and what was refused.
    held_last : datetime, optional
        The last moment of the exports that were read before.
    decision : str, optional
        ``source.corrections``.

    Raises
    ------
    DecisionNeeded
        Orders come with other content and nothing tells which content is right.
    """
    if decision == "add":
        return Correction()
    new = _number_lines(cleaned)
    good = new.filter(new.verdict.isnull())
    orders = new.filter(new.order_id.notnull() & ~new.found_missing_order)
    old = held_lines.semi_join(orders, "order_id")
    stale = engine.materialise(old.anti_join(good, KEY))
    released = _find_released_lines(engine, good, held_lines, quarantine)
    unchanged = not _count(engine, stale) and released is None
    # Where some numbers of another shop meet the same customer or day, that is chance.
    if unchanged or (decision is None and _is_foreign(engine, orders, old)):
        return Correction()
    judged = engine.materialise(_judge(engine, orders, old, stale))
    removed = judged.filter(judged.removable)
    fresh = good.anti_join(held_lines, KEY)
    entering = fresh.semi_join(removed, "order_id")
    if released is not None:
        entering = entering.union(fresh.semi_join(released, KEY), distinct=True)
    entering = engine.materialise(entering)
    last = engine.to_arrow(good.aggregate(last=good.ordered_local.max()))["last"][0].as_py()
    is_older = None not in (held_last, last) and last < held_last
    if (is_older or last == held_last) and _is_known(engine, entering, removed, quarantine):
        return Correction()  # an earlier export read again: the tables know what came after it
    facts = _summarise(engine, removed, entering)
    if not facts["orders"]:
        return Correction()
    if decision == "keep_first":
        return Correction(refused=entering.select(*KEY).distinct(), facts=facts)
    if decision == "ask" or (decision is None and (is_older or facts["doubtful"])):
        raise _question(facts, is_older and last)
    return Correction(removed, _keys_of(engine, quarantine, entering), facts=facts)


def _is_foreign(engine: Engine, orders: ir.Table, old: ir.Table) -> bool:
    """Tell whether order numbers come again for other people on other days: another shop's."""
    new_orders, held_orders = (
        t.group_by("order_id").aggregate(
            day=t.ordered_local.min().date(), person=t.customer_id.min()
        )
        for t in (orders, old)
    )
    pairs = held_orders.inner_join(new_orders, "order_id", rname="new_{name}")
    alike = pairs.day.identical_to(pairs.new_day) | pairs.person.identical_to(pairs.new_person)
    counts = pairs.aggregate(orders=pairs.count(), foreign=(~alike).sum())
    row = engine.to_arrow(counts).to_pylist()[0]
    return bool((row["foreign"] or 0) >= max(LEAST_FOREIGN, FOREIGN_SHARE * row["orders"]))


def _keys_of(engine: Engine, quarantine: ir.Table | None, lines: ir.Table) -> ir.Table | None:
    """Return the keys of refused lines that are among those that enter."""
    if quarantine is None:
        return None
    rows = quarantine.filter(quarantine.table == "transactions")
    return engine.materialise(rows.semi_join(lines, KEY).select(*KEY).distinct())


def _number_lines(cleaned: ir.Table) -> ir.Table:
    """Add numbers among equals, as :func:`clientela.tables.routing.number_repeats` does."""
    number = ibis.row_number().over(group_by="line_key", order_by="source_row").cast("int64")
    return cleaned.mutate(line_no=number, product=_product(cleaned))


def _product(t: ir.Table) -> ir.StringValue:
    return ibis.coalesce(t.product_id, t.description)


def _find_released_lines(
    engine: Engine, good: ir.Table, held_lines: ir.Table, quarantine: ir.Table | None
) -> ir.Table | None:
    """Find refused lines that the source brings again as good ones: their status has changed."""
    if quarantine is None:
        return None
    refused = quarantine.filter(
        (quarantine.table == "transactions") & ~quarantine.rule.isin([*UNREADABLE, RULE])
    )
    back = refused.semi_join(good, KEY).anti_join(held_lines, KEY).select(*KEY).distinct()
    back = engine.materialise(back)
    return back if _count(engine, back) else None


def _judge(engine: Engine, orders: ir.Table, old: ir.Table, stale: ir.Table) -> ir.Table:
    """Say of each stale line whether it goes out (``removable``), and how surely (``certain``)."""
    meant = orders.verdict.notnull() & ~orders.verdict.isin(UNREADABLE)
    good = orders.verdict.isnull()
    file = engine.to_arrow(
        orders.aggregate(
            first=orders.ordered_local.min(),
            last=orders.ordered_local.max(),
            first_row=orders.source_row.min(),
            last_row=orders.source_row.max(),
            returns=(good & (orders.kind == "return")).any(),
            fees=(good & (orders.kind == "fee")).any(),
        )
    ).to_pylist()[0]
    edge = orders.source_row.isin([file["first_row"], file["last_row"]])
    fresh = orders.filter(good).anti_join(old, KEY).group_by(fresh_order="order_id")
    fresh = fresh.aggregate(fresh=lambda t: t.count())
    by_order = orders.group_by(brought="order_id").aggregate(
        first_day=orders.ordered_local.min().date(),
        last_day=orders.ordered_local.max().date(),
        owner=orders.customer_id.min(),
        sales=(good & (orders.kind == "sale")).sum(),
        meant=meant.sum(),
        unread=orders.verdict.isin(UNREADABLE).fill_null(False).sum(),
        at_edge=edge.any(),
    )
    by_order = by_order.left_join(fresh, by_order.brought == fresh.fresh_order)
    by_order = by_order.mutate(fresh=by_order.fresh.fill_null(0)).drop("fresh_order")
    again = orders.filter(meant).select(again_key="line_key", again_no="line_no").distinct()
    equals = orders.filter(good).select(equal_key="line_key").distinct()
    pairs = orders.select(pair_order="order_id", pair_product="product").distinct()
    products = orders.select(known_product="product").distinct()
    t = stale.mutate(product=_product(stale))
    t = t.inner_join(by_order, t.order_id == by_order.brought)
    t = t.left_join(again, [t.line_key == again.again_key, t.line_no == again.again_no])
    t = t.left_join(equals, t.line_key == equals.equal_key)
    t = t.left_join(pairs, [t.order_id == pairs.pair_order, t["product"] == pairs.pair_product])
    t = t.left_join(products, t["product"] == products.known_product)
    t = t.mutate(
        again=t.again_key.notnull(),
        doubled=t.equal_key.notnull(),
        in_order=t.pair_product.notnull(),
        in_file=t.known_product.notnull(),
    )
    t = engine.materialise(t.mutate(candidate=_is_candidate(t, file)))
    return _weigh(t, _same_share(engine, old, t) >= SAME_SHARE)


def _is_candidate(t: ir.Table, file: dict[str, Any]) -> ir.BooleanValue:
    """Mark lines that the source would have brought, did the order still have them."""
    kind = ibis.cases(
        (t.kind == "return", ibis.literal(bool(file["returns"]))),
        (t.kind == "fee", ibis.literal(bool(file["fees"]))),
        else_=t.sales + t.meant > 0,
    )
    changed = (t.fresh > 0) | (t.meant > 0)
    first, last = (ibis.literal(file[name], "timestamp(6)") for name in ("first", "last"))
    inside = t.ordered_local.between(first, last)
    # A row limit cuts an order's other lines; where it has one fewer of two equal ones, the second
    # was more likely a file's that had every line twice.
    is_cut = ~changed & t.at_edge & ~t.doubled
    is_same = _same_day(t) | _same_owner(t)
    unread = (t.unread > 0) & (t.fresh == 0)
    return t.again | (kind & inside & is_same & ~is_cut & ~unread).fill_null(False)


def _same_day(t: ir.Table) -> ir.BooleanValue:
    return t.ordered_local.date().between(t.first_day, t.last_day)


def _same_owner(t: ir.Table) -> ir.BooleanValue:
    return t.customer_id.identical_to(t.owner)


def _same_share(engine: Engine, old: ir.Table, judged: ir.Table) -> float:
    counted = engine.to_arrow(
        old.aggregate(orders=old.order_id.nunique()).cross_join(
            judged.aggregate(changed=judged.order_id.nunique(where=judged.candidate))
        )
    ).to_pylist()[0]
    return 1 - counted["changed"] / counted["orders"] if counted["orders"] else 0.0


def _weigh(t: ir.Table, is_again: bool) -> ir.Table:
    """Decide what goes out; ``is_again`` says that the source brings orders as they are."""
    changed = (t.fresh > 0) | (t.meant > 0)
    has_product = t["product"].notnull()
    if is_again:
        removable = t.candidate
        certain = has_product.ifelse(t.in_order | t.in_file, changed)
    else:
        # Without orders that are the same, parts of orders are as likely: by category, by parcel.
        is_part = has_product & ~t.in_order & ~t.in_file
        removable = t.candidate & _same_day(t) & _same_owner(t) & ~is_part
        certain = has_product & t.in_order & (t.fresh > 0)
        has_doubtful = (~certain & t.candidate).max().over(group_by="order_id")
        certain = certain & ~has_doubtful
    return t.mutate(
        removable=(removable | t.again).fill_null(False),
        certain=((certain & (t.unread == 0) & (changed | ~t.at_edge)) | t.again).fill_null(False),
    )


def _is_known(
    engine: Engine, entering: ir.Table, removed: ir.Table, quarantine: ir.Table | None
) -> bool:
    """Return whether all that would replace lines was itself replaced before."""
    if quarantine is None or not _count(engine, removed) or not _count(engine, entering):
        return False
    replaced = quarantine.filter((quarantine.rule == RULE) & (quarantine.table == "transactions"))
    return not _count(engine, entering.anti_join(replaced, KEY))


def _summarise(engine: Engine, removed: ir.Table, entering: ir.Table) -> dict[str, Any]:
    before = engine.to_arrow(
        removed.aggregate(
            rows_before=removed.count(),
            customers=removed.customer_id.nunique(),
            before=removed.amount.sum().fill_null(0).cast(TOTAL),
            doubtful=removed.order_id.nunique(where=~removed.certain),
        )
    ).to_pylist()[0]
    after = engine.to_arrow(
        entering.aggregate(
            rows_after=entering.count(), after=entering.amount.sum().fill_null(0).cast(TOTAL)
        )
    ).to_pylist()[0]
    ids = removed.select("order_id").union(entering.select("order_id"))
    orders = engine.to_arrow(ids.aggregate(orders=ids.order_id.nunique())).to_pylist()[0]
    facts: dict[str, Any] = before | after | orders
    return facts


def _question(facts: dict[str, Any], older: dt.datetime | bool) -> DecisionNeeded:
    before, after = facts["before"], facts["after"]
    age = f", which ends before what is held, on {older:%Y-%m-%d}" if older else ""
    return DecisionNeeded(
        f"{facts['orders']:,} orders come again with other content in this export{age}: "
        f"{_money(before)} would become {_money(after)}, {_money(after - before, sign=True)}",
        where="source.corrections",
        do='set source.corrections to "replace" if the new content counts, to "keep_first" if what '
        'is held does, to "add" if both do',
    )


def _money(amount: Decimal, *, sign: bool = False) -> str:
    return f"{amount:+,.2f}" if sign else f"{amount:,.2f}"


def _count(engine: Engine, t: ir.Table) -> int:
    return int(engine.to_arrow(t.aggregate(n=t.count()))["n"][0].as_py())
