"""How a firm's files are read and cleaned, and the events that its sales move with."""

from typing import Annotated, Literal

from msgspec import Meta, field

from clientela.config.section import Section, Share

Decision = Literal["keep", "fix", "quarantine", "refuse"]
IdForm = Literal["text", "code", "number", "grouped", "decimal", "document", "email", "phone"]
Corrections = Literal["replace", "ask", "keep_first", "add"]
Meaning = Literal["sale", "return", "no sale", "ask"]
Divided = Literal["amount", "discount", "refunded"]


class Source(Section, frozen=True):
    """How a firm's files are read; what is left out is detected and announced."""

    preset: Annotated[
        str | None, Meta(description="Name of a known layout; detected if absent")
    ] = None
    columns: Annotated[
        dict[str, str], Meta(description="Our column = the column of the transactions file")
    ] = field(default_factory=dict)
    customer_columns: Annotated[
        dict[str, str], Meta(description="Our column = the column of the customers file")
    ] = field(default_factory=dict)
    contacts: Annotated[
        dict[str, str],
        Meta(
            description="Contact data (email, phone, name, consent_email, consent_whatsapp, "
            "suppressed, no_profiling) = the column of either file; kept in a table apart, never "
            "a feature; of a customers file found where none is named"
        ),
    ] = field(default_factory=dict)
    delimiter: Annotated[str | None, Meta(description="Field separator of CSV; detected")] = None
    encoding: Annotated[
        str | None, Meta(description="Encoding of CSV, as Python names it; detected")
    ] = None
    decimal: Annotated[
        Literal[".", ","] | None, Meta(description="Decimal mark; detected from the whole column")
    ] = None
    date_order: Annotated[
        Literal["ymd", "dmy", "mdy"] | None,
        Meta(description="Order of day, month and year; detected from the whole column"),
    ] = None
    timezone: Annotated[
        str | None,
        Meta(description="IANA zone of the dates in the files, the firm's own; UTC if absent"),
    ] = None
    currency: Annotated[
        str | None, Meta(description="ISO 4217 code of all amounts, where no column tells")
    ] = None
    keep_currency: Annotated[
        str | None, Meta(description="Where a column holds several currencies: the one to keep")
    ] = None
    sheet: Annotated[str | None, Meta(description="Sheet of an xlsx file; the first")] = None
    id_form: Annotated[
        IdForm | None,
        Meta(
            description="How customer ids are written: text (every character counts), code (case "
            "and separators do not), number (leading zeros do not), grouped or decimal (what the "
            "point in 1.000 is), document (CPF, CNPJ), email, phone; detected from the whole column"
        ),
    ] = None
    customer_key: Annotated[
        tuple[str, ...] | None,
        Meta(
            description='What names a customer: ["customer_id"], or ["store", "customer_id"] where '
            "every store numbers its own; asked where ids repeat across stores"
        ),
    ] = None
    nobody_ids: Annotated[
        tuple[str, ...], Meta(description="Further ids that stand for no customer")
    ] = ()
    customer_ids: Annotated[
        tuple[str, ...],
        Meta(description="Ids that look like no customer's, or like those of many, and are one's"),
    ] = ()
    corrections: Annotated[
        Corrections | None,
        Meta(
            description="An order that comes again with other content: replace its lines, ask, "
            "keep_first, or add the new lines to it; if absent, a later export replaces them, and "
            "what is not certain is asked"
        ),
    ] = None
    header_row: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Row of the column names, from 1, blank rows not counted; found"),
    ] = None
    values: Annotated[
        dict[str, dict[str, Meaning]],
        Meta(description="Column of a status or type = what each of its values means"),
    ] = field(default_factory=dict)
    minor_units: Annotated[
        bool | None,
        Meta(description="Whether figures are in cents, read as hundredths; asked where in doubt"),
    ] = None
    negative_sales: Annotated[
        bool | None,
        Meta(
            description="Whether sales stand with a minus, and what is given back without one; "
            "asked where most figures are negative"
        ),
    ] = None
    version: Annotated[
        str | None,
        Meta(
            description="Column that counts an order's versions, of which the last alone counts; "
            "asked where orders stand in several"
        ),
    ] = None
    fill_down: Annotated[
        tuple[str, ...], Meta(description="Columns told on one line of an order, for all of them")
    ] = ()
    order_within: Annotated[
        tuple[str, ...] | None,
        Meta(
            description='What order numbers are counted within, where they begin anew: "year", '
            '"month", "day", columns of the file such as the store\'s; asked where a number stands '
            "for several customers"
        ),
    ] = None
    per_order: Annotated[
        tuple[Divided, ...],
        Meta(description="Ours whose column holds the order's figure: divided among its lines"),
    ] = ()
    ask: Annotated[
        tuple[str, ...],
        Meta(description="Open questions of `init`; a run stops until they are taken out"),
    ] = ()


class Cleaning(Section, frozen=True):
    """Which rules change what, and how much may be refused."""

    rules: Annotated[
        dict[str, Decision], Meta(description="Rule = keep, fix, quarantine or refuse")
    ] = field(default_factory=dict)
    fee_codes: Annotated[
        tuple[str, ...], Meta(description="Further product codes that are fees, not products")
    ] = ()
    max_refused_rows_share: Annotated[
        Share, Meta(description="Refused over all rows; beyond it nothing is published")
    ] = 0.05
    max_refused_money_share: Annotated[
        Share,
        Meta(description="Refused over all absolute money; beyond it nothing is published"),
    ] = 0.05


class Privacy(Section, frozen=True):
    """What is removed before anything is stored."""

    drop_columns: Annotated[
        tuple[str, ...], Meta(description="Columns of the source never stored")
    ] = ()
    keep_months: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(
            description="Whole months before the present one of which lines, refused rows and the "
            "customers of runs are kept; all if absent"
        ),
    ] = None
    attributes: Annotated[
        tuple[str, ...] | None,
        Meta(
            description="Further columns of the customers file that are stored, as attributes; all "
            "but contact data if absent"
        ),
    ] = None
    keep_personal: Annotated[
        tuple[str, ...],
        Meta(
            description="Columns of text in which personal data (e-mail, CPF, CNPJ, telephone) is "
            "meant to be stored; a run asks about any other"
        ),
    ] = ()
    drop_descriptions: Annotated[
        bool,
        Meta(
            description="Keep the description of a product on its first line alone, and none of "
            "lines without a product"
        ),
    ] = False
    hash_ids: Annotated[
        bool,
        Meta(description="Replace customer and order ids by an HMAC under the keys in key_env"),
    ] = False
    legal_duties: Annotated[
        tuple[str, ...],
        Meta(
            description="What a law obliges you to keep, where and how long, such as invoices in "
            "the ERP: listed in the receipt of an erasure"
        ),
    ] = ()
    key_env: Annotated[
        str,
        Meta(
            description="Environment variable that holds the keys, the oldest first with blanks "
            "between; with _FILE behind its name, that of a file of mode 0600"
        ),
    ] = "CLIENTELA_HMAC_KEY"


class Calendar(Section, frozen=True):
    """Events marked in charts: a country's, and the firm's own promotions."""

    country: Annotated[
        Literal["BR", "GB", "none"] | None,
        Meta(description="Whose calendar of commerce; guessed from zone and currency if absent"),
    ] = None
    file: Annotated[
        str | None,
        Meta(description="An events.toml with the firm's own promotions, in `[[event]]`"),
    ] = None
