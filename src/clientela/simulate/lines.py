"""The lines of orders: products, quantities and prices that add up to the order's value."""

from dataclasses import dataclass, fields

import numpy as np

from clientela.simulate.groups import Floats
from clientela.simulate.orders import Orders
from clientela.simulate.products import Ints, Products, pick, with_companions


@dataclass(frozen=True)
class Lines:
    """One row a line, in numbers; :mod:`~clientela.simulate.write` turns them into text.

    Parameters
    ----------
    document : ndarray
        The invoice or credit note the line stands on, unique over the whole simulation.
    credit : ndarray
        Whether the document is a cancellation, written with a leading C.
    time : ndarray
        Seconds since the start.
    customer : ndarray
        Index of the customer, -1 where the line names none.
    code, description, country, bad_date : ndarray
        Indices into the vocabularies; ``bad_date`` is -1 where the date is sound.
    quantity, price_cents : ndarray
        Units, and hundredths of money a unit.
    """

    document: Ints
    credit: Ints
    time: Ints
    customer: Ints
    code: Ints
    description: Ints
    country: Ints
    bad_date: Ints
    quantity: Ints
    price_cents: Ints

    def __len__(self) -> int:
        return len(self.document)

    def take(self, rows: Ints) -> "Lines":
        """Return some lines in the given sequence."""
        return Lines(*(getattr(self, field.name)[rows] for field in fields(self)))

    def but(self, **columns: Ints) -> "Lines":
        """Return the lines with some columns replaced."""
        return Lines(
            *(columns.get(field.name, getattr(self, field.name)) for field in fields(self))
        )

    @property
    def cents(self) -> Ints:
        """Amount of each line in hundredths of money."""
        return self.quantity * self.price_cents


def join(parts: list[Lines]) -> Lines:
    """Put lines below one another."""
    names = [field.name for field in fields(Lines)]
    return Lines(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def empty() -> Lines:
    """Return no lines at all."""
    return Lines(*(np.empty(0, dtype=np.int64) for _ in fields(Lines)))


def draw_lines(
    orders: Orders, first_document: int, products: Products, rng: np.random.Generator
) -> Lines:
    """Draw the lines of some orders.

    Quantities are whole, rounded up or down at random so that an order's value is met on average;
    a line rounded to no unit falls away.
    """
    size = 1 + rng.poisson(rng.gamma(2.0, np.maximum(orders.lines_mean - 1.0, 0.0) / 2.0))
    order = np.repeat(np.arange(len(orders)), size)
    product = pick(products, orders.theme[order], rng)
    order, product = with_companions(order, product, products, rng)
    quantity = _quantities(order, product, orders.value, products, rng)
    sold = quantity > 0
    order, product, quantity = order[sold], product[sold], quantity[sold]
    zeros = np.zeros(len(order), dtype=np.int64)
    return Lines(
        document=first_document + order,
        credit=zeros,
        time=orders.time[order],
        customer=orders.customer[order],
        code=product,
        description=product,
        country=orders.country[order],
        bad_date=zeros - 1,
        quantity=quantity,
        price_cents=products.price_cents[product],
    )


def _quantities(
    order: Ints, product: Ints, value: Floats, products: Products, rng: np.random.Generator
) -> Ints:
    """Share each order's value among its lines and divide by the prices, to whole units."""
    weight = rng.gamma(2.0, 1.0, len(order))
    total = np.bincount(order, weights=weight, minlength=len(value))
    cents = 100.0 * value[order] * weight / total[order]
    units = np.floor(cents / products.price_cents[product] + rng.random(len(order)))
    quantity = units.astype(np.int64)
    first = np.searchsorted(order, np.arange(len(value)))
    nothing = np.bincount(order, weights=units, minlength=len(value)) == 0
    quantity[first[nothing]] = 1
    return quantity
