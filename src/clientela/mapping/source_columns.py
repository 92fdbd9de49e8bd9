"""Understand a source's columns: which of them are ours."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clientela.config import Source
from clientela.config.data import Meaning
from clientela.contract.tables import CUSTOMERS, TRANSACTIONS
from clientela.errors import ConfigError, DecisionNeeded, MappingError
from clientela.i18n import NO_CURRENCY
from clientela.mapping import presets
from clientela.mapping.date_parts import explain_no_date
from clientela.mapping.guess import guess, score_heading
from clientela.mapping.presets import Layout, Role
from clientela.mapping.profile import profile_columns
from clientela.mapping.proof import Proof
from clientela.mapping.prove import LABELS, prove
from clientela.mapping.region import REGION_GUESS, REGION_QUESTION

__all__ = ["Mapping", "Role", "resolve"]

INTERNAL = frozenset(
    {"line_no", "kind", "returns_order_id", "ordered_at", "taken_in", "line_key", "attributes"}
)
KNOWN_PEOPLE_SHARE = 0.9
"""Different ids by row in a file whose columns a layout of customers knows: such files repeat some
people, which a cleaning rule sets aside (by convention)."""
LEAST_PEOPLE = 20  # by convention: fewer rows may by chance be of as many people
HELPERS = frozenset(
    {
        *("ordered_time", "ordered_month", "ordered_day"),
        *("discount", "discount_share", "refunded", "refunded_at", "credited"),
        *("cost", "unit_cost"),
    }
)
OURS: dict[Role, frozenset[str]] = {
    "transactions": frozenset(column.name for column in TRANSACTIONS) - INTERNAL | HELPERS,
    "customers": frozenset(column.name for column in CUSTOMERS) - INTERNAL,
}


@dataclass(frozen=True)
class Mapping:
    """How the columns of a source become ours.

    Parameters
    ----------
    layout : str
        The preset's name, or ``configured``.
    role : "transactions" or "customers"
        The canonical table the source fills.
    columns : dict
        Our column -> the source's column. The time of an order is ``ordered_local``, whether the
        source tells local times or instants with their offset.
    timezone : str
        IANA zone of the source's local times.
    currency : str
        ISO 4217 code of all amounts where no column tells; ``XXX`` where nobody told.
    announcement : str
        One sentence for the user: "read as UCI Online Retail: InvoiceNo is order_id, …".
    cancel_prefix : str
        What order ids of cancellations begin with in this layout; empty where there is no mark.
    extra : tuple of str
        Columns of a customers file that are none of ours and become attributes.
    values : dict
        Column of the source -> value -> what it makes of the row: sale, return, no sale.
    fill_down : tuple of str
        Columns of the source that one line of an order tells for all its lines.
    per_order : tuple of str
        Ours whose column holds the figure of a whole order.
    order_within : tuple of str, optional
        What order numbers are counted within; None where nobody told.
    contacts : dict
        Contact data -> the source's column; kept apart from all else.
    minor_units : bool
        Whether figures of money are in cents.
    negative_sales : bool
        Whether sales stand with a minus, and what is given back without one.
    version : str, optional
        Column of the source that counts an order's versions, of which the last alone counts.
    adjusts_stock : bool
        Whether lines without a price are corrections of the stock in this layout.
    guessed_region : bool
        Whether currency and zone are a guess, which yields to those of the tables.
    """

    layout: str
    role: Role
    columns: dict[str, str]
    timezone: str = "UTC"
    currency: str = NO_CURRENCY
    announcement: str = ""
    cancel_prefix: str = ""
    extra: tuple[str, ...] = field(default=())
    values: dict[str, dict[str, Meaning]] = field(default_factory=dict)
    fill_down: tuple[str, ...] = ()
    per_order: tuple[str, ...] = ()
    order_within: tuple[str, ...] | None = None
    contacts: dict[str, str] = field(default_factory=dict)
    minor_units: bool = False
    negative_sales: bool = False
    version: str | None = None
    adjusts_stock: bool = False
    guessed_region: bool = False

    @property
    def derived_order(self) -> bool:
        """Whether an order is all that a customer bought on a local day."""
        return self.role == "transactions" and "order_id" not in self.columns

    @property
    def has_prices(self) -> bool:
        """Whether the source tells prices, and not amounts alone."""
        return "unit_price" in self.columns

    def adopt_region(self, currency: str | None, timezone: str) -> Self:
        """Take the tables' currency and zone where the source's own are a guess by headings."""
        if not self.guessed_region or not timezone:
            return self
        return replace(self, currency=currency or self.currency, timezone=timezone)


def resolve(
    columns: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    settings: Source,
    role: Role,
) -> Mapping:
    """Understand the columns of a source by its configuration or as a known layout.

    Parameters
    ----------
    columns : sequence of str
        The names of the source's columns.
    rows : sequence of rows
        Its first rows, for layouts without names of their own.
    settings : Source
        A preset or a mapping that the user gives goes before what is detected.
    role : "transactions" or "customers"
        What the source is to be read as.

    Raises
    ------
    MappingError
        The layout is unknown, or a configured column is not there or lacks.
    ConfigError
        The configuration names a column that is not ours, or a zone or preset that does not exist.

    Examples
    --------
    >>> resolve(["customer_id", "trans_date", "tran_amount"], [], Source(), "transactions").columns
    {'customer_id': 'customer_id', 'ordered_local': 'trans_date', 'amount': 'tran_amount'}
    """
    _check_settings(settings, role)
    configured = _read_columns(settings, role)
    detected = presets.detect(columns, rows, role)
    if detected is not None and detected.own:
        shared = Source(timezone=settings.timezone, currency=settings.currency)
        named_columns = presets.match_columns(detected, columns)
        return _mapping(detected, named_columns, columns, shared, role)
    layout = _choose_layout(columns, rows, settings, role)
    if configured and settings.preset is None and set(configured.values()) <= set(columns):
        same = layout and configured.items() <= presets.match_columns(layout, columns).items()
        return _mapping(layout if same else None, configured, columns, settings, role)
    further = prove_beyond(layout, columns, rows) if layout else None
    if not (configured or settings.preset):
        proof = further if layout else _prove(columns, rows, role)
        if proof and (layout is None or tells_more(proof, layout, columns)):
            return _accept_proof(proof, columns, settings)
    if layout is None:
        _check_columns(configured, columns)
        raise _unknown(columns, rows, role)
    lacking = presets.missing(layout, columns)
    if lacking:
        raise _absent(lacking, columns, f"the layout '{layout.name}'")
    if not set(configured.values()) & set(columns):
        configured = {}  # it is for another source of the same run
    _check_columns(configured, columns)
    named_columns = _add_labels(presets.match_columns(layout, columns), further)
    return _mapping(layout, named_columns | configured, columns, settings, role)


def _prove(
    columns: Sequence[str], rows: Sequence[Sequence[str | None]], role: Role
) -> Proof | None:
    """Prove the columns of transactions of no known layout; None where that fails."""
    if role != "transactions" or not rows:
        return None
    proof = prove(columns, rows)
    if lacks(proof.columns, role) or describes_people(proof, columns, rows):
        return None
    return proof


def prove_beyond(
    layout: Layout, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
) -> Proof | None:
    """Prove a sample of transactions with columns that a layout does not know; None without."""
    mapped = presets.match_columns(layout, columns).values()
    if layout.role != "transactions" or layout.patterns or not rows or set(columns) <= {*mapped}:
        return None
    return prove(columns, rows)


def tells_more(proof: Proof, layout: Layout, columns: Sequence[str]) -> bool:
    """Tell whether what was proved says more of the money than a layout.

    A layout's names fit many files; where further columns tell currency, status or what is taken
    off, the values decide.
    """
    matched = presets.match_columns(layout, columns).keys()
    return bool(proof.values or {*HELPERS, "currency", "order_id"} & proof.columns.keys() - matched)


def _add_labels(columns: MappingOf[str, str], proof: Proof | None) -> dict[str, str]:
    """Add the columns of words that a layout does not name, such as categories."""
    proved = proof.columns if proof else {}
    return dict(columns) | {
        role: proved[role]
        for role in LABELS
        if role in proved and role not in columns and proved[role] not in columns.values()
    }


def describes_people(
    proof: Proof, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
) -> bool:
    """Tell whether a sample holds a row a person, as files of customers do, and no orders."""
    index = list(columns).index(proof.columns["customer_id"])
    ids = [row[index] for row in rows if row[index]]
    named = score_heading("order_id", proof.columns.get("order_id", "")) or 0.0
    layout = _detect_layout(columns, rows, "customers")
    least = KNOWN_PEOPLE_SHARE if layout is not None else 1.0
    # The whole heading: "Last Invoice" names a part, and is a person's.
    return len(ids) > LEAST_PEOPLE and len(set(ids)) >= least * len(ids) and named < 2


def _accept_proof(proof: Proof, columns: Sequence[str], settings: Source) -> Mapping:
    """Make a mapping of a proof without doubts.

    Raises
    ------
    DecisionNeeded
        It has open questions.
    """
    open_questions = [
        text
        for text in proof.questions
        if not (text == REGION_QUESTION and settings.currency)
        and not ("in cents" in text and settings.minor_units is not None)
        and not ("with a minus" in text and settings.negative_sales is not None)
        and not ("in several versions" in text and settings.version)
    ]
    if open_questions:
        raise _open_questions(open_questions)
    mapping = _mapping(None, proof.columns, columns, settings, "transactions")
    reasons = "; ".join(dict.fromkeys(why for whys in proof.reasons.values() for why in whys))
    currency = settings.currency or proof.currency or NO_CURRENCY
    proved = replace(
        mapping,
        currency=currency,
        timezone=settings.timezone or proof.timezone or mapping.timezone,
        values=proof.values,
        guessed_region=REGION_GUESS in proof.reasons.get("currency", ())
        and not (settings.timezone or settings.currency),
        fill_down=proof.fill_down,
        per_order=proof.per_order,
        order_within=proof.order_within or settings.order_within,
        minor_units=bool(
            proof.minor_units if settings.minor_units is None else settings.minor_units
        ),
    )
    announcement = _announcement("headings, values and arithmetic show", proved)
    return replace(proved, announcement=f"{announcement}; {reasons}" if reasons else announcement)


def _open_questions(questions: Sequence[str]) -> DecisionNeeded:
    return DecisionNeeded(
        "\n- ".join(["it is in doubt how the source is to be read:", *questions]),
        where="source.columns",
        do="correct the clientela.toml that clientela init FILE writes, take its question out of "
        "source.ask, and run with --config clientela.toml",
    )


def _check_columns(configured: dict[str, str], columns: Sequence[str]) -> None:
    absent = [theirs for theirs in configured.values() if theirs not in columns]
    if absent:
        raise _absent(absent, columns, "the configuration")


def _read_columns(settings: Source, role: Role) -> dict[str, str]:
    """Return the user's mapping; the time of an order may be called ``ordered_at``."""
    user_columns = settings.columns if role == "transactions" else settings.customer_columns
    section = "source.columns" if role == "transactions" else "source.customer_columns"
    renamed = {"ordered_local" if k == "ordered_at" else k: v for k, v in user_columns.items()}
    for ours in renamed:
        if ours not in OURS[role]:
            raise ConfigError(
                f"'{ours}' is no column of {role}",
                where=section,
                do="use some of " + ", ".join(sorted(OURS[role])),
            )
    if renamed:
        lacking = lacks(renamed, role)
        if lacking:
            raise MappingError(
                f"the mapping lacks {lacking}", where=section, do="name the source's column"
            )
    return renamed


def lacks(columns: MappingOf[str, object], role: Role) -> str:
    """Name what a mapping lacks of the columns that every source must have; empty if nothing.

    Examples
    --------
    >>> lacks({"customer_id": "id", "ordered_local": "day", "quantity": "n"}, "transactions")
    'amount, or unit_price beside quantity'
    """
    needed = ["customer_id", "ordered_local"] if role == "transactions" else ["customer_id"]
    absent = [column for column in needed if column not in columns]
    priced = "amount" in columns or {"quantity", "unit_price"} <= columns.keys()
    if role == "transactions" and not priced:
        absent.append("amount, or unit_price beside quantity")
    return "; ".join(absent)


def _choose_layout(
    columns: Sequence[str], rows: Sequence[Sequence[str | None]], settings: Source, role: Role
) -> Layout | None:
    layout = _preset(settings.preset) if settings.preset else None
    if layout is None or layout.role != role:
        layout = _detect_layout(columns, rows, role)
    return layout


def _detect_layout(
    columns: Sequence[str], rows: Sequence[Sequence[str | None]], role: Role
) -> Layout | None:
    """Find the known layout; what looks like transactions is no file of customers."""
    layout = presets.detect(columns, rows, role)
    if layout is None or role == "transactions" or "signup_date" in layout.required:
        return layout
    matched = set(presets.match_columns(layout, columns).values()) - {"customer_id"}
    free = [index for index, column in enumerate(columns) if column not in matched]
    free_rows = [[row[index] for index in free] for row in rows]
    guesses = guess([columns[index] for index in free], free_rows, "transactions")
    return None if {"ordered_local", "amount"} <= guesses.keys() else layout


def _preset(name: str) -> Layout:
    by_name = {layout.name: layout for layout in presets.layouts()}
    if name not in by_name:
        raise ConfigError(
            f"there is no preset '{name}'",
            where="source.preset",
            do="use one of " + ", ".join(by_name),
        )
    return by_name[name]


def _mapping(
    layout: Layout | None,
    columns: dict[str, str],
    headings: Sequence[str],
    settings: Source,
    role: Role,
) -> Mapping:
    mapped = set(columns.values())
    extra_columns = tuple(c for c in headings if c not in mapped) if role == "customers" else ()
    mapping = Mapping(
        layout=layout.name if layout else "configured",
        role=role,
        columns=columns,
        timezone=settings.timezone or (layout.timezone if layout else "UTC"),
        currency=settings.currency or (layout and layout.currency) or NO_CURRENCY,
        cancel_prefix=layout.cancel_prefix if layout else "",
        extra=extra_columns,
        values=settings.values if role == "transactions" else {},
        fill_down=settings.fill_down,
        per_order=settings.per_order,
        order_within=settings.order_within,
        minor_units=bool(settings.minor_units),
        negative_sales=bool(settings.negative_sales),
        version=settings.version if role == "transactions" else None,
        adjusts_stock=bool(layout and layout.adjusts_stock),
    )
    title = layout.title if layout else "the configuration says"
    return replace(mapping, announcement=_announcement(title, mapping))


def _announcement(title: str, mapping: Mapping) -> str:
    parts = [f"{theirs} is {ours}" for ours, theirs in mapping.columns.items()]
    if mapping.derived_order:
        parts.append("an order is all that a customer bought on a day")
    if mapping.role == "transactions":
        parts.append(f"times are {mapping.timezone}")
        if "currency" not in mapping.columns:
            unnamed = "amounts are in no named currency"
            named = mapping.currency != NO_CURRENCY
            parts.append(f"amounts are {mapping.currency}" if named else unnamed)
        if mapping.minor_units:
            parts.append("figures are in cents, read as hundredths")
    if mapping.extra:
        parts.append("attributes are " + ", ".join(mapping.extra))
    return f"read as {title}: " + ", ".join(parts)


def _check_settings(settings: Source, role: Role) -> None:
    """Raise if the zone does not exist or a question of init is open."""
    try:
        ZoneInfo(settings.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(
            f"there is no time zone '{settings.timezone}'",
            where="source.timezone",
            do='use an IANA name, such as "America/Sao_Paulo"',
        ) from None
    if settings.ask and role == "transactions":
        raise _open_questions(settings.ask)


def _absent(absent: Sequence[str], columns: Sequence[str], who: str) -> MappingError:
    return MappingError(
        f"{who} names columns that are not there: " + ", ".join(absent),
        where="columns found: " + ", ".join(columns),
        do="correct source.columns, or leave it out to have the layout detected",
    )


def _unknown(
    columns: Sequence[str], rows: Sequence[Sequence[str | None]], role: Role
) -> MappingError:
    guesses = guess(columns, [], role)
    lacking = lacks(guesses, role)
    missing = f"; missing: {lacking}" if lacking else ""
    no_date = explain_no_date(profile_columns(columns, rows)) if role == "transactions" else ""
    missing += f"; {no_date}" if no_date else ""
    return MappingError(
        f"the columns are those of no known layout of {role}{missing}",
        where="columns found: " + ", ".join(columns),
        do="run clientela init FILE, correct the clientela.toml it writes, "
        "and run again with --config clientela.toml",
    )
