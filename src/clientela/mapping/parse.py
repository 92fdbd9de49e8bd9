"""Raw text to typed canonical columns, in expressions that run on every engine."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import cast

import ibis
import ibis.expr.types as ir

from clientela.contract.tables import MONEY
from clientela.mapping import dates, lines
from clientela.mapping import row_key as line
from clientela.mapping.formats import DateFormat, Formats, NumberFormat
from clientela.mapping.numbers import number
from clientela.mapping.order_ids import complete_order_id, derive_order_id
from clientela.mapping.source_columns import Mapping
from clientela.mapping.zones import Zone
from clientela.sources.ids import APOSTROPHES, BLANKS, NO_ID

WORDS = ("product_id", "description", "country", "channel", "service", "category")
YES = ("1", "1.0", "true", "t", "yes", "y", "sim", "s", "si", "sí", "verdadeiro")
NO = ("0", "0.0", "false", "f", "no", "n", "não", "nao", "falso")
LEFT, STAYED = (*YES, "churned"), (*NO, "active", "ativo")
POSTED, POSTED_LINE = "posted_transactions", "posted_line"  # the layout, and its line numbers
PERSON = "\x1fcustomer"  # the id in its one spelling, beside the column as it was written
FIGURES, LESS = (
    ("quantity", "unit_price", "amount"),
    (
        "discount",
        "discount_share",
        "refunded",
        "credited",
        "cost",
        "unit_cost",
    ),
)
NARROW = "decimal(9, 4)"
WIDER = "decimal(19, 4)"  # one wider factor, and the product is exact on every engine


def normal_id(text: ir.StringValue) -> ir.StringValue:
    """Reduce ids to their one spelling, as :func:`clientela.sources.ids.normalise_id` does."""
    return _read_id(_drop_marks(strip_blanks(text)))


def _drop_marks(bare: ir.StringValue) -> ir.StringValue:
    """Drop the apostrophes by which spreadsheets keep digits as text."""
    marked = ibis.or_(*[bare.startswith(mark) for mark in APOSTROPHES])
    return marked.ifelse(bare.re_replace(f"^[{''.join(APOSTROPHES)}{BLANKS}]+", ""), bare)


def _read_id(bare: ir.StringValue) -> ir.StringValue:
    """Drop the decimals of whole numbers; null where a text says that there is no id."""
    is_whole = bare.contains(".") & bare.re_search(
        r"^([0-9]+\.0{1,2}|[0-9]+\.0{4,}|[0-9]{4,}\.0+)$"
    )
    without_zeros = is_whole.ifelse(bare.re_replace(r"\.0+$", ""), bare)
    return bare.lower().isin(sorted(NO_ID)).ifelse(ibis.null("string"), without_zeros)


def strip_blanks(text: ir.StringValue) -> ir.StringValue:
    """Drop the blanks around a text; null where nothing else is there."""
    # Few values have any, and comparing letters costs far less than a pattern.
    suspect = text < "!"
    for blank in BLANKS:
        suspect = suspect | text.endswith(blank)
    bare = text.re_replace(f"^[{BLANKS}]+|[{BLANKS}]+$", "")
    return cast(ir.StringValue, suspect.ifelse(bare, text).nullif(""))


def word(text: ir.StringValue) -> ir.StringValue:
    """Return a text without the blanks around it; null where data frames wrote it is missing."""
    bare = strip_blanks(text)
    return bare.isin(["nan", "NaN"]).ifelse(ibis.null("string"), bare)


def type_lines(
    staging: ir.Table, mapping: Mapping, formats: Formats, *, hashed: bool = False
) -> ir.Table:
    """Type the lines of a transactions source.

    Parameters
    ----------
    staging : ir.Table
        The source as :func:`clientela.sources.reading.stage` wrote it.
    mapping : Mapping
        Which columns are ours.
    formats : Formats
        How dates and numbers are written.
    hashed : bool
        Whether ids are pseudonyms, so that a line's key takes them apart (:func:`row_key.key`).

    Returns
    -------
    ir.Table
        ``source_row``; every column of schema.TRANSACTIONS but line_no, kind, taken_in
        and returns_order_id, null where absent or unreadable; ``raw_date``, ``raw_quantity``,
        ``raw_unit_price``, ``raw_amount`` and those of what is taken off the amount (text, null
        where absent or blank); ``meaning`` (sale, return, no sale); ``derived_price`` ``no_sale``
        and ``total_line`` (flags); ``raw`` (the source's columns as a struct).
    """
    ids = [name for name in ("customer_id", "order_id") if name in mapping.columns]
    words = [name for name in (*WORDS, "currency") if name in mapping.columns]
    t = staging.select(
        "source_row",
        **{name: ibis.null("string") for name in ("customer_id", "order_id", *WORDS, "currency")}
        | {name: strip_blanks(_text(staging, mapping, name)) for name in ids}
        | {name: word(_text(staging, mapping, name)) for name in words},
        raw_date=_raw(staging, mapping, "ordered_local"),
        **{f"raw_{name}": _raw(staging, mapping, name) for name in _raw_columns(mapping)},
        meaning=lines.find_meaning(staging, mapping.values),
        raw=ibis.struct({name: staging[name] for name in source_columns(staging)}),
    )
    # Step by step: what is used twice would be written out, and planned, twice a step.
    t = t.mutate(**{name: _drop_marks(t[name]) for name in ids})
    t = t.mutate(**{name: _read_id(t[name]) for name in ids})
    t = _add_times(t, mapping, formats)
    if mapping.order_within:
        t = t.mutate(order_id=complete_order_id(t, mapping.order_within))
    t = t.mutate(currency=t.currency.upper().fill_null(mapping.currency))
    if mapping.derived_order:
        t = t.mutate(order_id=derive_order_id(t))
    if mapping.version and mapping.version in staging.columns:
        t = lines.leave_last_versions(t, mapping.version)
    t = _add_values(t, mapping, formats)
    t = lines.mark_totals(t, mapping).mutate(no_sale=t.meaning == lines.NO_SALE)
    t = lines.mark_discounts(t, mapping)
    if "refunded" in mapping.columns:
        t = lines.split_refunds(t, _date_refunds(t, mapping, formats))
    return t.mutate(line_key=line.key(*_content(t, mapping), apart=hashed))


def source_columns(staging: ir.Table) -> list[str]:
    """Name the columns that are the source's own."""
    return [column for column in staging.columns if column not in ("source_row", PERSON)]


def _text(staging: ir.Table, mapping: Mapping, ours: str) -> ir.StringValue:
    theirs = mapping.columns.get(ours)
    return ibis.null("string") if theirs is None else staging[theirs]


def _raw(staging: ir.Table, mapping: Mapping, ours: str) -> ir.StringValue:
    theirs = mapping.columns.get(ours)
    return ibis.null("string") if theirs is None else strip_blanks(staging[theirs])


def _date_refunds(t: ir.Table, mapping: Mapping, formats: Formats) -> ir.Table:
    """Select the sales that tell a refund, at the moment of it where that is told."""
    repaid = t.filter((t.meaning == "sale") & (t.amount > 0) & (t.refunded > 0))
    if "refunded_at" not in mapping.columns:
        return repaid
    dated = repaid.mutate(
        sold_local=repaid.ordered_local,
        sold_at=repaid.ordered_at,
        raw_date=repaid.raw_refunded_at,
    )
    dated = _add_times(dated, mapping, formats, "refunded_at")
    return dated.mutate(
        ordered_local=ibis.coalesce(dated.ordered_local, dated.sold_local),
        ordered_at=ibis.coalesce(dated.ordered_at, dated.sold_at),
    )


def _add_times(
    t: ir.Table, mapping: Mapping, formats: Formats, name: str = "ordered_local"
) -> ir.Table:
    """Add ``ordered_local`` and ``ordered_at``."""
    form = formats.dates.get(name, DateFormat())
    zone = Zone(mapping.timezone, formats.first, formats.last)
    t = t.mutate(ordered_local=dates.moment(t.raw_date, form))
    if not form.zoned:
        return t.mutate(ordered_at=zone.to_utc(t.ordered_local))
    shown, offset = t.ordered_local, dates.offset_minutes(t.raw_date, form)
    t = t.mutate(
        ordered_at=offset.isnull().ifelse(zone.to_utc(shown), shown - offset.as_interval("m"))
    )
    return t.mutate(ordered_local=offset.isnull().ifelse(shown, zone.to_local(t.ordered_at)))


def _add_values(t: ir.Table, mapping: Mapping, formats: Formats) -> ir.Table:
    """Add ``quantity``, ``unit_price`` and ``amount``, each read or derived from the others."""
    t = t.mutate(**{name: _read_figure(t, name, mapping, formats) for name in _figures(mapping)})
    has = mapping.columns.keys()
    t = t.mutate(derived_price=ibis.literal(False))
    if {"quantity", "unit_price", "amount"} <= has:
        t = _complete(t)
    elif "unit_price" in has and "quantity" not in has:
        t = t.mutate(quantity=_ratio(t.amount, t.unit_price))
    elif "quantity" not in has:
        t = t.mutate(quantity=_one())
    if "amount" not in has:
        t = t.mutate(amount=_product(t))
    if "credited" in has:
        t = _take_credits(t)
    t = _turn_signs(_sign_returns(t, mapping), mapping)
    if "amount" in mapping.per_order:
        weight = _product(t).abs() if has >= {"quantity", "unit_price"} else _one()
        t = lines.divide(t, "amount", weight)
    t = _add_cost(lines.take_off(t, mapping), mapping)
    if mapping.values:
        t = lines.turn_returns(t)
    return t if "unit_price" in has else t.mutate(unit_price=_price_alone(t, mapping))


def _read_figure(t: ir.Table, name: str, mapping: Mapping, formats: Formats) -> ir.DecimalValue:
    if name not in mapping.columns:
        return ibis.null(MONEY)
    value = number(t[f"raw_{name}"], formats.numbers.get(name, NumberFormat()))
    if not mapping.minor_units or name in ("quantity", "discount_share"):
        return value
    return cast(ir.DecimalValue, (value * Decimal("0.01")).cast(MONEY))


def _sign_returns(t: ir.Table, mapping: Mapping) -> ir.Table:
    """Make amounts negative whose units are, where a source writes them without a sign."""
    if mapping.layout != "configured" or not {"quantity", "amount"} <= mapping.columns.keys():
        return t
    priced = t.unit_price >= 0 if "unit_price" in mapping.columns else ibis.literal(True)
    unsigned = ((t.quantity < 0) & (t.amount > 0) & priced).fill_null(False)
    amount = unsigned.ifelse((-t.amount).cast(MONEY), t.amount)
    return t.mutate(amount=amount, unsigned_return=unsigned)


def _turn_signs(t: ir.Table, mapping: Mapping) -> ir.Table:
    """Make sales positive and what is given back negative, where a source writes the reverse."""
    if not mapping.negative_sales:
        return t
    back = t.amount > 0
    quantity = back.ifelse(-t.quantity.abs(), t.quantity.abs())
    return t.mutate(
        amount=(-t.amount).cast(MONEY),
        quantity=quantity.cast(MONEY),
        unit_price=t.unit_price.abs().cast(MONEY),
    )


def _take_credits(t: ir.Table) -> ir.Table:
    """Take off what a row gives back in a column of its own, where it need not sell anything."""
    nothing = ibis.literal(Decimal(0)).cast(MONEY)
    sold = (t.raw_amount.isnull() & t.credited.notnull()).ifelse(nothing, t.amount)
    return t.mutate(amount=(sold - t.credited.abs().fill_null(nothing)).cast(MONEY))


def _add_cost(t: ir.Table, mapping: Mapping) -> ir.Table:
    """Add what the line's goods cost, signed as its amount; null where no column tells it."""
    if "cost" in mapping.columns:
        cost = t.cost
    elif "unit_cost" in mapping.columns:
        cost = (t.quantity.cast(WIDER) * t.unit_cost).try_cast(MONEY)
    else:
        return t.mutate(cost=ibis.null(MONEY))
    return t.mutate(cost=(t.amount < 0).ifelse(-cost.abs(), cost.abs()).cast(MONEY))


def _raw_columns(mapping: Mapping) -> list[str]:
    dated = ["refunded_at"] if "refunded_at" in mapping.columns else []
    return [*_figures(mapping), *dated]


def _figures(mapping: Mapping) -> list[str]:
    return [*FIGURES, *[name for name in LESS if name in mapping.columns]]


def _complete(t: ir.Table) -> ir.Table:
    """Derive the one that a line lacks of quantity, price and amount."""
    lacks = {name: t[f"raw_{name}"].isnull() for name in ("quantity", "unit_price", "amount")}
    derived = lacks["unit_price"] & t.amount.notnull() & t.quantity.notnull()
    return t.mutate(
        derived_price=derived,
        unit_price=lacks["unit_price"].ifelse(_ratio(t.amount, t.quantity), t.unit_price),
        quantity=lacks["quantity"].ifelse(_ratio(t.amount, t.unit_price), t.quantity),
        amount=lacks["amount"].ifelse(_product(t), t.amount),
    )


def _product(t: ir.Table) -> ir.DecimalValue:
    # Factors below 100,000 multiply within 64 bits, at a twentieth of the cost.
    narrow = (t.quantity.try_cast(NARROW) * t.unit_price.try_cast(NARROW)).try_cast(MONEY)
    wide = (t.quantity.cast(WIDER) * t.unit_price).try_cast(MONEY)
    return cast(ir.DecimalValue, ibis.coalesce(narrow, wide))


def _price_alone(t: ir.Table, mapping: Mapping) -> ir.DecimalValue:
    """Return the price of a source without prices: the amount, of one unit or of several."""
    return _ratio(t.amount, t.quantity if "quantity" in mapping.columns else _one())


def _one() -> ir.DecimalScalar:
    return cast(ir.DecimalScalar, ibis.literal(Decimal(1)).cast(MONEY))


def _ratio(amount: ir.DecimalValue, by: ir.DecimalValue) -> ir.DecimalValue:
    """Divide, to four places; null where there is nothing to divide by."""
    quotient = amount.cast("float64") / by.nullif(Decimal(0)).cast("float64")
    return cast(ir.DecimalValue, quotient.round(4).try_cast(MONEY))


def _content(t: ir.Table, mapping: Mapping) -> tuple[list[ir.StringValue], list[ir.StringValue]]:
    """Return what makes a line the same line in another file, however that one is written.

    The ids stand apart from the rest. A derived price is left out, as a division may round
    otherwise elsewhere. A posted line is known by its number in the order.
    """
    if mapping.layout == POSTED:
        return [t.order_id], [ibis.literal(POSTED), t.raw[POSTED_LINE]]
    numbers = [
        _show_value(t[name], t[f"raw_{name}"] if name in mapping.columns else None)
        for name in ("quantity", "unit_price", "amount")
        if name in mapping.columns or name == "amount"
    ]
    return [t.customer_id, t.order_id], [
        *[t[name] for name in WORDS],
        t.currency,
        _show_value(t.ordered_local, t.raw_date),
        *numbers,
        *([t.meaning] if mapping.values else []),
    ]


def _show_value(value: ir.Value, raw: ir.StringValue | None) -> ir.StringValue:
    """Return a typed value as text, or the raw text where it could not be typed."""
    text = value.cast("string")
    return cast(ir.StringValue, text if raw is None else ibis.coalesce(text, raw))


def type_customers(
    staging: ir.Table, mapping: Mapping, formats: Formats, *, hashed: bool = False
) -> ir.Table:
    """Type the rows of a customers source.

    Parameters
    ----------
    staging, mapping, formats, hashed
        As of :func:`type_lines`.

    Returns
    -------
    ir.Table
        ``source_row``; every column of schema.CUSTOMERS; ``raw_signup_date``,
        ``raw_birth_date``, ``raw_age``, ``raw_churned_at``; ``line``.
    """
    t = staging.select(
        "source_row",
        customer_id=normal_id(_text(staging, mapping, "customer_id")),
        gender=word(_text(staging, mapping, "gender")),
        region=word(_text(staging, mapping, "region")),
        churned=truth(_raw(staging, mapping, "churned"), LEFT, STAYED),
        known_from=_day(_raw(staging, mapping, "known_from"), "known_from", formats),
        attributes=_attributes(staging, mapping.extra),
        raw_signup_date=_raw(staging, mapping, "signup_date"),
        raw_birth_date=_raw(staging, mapping, "birth_date"),
        raw_age=_raw(staging, mapping, "age"),
        raw_churned_at=_raw(staging, mapping, "churned_at"),
        line=line.json_line(staging, source_columns(staging)),
    )
    t = t.mutate(
        signup_date=_day(t.raw_signup_date, "signup_date", formats),
        birth_date=_day(t.raw_birth_date, "birth_date", formats),
        churned_at=_day(t.raw_churned_at, "churned_at", formats),
        age=_floor(number(t.raw_age, formats.numbers.get("age", NumberFormat()))),
    )
    return t.mutate(line_key=line.key([t.customer_id], _person(t), apart=hashed))


def _attributes(staging: ir.Table, extra: Iterable[str]) -> ir.StringValue:
    columns = [column for column in extra if column in staging.columns]
    return line.json_line(staging, columns) if columns else ibis.null("string")


def _day(raw: ir.StringValue, name: str, formats: Formats) -> ir.DateValue:
    return dates.moment(raw, formats.dates.get(name, DateFormat())).date()


def _floor(value: ir.DecimalValue) -> ir.IntegerValue:
    return value.cast("float64").floor().cast("int64")


def truth(text: ir.StringValue, yes: Sequence[str], no: Sequence[str]) -> ir.BooleanValue:
    """Read a flag by the words for yes and no; null where a text is none of them."""
    folded = text.lower()
    return ibis.cases((folded.isin(yes), True), (folded.isin(no), False))


def _person(t: ir.Table) -> list[ir.StringValue]:
    dated = ("signup_date", "birth_date", "churned_at")
    return [
        t.gender,
        t.region,
        t.churned.cast("string"),
        t.known_from.cast("string"),
        *[_show_value(t[name], t[f"raw_{name}"]) for name in (*dated, "age")],
        t.attributes,
    ]
