"""Texts, numbers and tables of one report: in its language and its currency."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from clientela import i18n
from clientela.contract.features import FEATURES
from clientela.i18n import Lang, load_catalogue
from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Format, Kind, Series
from clientela.report.report_data import ReportData
from clientela.store.record import PROGRAMME

UNITS = {feature.name: feature.unit for feature in FEATURES}
CENTS_BELOW = 100  # by convention: cents no longer matter in larger amounts
TENTHS_BELOW = 100  # by convention: three digits say enough
SHORT_FROM = 1_000_000  # below it the amount itself is as short
SMALLEST_P = 0.001  # by convention of journals: smaller ones are "< 0.001"
NOTHING = "\N{EN DASH}"

CellKind = Literal[
    "text",
    "feature",
    "date",
    "figure",
    "number",
    "decimal",
    "decimal2",
    "decimal3",
    "money",
    "share",
    "p_value",
]
"""How a cell is written: ``text`` and ``figure`` are finished texts, left and right."""
LEFT = ("text", "feature", "date")
TableColumn = tuple[str | AnswerColumn, CellKind, str | Callable[[Any], Any]]
"""Heading (key or finished column), kind of the cells, and a row's field or a function of a row."""


@dataclass(frozen=True)
class Formatter:
    """How a report writes.

    Parameters
    ----------
    lang : "en" or "pt_BR"
        The language.
    currency : str, optional
        ISO 4217; amounts are bare numbers without it.
    programme : str
        What the firm calls its programme, for ``{programme}`` in texts.
    """

    lang: Lang
    currency: str | None
    programme: str = PROGRAMME

    def say(self, key: str, **values: object) -> str:
        """Return the text of a key of the topic ``report``."""
        return i18n.t(f"report.{key}", self.lang, **({"programme": self.programme} | values))

    def count(self, key: str, n: int, **values: object) -> str:
        """Return the text of a key for one or for several, with ``{n}`` written."""
        written = {"n": self.number(n)} | values
        return self.say(f"{key}.{'one' if n == 1 else 'other'}", **written)

    def label(self, family: str, code: object) -> str:
        """Return the name of a code, or the code in plain letters."""
        if code is None:
            return NOTHING
        texts, key = load_catalogue(self.lang), f"report.{family}.{code}"
        return texts[key] if key in texts else str(code).replace("_", " ")

    def heading(self, family: str, code: object) -> str:
        """Return the name of a code as it stands at the head of a line."""
        return capitalize(self.label(family, code))

    def localize(self, row: Mapping[str, Any], name: str) -> str:
        """Return a finished text of a row that has one a language."""
        return str(row.get(f"{name}_{self.lang.lower()}") or "")

    def feature(self, name: str) -> str:
        """Return the label of a feature, or of what a model makes of features."""
        return load_catalogue(self.lang).get(f"feature.{name}.label") or self.label("input", name)

    def model(self, code: str | None) -> str:
        """Return the name of a model; ``bg_cnbd_2`` is the BG/CNBD-2 of the literature."""
        stem, _, k = (code or "").rpartition("_")
        if k.isdigit():
            return f"{stem.upper().replace('_', '/')}-{k}"
        return self.label("model", code)

    def group(self, code: str) -> str:
        """Return the name of a group of customers at the head of a line."""
        return self.programme if code == "members" else self.heading("group", code)

    def hits(self, row: Mapping[str, Any]) -> str:
        """Write how many past intervals of a forecast held what came."""
        if not row["measurable"] or row["hits"] is None:
            return self.say("expected.not_measurable")
        hits, dates = self.number(row["hits"]), self.number(row["dates"])
        return self.say("expected.of", hits=hits, dates=dates)

    def value(self, feature: str, value: float | None) -> str:
        """Write the value of a feature in its unit."""
        if value is None or value != value:
            return NOTHING
        unit = UNITS.get(feature, "")
        if unit == "amount":
            return self.money(value)
        if unit == "share":
            return self.share(value)
        rounded = round(value, 1)
        without_cents = rounded == int(rounded) or abs(rounded) >= TENTHS_BELOW
        written = self.number(rounded, 0 if without_cents else 1)
        if unit != "days":
            return written
        return self.say(f"days.{'one' if rounded == 1 else 'other'}", n=written)

    def money(self, amount: float | None) -> str:
        """Write an amount, small ones with their cents."""
        if amount is None or amount != amount:
            return NOTHING
        without_cents = abs(amount) >= CENTS_BELOW or amount == int(amount)
        if self.currency is None:
            return i18n.format_number(amount, self.lang, 0 if without_cents else 2)
        return i18n.format_money(amount, self.currency, self.lang, whole=without_cents)

    def short(self, amount: float | None) -> str:
        """Write an amount for a headline, millions in three digits."""
        if amount is None or self.currency is None or abs(amount) < SHORT_FROM:
            return self.money(amount)
        return i18n.format_money_short(amount, self.currency, self.lang)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Write a number."""
        if value is None or value != value:
            return NOTHING
        return i18n.format_number(value, self.lang, decimals)

    def share(self, value: float | None) -> str:
        """Write a share as a percentage."""
        return NOTHING if value is None or value != value else i18n.format_share(value, self.lang)

    def ratio(self, value: float | None) -> str:
        """Write how many times one quantity is another."""
        return self.number(value, 1)

    def p_value(self, value: float | None) -> str:
        """Write a p-value, or that it is smaller than a thousandth."""
        if value is not None and value < SMALLEST_P:
            return f"< {self.number(SMALLEST_P, 3)}"
        return self.number(value, 3)

    def whole_share(self, value: float) -> str:
        """Write a round share without decimals."""
        return f"{self.number(100 * value)}%"

    def date(self, day: dt.date | None) -> str:
        """Write a day."""
        return NOTHING if day is None else i18n.format_date(day, self.lang)

    def month(self, day: dt.date) -> str:
        """Write a month."""
        return i18n.format_month(day, self.lang)

    def bars(
        self,
        key: str,
        title: str,
        bars: Iterable[tuple[str, float | None]],
        axis: tuple[str, Format],
        note: str = "",
        kind: Kind = "bars",
    ) -> Chart:
        """Return a chart of one bar or column a label."""
        labels, values = zip(*bars, strict=True)
        heading, form = self.say(axis[0]), axis[1]
        return Chart(
            key=key,
            title=title,
            kind=kind,
            categories=labels,
            value=Axis(heading, form),
            series=(Series(heading, values),),
            note=self.say(note) if note else "",
            currency=self.currency if form == "money" else None,
        )

    def table(
        self,
        key: str,
        title: str,
        rows: Sequence[Any],
        columns: Sequence[TableColumn],
        *,
        strong: str | Callable[[Any], Any] = "",
        note: str = "",
    ) -> AnswerTable | None:
        """Return rows as a table, each column by its name; None without rows.

        Columns after the first that hold nothing in any row are left out.

        Parameters
        ----------
        key, title : str
            Key of the table in its answer, and what it shows.
        rows : sequence
            Mappings, or what the functions among the columns take.
        columns : sequence of TableColumn
            Heading, kind of the cells, and the field of a row or a function of it.
        strong : str or callable
            Field or function that says which rows stand out.
        note : str
            What else to know.

        Examples
        --------
        >>> rows = [{"customers": 12, "share": 0.25}]
        >>> columns = [("column.customers", "number", "customers")]
        >>> columns += [("column.customers_share", "share", lambda row: row["share"])]
        >>> table = Formatter("en", None).table("k", "Customers", rows, columns)
        >>> table.rows, [column.name for column in table.columns]
        ((('12', '25.0%'),), ['Customers', 'of customers'])
        """
        if not rows:
            return None
        written = [[self._cell(row, kind, of) for row in rows] for _, kind, of in columns]
        shown = [
            (head, kind, cells)
            for index, ((head, kind, _), cells) in enumerate(zip(columns, written, strict=True))
            if not index or {*cells} != {NOTHING}
        ]
        heads = (
            AnswerColumn(self.say(head), kind not in LEFT) if isinstance(head, str) else head
            for head, kind, _ in shown
        )
        lines = zip(*(cells for _, _, cells in shown), strict=True)
        outstanding = () if not strong else (i for i, row in enumerate(rows) if _read(row, strong))
        return AnswerTable(key, title, tuple(heads), tuple(lines), tuple(outstanding), note)

    def _cell(self, row: Any, kind: CellKind, source: str | Callable[[Any], Any]) -> str:
        if kind == "text" and isinstance(source, str):
            return self.localize(row, source)
        value = _read(row, source)
        match kind:
            case "text" | "figure":
                return str(value)
            case "decimal" | "decimal2" | "decimal3":
                return self.number(value, int(kind.removeprefix("decimal") or 1))
            case _:
                return str(getattr(self, kind)(value))


def fold(table: AnswerTable | None, folded: bool = True) -> AnswerTable | None:
    """Return the table as one that the page shows on a click."""
    return table and msgspec.structs.replace(table, folded=folded)


def list_sentences(
    key: str, rows: Sequence[Mapping[str, Any]], name: Callable[[Any], str], fmt: Formatter
) -> AnswerTable | None:
    """List the finished sentences of rows, each with its name, in a folded table."""
    return fold(
        fmt.table(
            key,
            fmt.say("column.in_words"),
            [row for row in rows if fmt.localize(row, "sentence")],
            [("column.what", "text", name), ("column.in_words", "text", "sentence")],
        )
    )


def _read(row: Any, source: str | Callable[[Any], Any]) -> Any:
    return row[source] if isinstance(source, str) else source(row)


def capitalize(text: str) -> str:
    """Begin a text with a capital letter.

    Examples
    --------
    >>> capitalize("k-means on ranks")
    'K-means on ranks'
    """
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """Begin a text with a small letter, where it goes on in a sentence.

    Examples
    --------
    >>> lower_first("Win back 30 customers")
    'win back 30 customers'
    """
    return text[:1].lower() + text[1:]


def make_formatter(data: ReportData, lang: Lang) -> Formatter:
    """Return the formatter of a report."""
    programme = data.facts.get("programme")
    name = programme.get("name", PROGRAMME) if isinstance(programme, Mapping) else PROGRAMME
    return Formatter(lang, data.currency, str(name))
