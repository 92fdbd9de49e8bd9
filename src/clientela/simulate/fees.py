"""Lines that are no product: postage, carriage, bank charges, manual lines and discounts."""

from dataclasses import dataclass

import numpy as np

from clientela.simulate.lines import Lines
from clientela.simulate.products import Ints


@dataclass(frozen=True)
class Fee:
    """A code that is no product; a discount stands on a credit note of its own."""

    code: str
    description: str
    share: float
    price_cents: int
    discount: bool = False


FEES: tuple[Fee, ...] = (
    Fee("POST", "POSTAGE", 0.55, 1800),
    Fee("C2", "CARRIAGE", 0.10, 5000),
    Fee("DOT", "DOTCOM POSTAGE", 0.10, 2495),
    Fee("M", "Manual", 0.08, 650),
    Fee("BANK CHARGES", "Bank Charges", 0.04, 1500),
    Fee("S", "SAMPLES", 0.03, 330),
    Fee("D", "Discount", 0.10, 1125, discount=True),
)


def draw_fees(
    lines: Lines, first_credit: int, share: float, products: int, rng: np.random.Generator
) -> Lines:
    """Draw the fee lines of some orders, given those orders' lines.

    Parameters
    ----------
    first_credit : int
        The first document number free for discounts.
    products : int
        Where the fees begin in the vocabulary of codes.
    """
    heads = np.flatnonzero(np.concatenate([[True], lines.document[1:] != lines.document[:-1]]))
    fee_lines = lines.take(heads[rng.random(len(heads)) < share])
    kind = rng.choice(len(FEES), size=len(fee_lines), p=[fee.share for fee in FEES])
    discount = np.array([fee.discount for fee in FEES])[kind].astype(np.int64)
    return fee_lines.but(
        document=np.where(discount, first_credit + np.cumsum(discount) - 1, fee_lines.document),
        credit=discount,
        code=products + kind,
        description=products + kind,
        quantity=1 - 2 * discount,
        price_cents=_prices(kind, rng),
    )


def _prices(kind: Ints, rng: np.random.Generator) -> Ints:
    """Vary each fee around its usual price, to the cent."""
    usual = np.array([fee.price_cents for fee in FEES])[kind]
    return np.asarray(np.rint(usual * rng.uniform(0.8, 1.2, len(kind))), dtype=np.int64)
