"""Nobody: ids under which sales to many unknown people stand, such as "consumidor final".

Words and shapes that say so are taken for what they are; a number that may be somebody, and an id
that only behaves like many people, are asked.
"""

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Source
from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.sources.ids import is_nobody, normalise_id
from clientela.tables.identity import Identities

ALIKE = [rf"^(?:{digit}|[^\pL\pN])*$" for digit in range(10)]
UNFOLDED = r"[^\x00-\x7F]"  # what may be letters and digits once it is folded
SHAPE = "|".join([r"^\PN*[0-9]{0,2}\PN*$", *ALIKE, UNFOLDED])
"""Words with two digits at most, and one digit over and over."""
MAILBOX = rf"(?i)^(na|se|si|no|nu|con|cli|wal|an|gu|do)|^[^\pL\pN]|{UNFOLDED}"
DEFAULT_NUMBER = r"^(0|9{3,})$"
LEAST_ORDERS_SHARE = 0.05
"""Share of all orders from which one id is suspicious; the busiest of 4,300 identified customers
of UCI Online Retail has 0.9 %, of 2,357 of CDNOW 0.8 %."""
LEAST_ORDERS = 20  # by convention: below it a share of few orders says nothing
LEAST_TIMES_MEDIAN = 10.0
"""Orders beyond those of the median customer (by convention: ten times)."""
LEAST_TIMES_NEXT = 2.0
"""Orders beyond those of the busiest id that is not suspicious: where few buy, the best customer
has a large share without standing for many (45 of 817 orders beside 33, of 120 simulated ones)."""
ODD_TIMES_MEDIAN = 2.0
"""The same for an id without any digit among ids that all have some (by convention)."""
CODES_SHARE = 0.95
"""Share of ids with digits from which one without any is odd (by convention)."""
WHOLESALE_TIMES = 3.0
"""Times the usual order from which one id buys like a wholesaler, not like many people."""
EXAMPLES = 3  # by convention: ids named in a question, on one line


def find_nobody(identities: Identities, settings: Source, column: str) -> tuple[str, ...]:
    """Find the ids that stand for no customer, in their one spelling.

    Raises
    ------
    DecisionNeeded
        A number such as 0 or 999 may be a default or a customer.
    """
    counted = identities.orders()
    ids = counted["customer_id"].combine_chunks()
    customer_ids = {normalise_id(text, identities.form) for text in settings.customer_ids}
    nobody_ids = {normalise_id(text, identities.form) or text for text in settings.nobody_ids}
    shaped = ids.filter(_may_be_nobody(ids)).to_pylist()
    nobody = {text for text in shaped if is_nobody(text)} | nobody_ids
    defaults = ids.filter(pc.match_substring_regex(ids, DEFAULT_NUMBER)).to_pylist()
    for number in set(defaults) - nobody - customer_ids:
        if _is_default(number, counted, column):
            nobody.add(number)
    return tuple(sorted(id_ for id_ in nobody if id_ not in customer_ids))


def _may_be_nobody(ids: pa.Array) -> pa.Array:
    """Mark the ids that are worth a look: all others are somebody for certain."""
    mail = pc.match_substring(ids, "@")
    return pc.if_else(
        mail, pc.match_substring_regex(ids, MAILBOX), pc.match_substring_regex(ids, SHAPE)
    )


def _is_default(number: str, counted: pa.Table, column: str) -> bool:
    """Return whether a number of zeros or nines stands apart from the other ids."""
    ids = counted["customer_id"].combine_chunks()
    like = pc.match_substring_regex(ids, rf"^[0-9]{{{len(number)}}}$")
    neighbours = "1" if number == "0" else str(int(number) - 1)
    if pc.sum(like).as_py() < 3 or not pc.is_in(pa.array([neighbours]), value_set=ids)[0].as_py():
        return True
    orders = counted["orders"].filter(pc.equal(ids, number))[0].as_py()
    median = float(pc.quantile(counted["orders"], 0.5)[0].as_py())
    if orders >= LEAST_TIMES_MEDIAN * median:
        return True
    if number != "0":
        return False  # the customer between 998 and 1000
    raise DecisionNeeded(
        f"the id {number}, with {orders:,} orders, may be a customer's or stand for none",
        where=f"column {column}",
        do=f'set source.nobody_ids = ["{number}"] or source.customer_ids = ["{number}"]',
    )


def check_collective_ids(
    engine: Engine,
    typed: ir.Table,
    identities: Identities,
    nobody: tuple[str, ...],
    settings: Source,
    column: str,
) -> None:
    """Ask about ids that buy like many people: an outlying share of orders of the usual size.

    Parameters
    ----------
    typed : ir.Table
        The lines of the source; looked at only where an id is suspicious.

    Raises
    ------
    DecisionNeeded
        There are such ids.
    """
    counted = identities.orders()
    settled = [normalise_id(text, identities.form) for text in settings.customer_ids]
    is_other = pc.invert(pc.is_in(counted["customer_id"], pa.array([*nobody, *settled], "string")))
    counted = counted.filter(is_other)
    suspects = _suspects(counted)
    if not suspects:
        return
    table = _typical_orders(engine, typed)
    usual = float(pc.quantile(table["size"], 0.5)[0].as_py() or 0)
    sizes = dict(zip(table["customer_id"].to_pylist(), table["size"].to_pylist(), strict=True))
    ordinary = [id_ for id_ in suspects if sizes.get(id_, 0.0) <= WHOLESALE_TIMES * usual]
    if not ordinary:
        return
    total = pc.sum(pc.cast(counted["orders"], "int64")).as_py()
    orders_by_id = dict(
        zip(*(counted[name].to_pylist() for name in counted.column_names), strict=True)
    )
    shown = ", ".join(
        f"{id_} ({orders_by_id[id_]:,} orders, {orders_by_id[id_] / total:.0%} of all)"
        for id_ in ordinary[:EXAMPLES]
    )
    quoted = ", ".join(f'"{id_}"' for id_ in ordinary)
    raise DecisionNeeded(
        f"{len(ordinary)} ids may stand for many people: {shown}",
        where=f"column {column}",
        do=f"set source.nobody_ids = [{quoted}] if they name nobody, or source.customer_ids = "
        f"[{quoted}] if each is one customer",
    )


def _suspects(counted: pa.Table) -> list[str]:
    orders = pc.cast(counted["orders"], "float64")
    if not len(orders):
        return []
    median, total = pc.quantile(orders, 0.5)[0].as_py(), pc.sum(orders).as_py()
    least = max(LEAST_ORDERS, LEAST_ORDERS_SHARE * total, LEAST_TIMES_MEDIAN * median)
    suspicious = pc.greater_equal(orders, least)
    next_busiest = pc.max(orders.filter(pc.invert(suspicious))).as_py() or 0.0
    apart = pc.greater_equal(orders, LEAST_TIMES_NEXT * next_busiest)
    suspicious = pc.and_(suspicious, apart)
    digits = pc.match_substring_regex(counted["customer_id"], "[0-9]")
    if pc.mean(pc.cast(digits, "float64")).as_py() >= CODES_SHARE:
        odd = pc.and_(pc.invert(digits), pc.greater_equal(orders, ODD_TIMES_MEDIAN * median))
        suspicious = pc.or_(suspicious, odd)
    names: list[str] = counted["customer_id"].filter(suspicious).to_pylist()
    return sorted(names)


def _typical_orders(engine: Engine, typed: ir.Table) -> pa.Table:
    """Return the median amount of an order, a row a customer."""
    orders = typed.filter(typed.customer_id.notnull() & (typed.amount > 0))
    orders = orders.group_by("customer_id", "order_id").aggregate(
        amount=orders.amount.sum().cast("float64")
    )
    sizes = orders.group_by("customer_id").aggregate(
        size=ibis.coalesce(orders.amount.median(), 0.0)
    )
    return engine.to_arrow(sizes)
