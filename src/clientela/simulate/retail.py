"""A whole simulated shop, from its settings to its files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clientela.simulate.customers import Customers, draw_customers
from clientela.simulate.dirt import PlantedLines, plant
from clientela.simulate.fees import draw_fees
from clientela.simulate.lines import Lines, draw_lines, empty, join
from clientela.simulate.orders import Orders, draw_orders
from clientela.simulate.products import Products, draw_products
from clientela.simulate.returns import draw_cancellations, draw_returns, renumber
from clientela.simulate.settings import RetailSettings
from clientela.simulate.truth import TruthLedger, truth_table, write_facts, write_truth
from clientela.simulate.write import Transactions

BLOCK_ORDERS = 5_000
"""Orders whose lines are in memory at once."""


@dataclass(frozen=True)
class RetailSimulation:
    """Where the files stand, and what they hold."""

    transactions: Path
    truth: Path
    facts: Path
    customers: int
    orders: int
    lines: int
    planted: dict[str, int]


@dataclass(frozen=True)
class _Shop:
    """What is drawn once and stays the same for every block of orders."""

    settings: RetailSettings
    products: Products
    customers: Customers
    orders: Orders
    rng: np.random.Generator


def simulate_retail(folder: Path, settings: RetailSettings | None = None) -> RetailSimulation:
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
    RetailSimulation
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
    ledger = TruthLedger(settings.customers)
    shop = _Shop(settings, products, customers, orders, rng)
    with Transactions(folder / "transactions.csv", products, settings.start) as file:
        for planted in _blocks(shop, ledger):
            ledger.add(planted, settings.products)
            file.write(planted.lines)
    truth = truth_table(customers, dropout, orders, ledger, settings)
    simulation = RetailSimulation(
        transactions=file.path,
        truth=folder / "truth.parquet",
        facts=folder / "truth.json",
        customers=settings.customers,
        orders=len(orders),
        lines=file.lines,
        planted=ledger.counts,
    )
    write_truth(truth, simulation.truth)
    counts = {
        "customers": simulation.customers,
        "orders": simulation.orders,
        "lines": simulation.lines,
    }
    write_facts(settings, products, ledger, counts, simulation.facts)
    return simulation


def _blocks(shop: _Shop, ledger: TruthLedger) -> Iterator[PlantedLines]:
    """Draw the lines of block after block of orders, in the order of time.

    Credit notes that fall after a block wait for theirs.
    """
    waiting, document = empty(), len(shop.orders)
    for first in range(0, len(shop.orders), BLOCK_ORDERS):
        orders = shop.orders.take(slice(first, first + BLOCK_ORDERS))
        following = shop.orders.time[first + BLOCK_ORDERS : first + BLOCK_ORDERS + 1]
        until = int(following[0]) if len(following) else np.iinfo(np.int64).max
        fresh = _documents(shop, orders, (first, document))
        _count(ledger, fresh, shop.settings.products)
        document = max(document, int(fresh.document.max()) + 1)
        everything = join([waiting, fresh])
        due = everything.time < until
        waiting = everything.take(np.flatnonzero(~due))
        yield _plant_dirt(shop, everything.take(np.flatnonzero(due)))


def _documents(shop: _Shop, orders: Orders, first: tuple[int, int]) -> Lines:
    """Draw the invoices of some orders, and all credit notes that will ever come of them."""
    settings, rng, count = shop.settings, shop.rng, shop.settings.products
    sales = draw_lines(orders, first[0], shop.products, rng)
    fees = draw_fees(sales, first[1], settings.fee_share, count, rng)
    cancelled = draw_cancellations(sales, settings.cancelled_share, rng)
    uncancelled = ~np.isin(sales.document, cancelled.document)
    factor = shop.customers.return_factor[sales.customer]
    returned = draw_returns(sales, settings.return_share, factor, uncancelled, rng)
    notes = renumber(cancelled, returned, first[1] + int(fees.credit.sum()))
    happened = notes.take(np.flatnonzero(notes.time < settings.days * 86_400))
    return join([sales, fees, happened])


def _count(ledger: TruthLedger, lines: Lines, products: int) -> None:
    """Count sales, fees and credit lines as they were meant, before any dirt."""
    fee = lines.code >= products
    ledger.count("sale_lines", int((~fee & (lines.credit == 0)).sum()))
    ledger.count("credit_lines", int((~fee & (lines.credit == 1)).sum()))
    ledger.count("fee_lines", int(fee.sum()))


def _plant_dirt(shop: _Shop, lines: Lines) -> PlantedLines:
    """Put lines in the order of time, a document together, and plant the dirt."""
    settings = shop.settings
    ordered = lines.take(np.lexsort((lines.document, lines.time)))
    shares = (settings.dirty_share, settings.duplicate_share)
    return plant(ordered, settings.products, shares, shop.rng)
