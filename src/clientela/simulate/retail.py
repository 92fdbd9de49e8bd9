"""A whole simulated shop, from its settings to its files."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from clientela.simulate.customers import Customers, draw_customers
from clientela.simulate.dirt import plant
from clientela.simulate.fees import draw_fees
from clientela.simulate.groups import Floats
from clientela.simulate.lines import Lines, draw_lines, empty, join
from clientela.simulate.orders import Orders, draw_orders
from clientela.simulate.products import Products, draw_products
from clientela.simulate.settings import RetailSettings
from clientela.simulate.truth import Simulation, add_lines, start_sums, truth_table, write_facts
from clientela.simulate.write import Transactions

BLOCK_ORDERS = 5_000
"""Orders whose lines are in memory at once."""

MEAN_DELAY_DAYS = 12.0  # by convention: within the usual 14 or 30 days of grace
DAY_SECONDS = 86_400  # seconds of a day


def simulate_retail(folder: Path, settings: RetailSettings | None = None) -> Simulation:
    """Simulate a shop whose truth is known, in the layout of UCI Online Retail.

    Assumptions
    -----------
    - Customers come from latent groups, by default wholesale, regular, occasional, gift and
      one-off buyers. They differ in rate, spend, basket, season and life by factors of two to
      twenty, so that a segmentation worth its name finds them.
    - Within a group, repeat purchases are Poisson with Gamma rates until dropout, exponential with
      Gamma rates (Pareto/NBD) or geometric with Beta probabilities (BG/NBD), and order values are
      Gamma-Gamma: the models of the literature recover what was drawn.
    - The season bends time, not the process: rates are per day of average business.
    - Spoilt lines stand beside sound ones, so that each customer's true orders, sales, returns and
      fees are exact whatever the cleaning does with the dirt.

    Parameters
    ----------
    folder : Path
        Made if absent; ``transactions.csv`` (the lines, in the order of time), ``truth.parquet``
        (one row a customer) and ``truth.json`` (settings, counts of what was planted, totals,
        bundles) are written there.
    settings : RetailSettings, optional
        The shop; the same settings give the same bytes.

    Returns
    -------
    Simulation
        The paths and counts. Customers and orders are held in memory, lines only in blocks.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), doi:10.1287/mnsc.33.1.1; Fader, Hardie & Lee (2005),
    doi:10.1287/mksc.1040.0098; Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     made = simulate_retail(Path(folder), RetailSettings(customers=20, products=50))
    ...     print(made.transactions.read_text().splitlines()[0])
    InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
    """
    settings = settings or RetailSettings()
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(settings.seed)
    products = draw_products(settings.products, rng)
    customers = draw_customers(settings, products.themes, rng)
    orders, dropout = draw_orders(customers, settings, products.themes, rng)
    cents, planted = start_sums(settings.customers), Counter[str]()
    with Transactions(folder / "transactions.csv", products, settings.start) as file:
        for lines in _blocks(settings, products, customers, orders, planted, rng=rng):
            ordered = lines.take(np.lexsort((lines.document, lines.time)))
            shares = (settings.dirty_share, settings.duplicate_share)
            spoilt, status, counts = plant(ordered, settings.products, shares, rng)
            add_lines(cents, spoilt, status, settings.products)
            planted.update(counts)
            file.write(spoilt)
    truth = truth_table(customers, dropout, orders, cents, settings)
    simulation = Simulation(
        transactions=file.path,
        truth=folder / "truth.parquet",
        facts=folder / "truth.json",
        customers=settings.customers,
        orders=len(orders),
        lines=file.lines,
        planted=dict(planted),
    )
    pq.write_table(truth, simulation.truth)
    counts = {
        "customers": simulation.customers,
        "orders": simulation.orders,
        "lines": simulation.lines,
    }
    write_facts(settings, products, simulation.planted, cents, counts, simulation.facts)
    return simulation


def _blocks(
    settings: RetailSettings,
    products: Products,
    customers: Customers,
    orders: Orders,
    planted: Counter[str],
    *,
    rng: np.random.Generator,
) -> Iterator[Lines]:
    """Draw the lines of block after block of orders, in the order of time.

    Credit notes that fall after a block wait for theirs.
    """
    waiting, document = empty(), len(orders)
    for first in range(0, len(orders), BLOCK_ORDERS):
        block = orders.take(slice(first, first + BLOCK_ORDERS))
        following = orders.time[first + BLOCK_ORDERS : first + BLOCK_ORDERS + 1]
        until = int(following[0]) if len(following) else np.iinfo(np.int64).max
        fresh = _documents(settings, products, customers, block, (first, document), rng=rng)
        planted.update(_count(fresh, settings.products))
        document = max(document, int(fresh.document.max()) + 1)
        everything = join([waiting, fresh])
        due = everything.time < until
        waiting = everything.take(np.flatnonzero(~due))
        yield everything.take(np.flatnonzero(due))


def _documents(
    settings: RetailSettings,
    products: Products,
    customers: Customers,
    orders: Orders,
    first: tuple[int, int],
    *,
    rng: np.random.Generator,
) -> Lines:
    """Draw the invoices of some orders, and all credit notes that will ever come of them."""
    sales = draw_lines(orders, first[0], products, rng)
    fees = draw_fees(sales, first[1], settings.fee_share, settings.products, rng)
    cancelled = draw_cancellations(sales, settings.cancelled_share, rng)
    uncancelled = ~np.isin(sales.document, cancelled.document)
    factor = customers.return_factor[sales.customer]
    returned = draw_returns(sales, settings.return_share, factor, uncancelled, rng)
    notes = renumber(cancelled, returned, first[1] + int(fees.credit.sum()))
    happened = notes.take(np.flatnonzero(notes.time < settings.days * 86_400))
    return join([sales, fees, happened])


def _count(lines: Lines, products: int) -> dict[str, int]:
    """Count sales, fees and credit lines as they were meant, before any dirt."""
    fee = lines.code >= products
    return {
        "sale_lines": int((~fee & (lines.credit == 0)).sum()),
        "credit_lines": int((~fee & (lines.credit == 1)).sum()),
        "fee_lines": int(fee.sum()),
    }


def draw_cancellations(lines: Lines, share: float, rng: np.random.Generator) -> Lines:
    """Cancel whole orders of identified customers within the hour.

    The credit notes keep the orders' document numbers, for :func:`renumber` to replace.
    """
    documents, order = np.unique(lines.document, return_inverse=True)
    cancelled = (rng.random(len(documents)) < share)[order] & (lines.customer >= 0)
    minutes = rng.integers(5, 56, len(documents))[order]
    given_back = lines.but(quantity=-lines.quantity, time=lines.time + 60 * minutes)
    return given_back.take(np.flatnonzero(cancelled))


def draw_returns(
    lines: Lines,
    share: float,
    factor: Floats,
    uncancelled: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Lines:
    """Return some units of some lines to the shop, days later, a credit note each.

    Parameters
    ----------
    factor : ndarray
        How much more often than usual each line's customer gives back.
    uncancelled : ndarray
        Whether the line's order was not cancelled already.
    """
    is_returned = (rng.random(len(lines)) < share * factor) & (lines.customer >= 0) & uncancelled
    rows = np.flatnonzero(is_returned)
    bought = lines.take(rows)
    delay = 1 + np.floor(rng.exponential(MEAN_DELAY_DAYS, len(rows))).astype(np.int64)
    units = np.ceil(bought.quantity * rng.random(len(rows))).astype(np.int64)
    return bought.but(
        document=rows,
        quantity=-np.maximum(units, 1),
        time=bought.time + delay * DAY_SECONDS,
    )


def renumber(cancelled: Lines, returned: Lines, first: int) -> Lines:
    """Assign every credit note a document number of its own, from the first free one."""
    orders, order = np.unique(cancelled.document, return_inverse=True)
    numbers = [first + order, first + len(orders) + np.arange(len(returned))]
    notes = join([cancelled, returned])
    return notes.but(document=np.concatenate(numbers), credit=np.ones(len(notes), dtype=np.int64))
