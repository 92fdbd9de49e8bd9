"""How the dates and numbers of a source are written, decided once for each whole column."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

Shape = Literal[
    "iso", "numeric", "compact", "named", "stamp", "serial", "epoch", "epoch_ms", "epoch_us"
]
Order = Literal["ymd", "dmy", "mdy"]


@dataclass(frozen=True)
class DateFormat:
    """How a column writes dates.

    ``iso`` is 2010-12-01 08:26:00 (``T`` and a zone may stand in it), ``numeric`` 01/12/2010 8:26
    in some order and with any of ``/ - .``, ``compact`` 20101201, ``named`` 11-Feb-17 or Feb 11,
    2017 with English, Portuguese or Spanish months, ``serial`` the days that spreadsheets count,
    and ``epoch``, ``epoch_ms`` and ``epoch_us`` the time since 1970; ``stamp`` is 20101201082600.
    ``zoned`` tells whether any value names its UTC offset, ``halves`` whether any says AM or PM,
    and ``plain`` that a bare cast reads every value; ``bare_lengths`` are those at which it reads
    every value of that length. ``further`` holds the other formats, where a column mixes several
    that no value confuses. ``buddhist`` tells that years are those of Thailand, 543 ahead.
    """

    shape: Shape = "iso"
    order: Order = "ymd"
    zoned: bool = False
    halves: bool = False
    plain: bool = False
    bare_lengths: tuple[int, ...] = field(default=(), compare=False)  # only saves time
    buddhist: bool = False
    further: tuple["DateFormat", ...] = ()


@dataclass(frozen=True)
class NumberFormat:
    """How a column writes numbers; ``plain`` means that a bare cast reads every value."""

    decimal: Literal[".", ","] = "."
    plain: bool = False


@dataclass(frozen=True)
class Formats:
    """The formats of a source's columns, by our names, and the span of its times.

    ``lonely_until`` ends a first day that lies far before all others, as a placeholder does.
    """

    dates: dict[str, DateFormat] = field(default_factory=dict)
    numbers: dict[str, NumberFormat] = field(default_factory=dict)
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    lonely_until: dt.datetime | None = None
