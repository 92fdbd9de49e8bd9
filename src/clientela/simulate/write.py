"""Writing the transactions in the layout of UCI Online Retail, a block of lines at a time."""

import csv
import datetime as dt
import io
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.simulate.customers import FIRST_ID
from clientela.simulate.dirt import BAD_DATES, countries, quote_descriptions
from clientela.simulate.fees import FEES
from clientela.simulate.lines import Lines
from clientela.simulate.products import Ints, Products

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
FIRST_INVOICE = 536_365  # of UCI Online Retail, so that examples read alike


class Transactions:
    """The file of transactions, open for writing; it appears under its name once it is whole.

    Every text is quoted where CSV needs it and nowhere else. Arrow's own writer quotes all texts
    or none, so lines are joined as columns of text, which is as fast.
    """

    def __init__(self, path: Path, products: Products, start: dt.date) -> None:
        self.path = path
        self.lines = 0
        self._aside = path.with_name(path.name + ".part")
        self._file = self._aside.open("wb")
        self._file.write(f"{HEADER}\n".encode())
        self._epoch = int(dt.datetime.combine(start, dt.time(), dt.UTC).timestamp())
        self._next_invoice = FIRST_INVOICE
        fees = tuple(fee.description for fee in FEES)
        self._codes = pa.array([*products.codes, *(fee.code for fee in FEES)])
        self._descriptions = _quote(
            [*products.descriptions, *fees, *quote_descriptions(products.descriptions)]
        )
        self._countries = _quote(countries())

    def __enter__(self) -> "Transactions":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if kind is None:
            self._aside.replace(self.path)
        else:
            self._aside.unlink(missing_ok=True)

    def write(self, lines: Lines) -> None:
        """Append lines, those of a document together, and number their documents onward."""
        if len(lines) == 0:
            return
        columns = [
            self._invoices(lines),
            self._codes.take(lines.code),
            self._descriptions.take(lines.description),
            pc.cast(pa.array(lines.quantity), pa.string()),
            self._dates(lines),
            _prices(lines.price_cents),
            _customers(lines.customer),
            self._countries.take(lines.country),
        ]
        rows = pc.binary_join_element_wise(*columns, ",")
        self._file.write(_text(pc.binary_join_element_wise(rows, "", "\n")))
        self.lines += len(lines)

    def _invoices(self, lines: Lines) -> pa.Array:
        """Assign documents numbers in the sequence they appear, cancellations with a C before."""
        fresh = np.concatenate([[True], lines.document[1:] != lines.document[:-1]])
        number = self._next_invoice - 1 + np.cumsum(fresh)
        self._next_invoice = int(number[-1]) + 1
        prefix = pa.array(["", "C"]).take(lines.credit)
        return pc.binary_join_element_wise(prefix, pc.cast(pa.array(number), pa.string()), "")

    def _dates(self, lines: Lines) -> pa.Array:
        """Write dates like ``2010-12-01 08:26:00``, and the unreadable ones as they are."""
        seconds = pa.array(self._epoch + lines.time)
        sound = pc.cast(pc.cast(seconds, pa.timestamp("s")), pa.string())
        bad = np.flatnonzero(lines.bad_date >= 0)
        spoilt = pa.array(BAD_DATES).take(pa.array(lines.bad_date[bad]))
        return pc.replace_with_mask(sound, pa.array(lines.bad_date >= 0), spoilt)


def _quote(texts: Iterable[str]) -> pa.Array:
    """Quote the texts that CSV cannot hold bare.

    Examples
    --------
    >>> _quote(["plain", "a, b", '7" plate']).to_pylist()
    ['plain', '"a, b"', '"7"" plate"']
    """
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([text] for text in texts)
    return pa.array(buffer.getvalue().splitlines())


def _prices(cents: Ints) -> pa.Array:
    """Write prices like ``2.55``, ``2.1`` and ``18.0``."""
    distinct, inverse = np.unique(cents, return_inverse=True)
    return pa.array([repr(price) for price in (distinct / 100).tolist()]).take(inverse)


def _customers(customer: Ints) -> pa.Array:
    """Write ids as whole numbers, and nothing where there is none."""
    ids = pc.cast(pa.array(customer + FIRST_ID), pa.string())
    return pc.if_else(pa.array(customer >= 0), ids, "")


def _text(rows: pa.Array) -> memoryview:
    """Return the text of all rows, which Arrow holds in one piece."""
    offsets = np.frombuffer(rows.buffers()[1], dtype=np.int32)
    return memoryview(rows.buffers()[2])[: offsets[len(rows)]]
