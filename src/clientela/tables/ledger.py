"""The ledger of a run: where every row that was read ended, in rows, customers and money.

What was read equals what stands in the tables, was already held, or went to the quarantine: in
rows, in distinct customers (each counted at the best place one of its lines reached) and in money,
to the last decimal. A ledger that does not add up stops the run.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from clientela.errors import ClientelaError, LimitExceeded

Place = Literal[
    "read",
    "split",
    "sale",
    "return",
    "fee",
    "customer",
    "already_held",
    "quarantine",
    "replaced",
    "replacing",
    "forgotten",
]
NO_SALES = ("total_line", "not_a_sale")
UNREFUSED = ("superseded_customer", "corrected_order", *NO_SALES)
CANONICAL: tuple[Place, ...] = ("sale", "return", "fee", "customer")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one place: a kind of the tables, already held, or a rule of the quarantine.

    ``amount`` sums the amounts that could be read in the tables' currency, ``absolute`` their
    absolute values; ``customers`` are distinct ids. ``replaced`` are lines that the tables held and
    a correction took out, ``replacing`` those, among the others, that came for them; ``orders``
    counts the orders that were corrected. ``split`` are refunds that a sale's row told and that
    became rows of their own. ``forgotten`` are rows of people who were erased: their
    number alone is known.
    """

    place: Place
    rule: str = ""
    rows: int
    customers: int = 0
    amount: Decimal = Decimal(0)
    absolute: Decimal = Decimal(0)
    orders: int = 0


class RuleFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found among the rows that were new, whatever was done about it."""

    rule: str
    decision: str
    rows: int
    customers: int = 0
    amount: Decimal = Decimal(0)


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The account of one source."""

    source: str
    table: str
    lines: tuple[Line, ...]
    found: tuple[RuleFinding, ...] = ()

    def total(self, *places: Place) -> Line:
        """Add up the lines of some places."""
        lines = [line for line in self.lines if line.place in places]
        return Line(
            place=places[0],
            rows=sum(line.rows for line in lines),
            customers=sum(line.customers for line in lines),
            amount=sum((line.amount for line in lines), Decimal(0)),
            absolute=sum((line.absolute for line in lines), Decimal(0)),
            orders=sum(line.orders for line in lines),
        )

    def check(self) -> None:
        """Make sure that nothing was lost or made up.

        Raises
        ------
        ClientelaError
            The places do not add up to what was read: a fault of ours.

        Examples
        --------
        >>> read, sale = Line(place="read", rows=2), Line(place="sale", rows=1)
        >>> Ledger(source="a.csv", table="transactions", lines=(read, sale)).check()
        Traceback (most recent call last):
        ...
        clientela.errors.ClientelaError: rows do not add up: read 2, placed 1 (a.csv)...
        """
        read = self.total("read", "split")
        placed = self.total(*CANONICAL, "already_held", "quarantine", "forgotten")
        for name in ("rows", "customers", "amount"):
            before, after = getattr(read, name), getattr(placed, name)
            if before != after:
                raise ClientelaError(
                    f"{name} do not add up: read {before}, placed {after}",
                    where=self.source,
                    do="nothing was published; please report this with the file's layout",
                )


def add_forgotten(ledger: Ledger, rows: int) -> Ledger:
    """Count rows of erased people, which went no further; the number of rows read stays to be set.

    Examples
    --------
    >>> add_forgotten(Ledger(source="a.csv", table="transactions", lines=()), 2).lines[0].rows
    2
    """
    if not rows:
        return ledger
    return msgspec.structs.replace(
        ledger,
        lines=(*ledger.lines, Line(place="forgotten", rows=rows)),
        found=(*ledger.found, RuleFinding(rule="forgotten", decision="fix", rows=rows)),
    )


def set_rows_read(account: Ledger, counted: int, split: int = 0) -> Ledger:
    """Take the number of rows read from the independent count, and check the account with it.

    ``split`` rows came of others and were not counted.
    """
    lines = tuple(
        msgspec.structs.replace(line, rows=counted) if line.place == "read" else line
        for line in account.lines
    )
    lines += (Line(place="split", rows=split),) if split else ()
    account = msgspec.structs.replace(account, lines=lines)
    account.check()
    return account


def merge_lines(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Add up lines of the same place and rule, in order of appearance."""
    totals: dict[tuple[Place, str], Line] = {}
    for line in lines:
        earlier = totals.get((line.place, line.rule))
        totals[line.place, line.rule] = line if earlier is None else _sum(earlier, line)
    return tuple(totals.values())


def _sum(left: Line, right: Line) -> Line:
    return Line(
        place=left.place,
        rule=left.rule,
        rows=left.rows + right.rows,
        customers=left.customers + right.customers,
        amount=left.amount + right.amount,
        absolute=left.absolute + right.absolute,
        orders=left.orders + right.orders,
    )


def check_limits(ledgers: Iterable[Ledger], rows_share: float, money_share: float) -> None:
    """Stop a run that would refuse too much of what is new in a source.

    Earlier versions of a customer that a later row supersedes are not refused.

    Raises
    ------
    LimitExceeded
        The quarantine would take more than the configured share of rows or of absolute money.
    """
    for ledger in ledgers:
        refused = [line for line in ledger.lines if line.place == "quarantine"]
        refused = [line for line in refused if line.rule not in UNREFUSED]
        read, already_held = ledger.total("read", "split"), ledger.total("already_held")
        aside = [line for line in ledger.lines if line.rule in NO_SALES]
        rows = (
            sum(line.rows for line in refused),
            read.rows - already_held.rows - sum(line.rows for line in aside),
        )
        money = (
            sum(line.absolute for line in refused),
            read.absolute - already_held.absolute - sum(line.absolute for line in aside),
        )
        _check_limit("rows", rows, rows_share, ledger.source, refused)
        _check_limit("money", money, money_share, ledger.source, refused)


def _check_limit(
    of: str,
    refused_of_new: tuple[Decimal | int, Decimal | int],
    limit: float,
    source: str,
    refused: list[Line],
) -> None:
    refused_amount, new = refused_of_new
    share = float(refused_amount) / float(new) if new else 0.0
    if share <= limit:
        return
    worst = sorted(refused, key=lambda line: -line.rows)[:3]
    reasons = ", ".join(f"{line.rule} {line.rows:,} rows ({line.absolute:,.2f})" for line in worst)
    raise LimitExceeded(
        f"{share:.1%} of {of} would be refused, more than the limit of {limit:.1%}: {reasons}",
        where=source,
        do=f"set cleaning.max_refused_{of}_share to 1 and run with a --workspace for trial, where "
        "clientela export quarantine lists the lines; then change the file, the columns' mapping, "
        "cleaning.rules or the limit",
    )
