"""Posted transactions as files of the inbox, which the next run takes in by its own rules.

A batch is one Parquet file, written whole, named by its key and its content: sent again, it is
found and not written twice. Batches of several requests may overlap: the run knows a line by its
order and number, and one that is held changes nothing.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from clientela.config.system import DONE, REFUSED
from clientela.errors import StoreError
from clientela.serving.predicting.schemas import Local
from clientela.serving.problems import EventError, EventsProblem
from clientela.serving.request import to_stored_id
from clientela.tables.manifest import write_whole

# By convention, as of a request for predictions: none holds a worker for seconds
MOST_EVENTS = 1_000
# What the DECIMAL(18,4) of the canonical tables holds, with a digit to spare
MOST_MONEY = 1e13
# By convention: a page of text is no product's description
LONGEST_TEXT = 500
AHEAD = dt.timedelta(days=1)  # clocks east of UTC are ahead by less than a day
State = Literal["waiting", "taken", "refused"]
PLACES: Mapping[State, str] = {"waiting": ".", "taken": DONE, "refused": REFUSED}
Text = Annotated[str, Meta(max_length=LONGEST_TEXT, pattern=r"^[^\x00-\x1f\x7f]*$")]
Money = Annotated[float, Meta(ge=-MOST_MONEY, le=MOST_MONEY)]


class TransactionEvent(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One line of an order, in the names of the canonical table."""

    customer_id: Annotated[Text | int | float, Meta(description="As your files write it")]
    order_id: Annotated[Text | int | float, Meta(description="Lines of one order share it")]
    line: Annotated[int, Meta(ge=0, le=2**31, description="Number of the line in its order")]
    ordered_local: Annotated[
        Local,
        Meta(description="When, in the firm's time zone and without one: 2011-12-09T12:50:00"),
    ]
    amount: Annotated[Money, Meta(description="Money of the line, negative for a return")]
    quantity: Annotated[
        Money | None, Meta(description="Units, negative for a return; else 1, or -1")
    ] = None
    currency: Annotated[Text | None, Meta(description="That of the run, or none")] = None
    product_id: Text | int | float | None = None
    description: Text | None = None
    country: Text | None = None
    channel: Text | None = None
    service: Text | None = None
    category: Text | None = None


def parse_events(
    raw_events: Sequence[Mapping[str, Any]], currency: str | None, now: dt.datetime
) -> list[TransactionEvent]:
    """Read the events of a request, each line of an order once.

    Parameters
    ----------
    currency : str, optional
        That of the tables.
    now : datetime
        Aware; no event is of a later day.

    Raises
    ------
    EventsProblem
        Some cannot be taken; it says of each why.
    """
    events: dict[tuple[str, int], tuple[int, TransactionEvent]] = {}
    errors = []
    for index, raw in enumerate(raw_events):
        try:
            event = msgspec.convert(raw, TransactionEvent)
            detail = _find_fault(event, currency, now)
        except msgspec.ValidationError as error:
            errors.append(EventError(index, f"{error}{_advise(str(error))}"))
            continue
        line = (to_stored_id(event.order_id), event.line)
        first, earlier = events.setdefault(line, (index, event))
        if earlier != event:
            detail = f"event {first} is the same line of the same order with other content"
        if detail:
            errors.append(EventError(index, detail))
    if errors:
        raise EventsProblem(
            f"{len(errors)} of {len(raw_events)} events cannot be taken; none was",
            where=f"events[{errors[0].event}]: {errors[0].detail}",
            do="correct those that errors lists, and send all again",
            errors=errors,
        )
    return [event for _, event in events.values()]


def _advise(fault: str) -> str:
    return "; write it as 2011-12-09T12:50:00" if "datetime" in fault else ""


def _find_fault(event: TransactionEvent, currency: str | None, now: dt.datetime) -> str:
    """Say why an event of the right form cannot be taken; empty where it can."""
    if not to_stored_id(event.customer_id):
        return "customer_id is nobody's id"
    if not to_stored_id(event.order_id):
        return "order_id is no order's"
    if event.ordered_local > now.replace(tzinfo=None) + AHEAD:
        return "ordered_local is in the future"
    if event.quantity is not None and event.quantity * event.amount < 0:
        return "amount and quantity are of different signs; both are negative in a return"
    if event.currency is not None and currency not in (None, event.currency):
        return f"the amounts of this firm are in {currency}, not in {event.currency}"
    return ""


def store_events(
    folder: Path, events: Sequence[TransactionEvent], currency: str | None, key: str | None
) -> tuple[str, State | None]:
    """Put events into the inbox as one file, unless they are there.

    Parameters
    ----------
    folder : Path
        The inbox.
    currency : str, optional
        Of the amounts.
    key : str, optional
        What the caller names the request by, and the caller: one key is of one content.

    Returns
    -------
    str, str or None
        The name of their batch, and where it stands if it was there before.

    Raises
    ------
    EventsProblem
        The key came before with other events.
    StoreError
        The folder cannot be written.
    """
    content = _digest(msgspec.json.encode(events))
    name = content if key is None else _digest(key.encode())
    batch = f"events-{name}-{content}"
    try:
        for state, place in PLACES.items():
            for path in (folder / place).glob(f"*events-{name}-*.parquet"):
                if not path.stem.endswith(batch):
                    raise EventsProblem(
                        "this Idempotency-Key came before with other events; none was taken",
                        where="Idempotency-Key",
                        do="send a key of its own with each batch, the same when it is sent again",
                    )
                return batch, state
        write_whole(folder / f"{batch}.parquet", _encode(events, currency))
    except OSError as error:
        raise StoreError(f"the inbox cannot be written: {error.strerror}") from None
    return batch, None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _encode(events: Sequence[TransactionEvent], currency: str | None) -> bytes:
    """Encode events as Parquet, in the columns of the layout ``posted_transactions``."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    def to_money(values: Sequence[float]) -> pa.Array:
        return pc.round(pa.array(values, pa.float64()), ndigits=4).cast(pa.decimal128(18, 4))

    def to_texts(name: str) -> pa.Array:
        values = [getattr(event, name) for event in events]
        ids = name.endswith("_id")
        return pa.array([to_stored_id(v) if ids and v is not None else v for v in values], "string")

    times = [event.ordered_local for event in events]
    columns = {
        "customer_id": to_texts("customer_id"),
        "order_id": to_texts("order_id"),
        "posted_line": pa.array([str(event.line) for event in events]),
        "ordered_local": pa.array(times, pa.timestamp("us")),
        "amount": to_money([event.amount for event in events]),
        "quantity": to_money([_get_quantity(event) for event in events]),
        "product_id": to_texts("product_id"),
    }
    texts = ("description", "country", "channel", "service", "category")
    columns |= {name: to_texts(name) for name in texts}
    if currency is not None:
        columns["currency"] = pa.array([currency] * len(events))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())


def _get_quantity(event: TransactionEvent) -> float:
    if event.quantity is not None:
        return event.quantity
    return -1.0 if event.amount < 0 else 1.0
