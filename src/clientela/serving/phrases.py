"""Search in words: Portuguese and English phrases read as filters, by a small grammar.

A phrase is a row of conditions in any order, joined by *and* unless *or* stands between them. The
grammar knows habits of speech about silence, spending, orders, risk and the programme, the names
of the run's segments, each column's label with a comparison, and what describes customers: cities,
plans, categories as the run has them. What it does not know it says.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from clientela.contract.features import FEATURES
from clientela.errors import InputError
from clientela.i18n import LANGS, Lang, load_catalogue
from clientela.store.filter_attributes import PREFIX
from clientela.store.filters import (
    ORDERED_IN,
    Condition,
    Filter,
    FilterGroup,
    Negation,
    check_filter,
)

# By convention: months of 30 days and years of 365, as people round them in speech
DAYS = {"dia": 1, "day": 1, "semana": 7, "week": 7, "mes": 30, "month": 30, "ano": 365, "year": 365}
NUMBER = r"(?P<number>\d[\d.,]*)\s*(?P<thousand>mil\b|k\b|thousand\b)?"
SPAN = r"(?P<number>\d+)\s*(?P<unit>dias?|days?|semanas?|weeks?|mes(?:es)?|months?|anos?|years?)\b"
MONEY = r"(?:r\$|us\$|£|€|\$)?\s*"
MORE = r"mais de|acima de|maior(?:es)? (?:que|do que)|more than|over|above|greater than|>"
LEAST = r"pelo menos|no minimo|a partir de|at least|from|>="
LESS = r"menos de|abaixo de|menor(?:es)? (?:que|do que)|less than|fewer than|under|below|<"
MOST = r"ate|no maximo|at most|up to|<="
EXACT = r"exatamente|igual a|exactly|equal to|="
COMPARISON = (
    rf"(?:(?P<more>{MORE})|(?P<least>{LEAST})|(?P<less>{LESS})|(?P<most>{MOST})|(?P<exact>{EXACT}))"
)
YEAR = r"(?P<year>(?:nos? )?ultim(?:os|o) (?:12 meses|ano)|in the last (?:12 months|year)|no ano)"
QUARTER = r"(?P<quarter>(?:nos )?ultimos (?:90 dias|3 meses)|in the last (?:90 days|3 months))"
MONTH = r"(?P<month>(?:nos? )?ultim(?:os|o) (?:30 dias|mes)|in the last (?:30 days|month))"
WINDOWS = {"year": "revenue_365d", "quarter": "revenue_90d", "month": "revenue_30d"}
SPEND = (
    r"(?:que )?(?:gast(?:aram|am|ou)|compraram|(?:who )?(?:have )?spent|com receita|with revenue)"
)
NOT = (
    r"(?:que )?(?:nao (?:sao|estao)|fora d[oe]|sem|who are not|are not|not|outside)"
    r"(?: the| o)?\s+"
)
BUY = r"(?:compr(?:a(?:m|ram|r)?|ou)|bought|ordered|purchased)"
IS = "sao|is|are|=|:|e|de|do|da|of|igual a|equal to"
SHORTEST = 3  # by convention: shorter texts are codes that mean something else in a sentence
STOP = frozenset(
    re.findall(
        r"\w+",
        "a as ao aos com cliente clientes customer customers da das de do dos e em esta estao "
        "and are at have in is me mostre na nas no nos o os of people pessoas quais que quem "
        "show sao the to todos tem um uma were who with whose which all every list lista "
        "from live lives living mora moram vive vivem ",
    )
)
MONTH_NAMES = (
    "jan(?:eiro|uary)?|fev(?:ereiro)?|feb(?:ruary)?|mar(?:co|ch)?|abr(?:il)?|apr(?:il)?|maio?|may|"
    "jun(?:ho|e)?|jul(?:ho|y)?|ago(?:sto)?|aug(?:ust)?|set(?:embro)?|sep(?:t(?:ember)?)?|"
    "out(?:ubro)?|oct(?:ober)?|nov(?:embro|ember)?|dez(?:embro)?|dec(?:ember)?"
)
_MONTHS = "jan", "fev feb", "mar", "abr apr", "mai may", "jun"
_LATER_MONTHS = "jul", "ago aug", "set sep", "out oct", "nov", "dez dec"
MONTH_NUMBERS = {
    name: number
    for number, names in enumerate((*_MONTHS, *_LATER_MONTHS), 1)
    for name in names.split()
}
IN_MONTH = rf"(?:em|in)\s+(?P<month>{MONTH_NAMES})\.?\s*(?:de|of|/)?\s*(?P<year>\d{{4}})"
LONGEST_PHRASE = 300  # by convention: two long sentences
OR = re.compile(r"\s+(?:ou|or)\s+(?!mais\b|more\b)")
IN_PROGRAMME = Condition("insider", "in", ("member", "leaving"))


class Phrase(NamedTuple):
    """What was understood of a phrase: a filter, its parts with their words, and other words."""

    tree: Filter | None
    parts: list[tuple[str, Filter]]
    unknown: list[str]


_Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Lang], Filter]]
"""A habit of speech, and what builds the condition that it stands for."""


def read_phrase(
    text: str,
    lang: Lang,
    segments: Mapping[str, int],
    vocabulary: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Phrase:
    """Read a phrase as a filter.

    Parameters
    ----------
    text : str
        What somebody wrote.
    lang : "en" or "pt_BR"
        How its numbers are written.
    segments : mapping
        Names of the run's segments, of all languages, to their numbers.
    vocabulary : mapping
        Columns that describe customers, to their different texts; none where they hold numbers.

    Raises
    ------
    InputError
        It is longer than a phrase.

    Examples
    --------
    >>> phrase = read_phrase(
    ...     "Campeões que não compram há 60 dias, de Marte", "pt_BR", {"Campeões": 1}
    ... )
    >>> [condition.column for condition in phrase.tree.of], phrase.unknown
    (['days_since_last', 'segment'], ['marte'])
    """
    check_length(text)
    groups: list[Filter] = []
    parts: list[tuple[str, Filter]] = []
    unknown: list[str] = []
    # a name such as "Lapsed, mostly one order" begins as a habit does, and is meant whole
    by_whole_name = {name: number for name, number in segments.items() if "," in name}
    short = {name.partition(",")[0]: number for name, number in segments.items()}
    described = (*_list_segments(short), *_list_descriptions(vocabulary))
    rules = (*_list_segments(by_whole_name), *_list_habits(), *_list_columns(), *described)
    for alternative in OR.split(simplify(text)):
        conditions, rest = _read_alternative(alternative, lang, rules)
        parts += [(_quote(text, words), condition) for words, condition in conditions]
        words = re.findall(r"[^\s,;.!?:()]+", rest)
        unknown += [_quote(text, word).casefold() for word in words if word not in STOP]
        if conditions:
            groups.append(_join("and", [condition for _, condition in conditions]))
    tree = _join("or", groups) if groups else None
    if tree is not None:
        check_filter(tree)
    return Phrase(tree, parts, unknown)


def check_length(text: str) -> None:
    """Raise if a text is longer than a phrase.

    Raises
    ------
    InputError
        It is.
    """
    if len(text) > LONGEST_PHRASE:
        raise InputError(
            f"the phrase is longer than {LONGEST_PHRASE} letters",
            where="words",
            do="say it in a sentence, or write a filter",
        )


def _read_alternative(
    text: str, lang: Lang, rules: Sequence[_Rule]
) -> tuple[list[tuple[str, Filter]], str]:
    """Take out what each rule reads; return its conditions and what no rule read."""
    conditions = []
    for pattern, build in rules:
        while match := pattern.search(text):
            conditions.append((match[0].strip(), build(match, lang)))
            text = f"{text[: match.start()]} , {text[match.end() :]}"
    return conditions, text


def _join(join: str, parts: list[Filter]) -> Filter:
    if len(parts) == 1:
        return parts[0]
    return FilterGroup("and" if join == "and" else "or", tuple(parts))


def _quote(text: str, words: str) -> str:
    """Return words of a simplified text as they were written.

    Examples
    --------
    >>> _quote("Campeões que não  compram há 60 dias", "nao compram")
    'não compram'
    """
    written = " ".join(unicodedata.normalize("NFC", text).split())
    plain = simplify(written)
    start = plain.find(words) if len(plain) == len(written) else -1
    return words if start < 0 else written[start : start + len(words)]


def simplify(text: str) -> str:
    """Return a text in lower case without accents, its spaces single.

    Examples
    --------
    >>> simplify(" Não  compram HÁ 2 mêses")
    'nao compram ha 2 meses'
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"\s+", " ", plain).strip().replace("haven't", "have not").replace("n't", " not")


@cache
def _list_habits() -> tuple[_Rule, ...]:
    since = r"(?:(?:ha|faz|for|in|within)\s+)(?:mais de |more than |over |the last )?"
    silent = rf"(?:nao|sem|have not|has not|did not|not)\s+{BUY}|inativ[oa]s|inactive"
    quiet = rf"(?:who |que )?(?:{silent})\s+{since}{SPAN}"
    lately = rf"(?:who |que )?{BUY}\s+(?:nos? ultim[oa]s?|in the last|within)\s+{SPAN}"
    orders = rf"(?:com |with |que (?:fizeram|tem) )?{COMPARISON}?\s*(?P<number>\d+)"
    once = (
        rf"(?:who |que )?{BUY}\s+(?:(?:so |apenas )?uma (?:unica |so )?vez(?: so)?|(?:only )?once)"
    )
    level = r"(?P<level>alto|medio|baixo|high|medium|low)"
    leave = r"(?: (?:of|de) (?:leaving|sair|churn|evasao))?"
    risk = rf"(?:com |with |at |em )?(?:risco {level}|{level} risk){leave}"
    other = rf"(?:com |with |at |em )?(?P<level>alto|medio|baixo) risco{leave}"
    more = r"(?P<least>)(?P<number>\d+)\s+(?:pedidos|compras|orders) (?:ou mais|or more)"
    return (
        _rule(rf"(?:who |que )?(?:{silent})\s+{IN_MONTH}", lambda *of: Negation(_read_month(*of))),
        _rule(rf"(?:who |que )?{BUY}\s+{IN_MONTH}", _read_month),
        _rule(quiet, lambda match, _: Condition("days_since_last", ">", _read_days(match))),
        _rule(lately, lambda match, _: Condition("days_since_last", "<=", _read_days(match))),
        _rule(once, lambda match, _: Condition("orders", "=", 1)),
        _rule(
            rf"{SPEND}\s+{COMPARISON}\s*{MONEY}{NUMBER}(?:\s+(?:{YEAR}|{QUARTER}|{MONTH}))?",
            _build_spending,
        ),
        _rule(more, lambda match, lang: Condition("orders", ">=", int(match["number"]))),
        _rule(
            rf"{orders}\s+(?:pedidos?|compras?|orders?)\b",
            lambda match, lang: _compare("orders", match, lang),
        ),
        _rule(risk.replace(rf"{level} risk", r"(?P<risky>high|medium|low) risk"), _build_risk),
        _rule(other, _build_risk),
        _rule(r"(?:em|at) (?:risco|risk)", lambda *_: Condition("churn_band", "=", "high")),
        _rule(
            r"perdid[oa]s|inativ[oa]s|lost|gone", lambda *_: Condition("churn_band", "=", "gone")
        ),
        _rule(rf"{NOT}(?:insiders?|membros?|members?|programa|programme)", _build_outside),
        _rule(r"de saida|leaving(?: the programme)?", _build_status("leaving")),
        _rule(r"candidat[oa]s?|candidates?", _build_status("candidate")),
        _rule(r"insiders?|membros?|members?", lambda *_: IN_PROGRAMME),
    )


def _rule(pattern: str, build: Callable[[re.Match[str], Lang], Filter]) -> _Rule:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), build


@cache
def _list_columns() -> tuple[_Rule, ...]:
    """List a rule for each feature's label, the longest first."""
    rules = []
    for feature in FEATURES:
        if feature.dtype not in ("int64", "float64"):
            continue
        for lang in LANGS:
            label = load_catalogue(lang).get(f"feature.{feature.name}.label")
            if label:
                words = re.escape(simplify(label)).replace(r"\ ", " ")
                pattern = rf"{words}(?: is| de)?\s+{COMPARISON}\s*{MONEY}{NUMBER}\s*(?P<share>%)?"
                rules.append((len(label), _rule(pattern, _build_comparison(feature.name))))
    return tuple(rule for _, rule in sorted(rules, key=lambda pair: -pair[0]))


def _list_segments(segments: Mapping[str, int]) -> Iterator[_Rule]:
    """Yield a rule for each name of a segment, the longest first."""
    for name, number in sorted(segments.items(), key=lambda pair: -len(pair[0])):
        yield _rule(re.escape(simplify(name)).replace(r"\ ", " "), _build_segment(number))


def _list_descriptions(vocabulary: Mapping[str, Sequence[str]]) -> Iterator[_Rule]:
    """Yield a rule for each column that describes customers, and for texts of one column alone."""
    for column, texts in vocabulary.items():
        names = "|".join(map(_escape, _name_column(column)))
        if not texts:
            number = rf"(?:{names})(?: is| de)?\s+{COMPARISON}\s*{MONEY}{NUMBER}\s*(?P<share>%)?"
            yield _rule(number, _build_comparison(column))
            continue
        values = _group_texts(texts)
        named = rf"(?:{names})\s*(?:{IS})?\s*(?P<value>{_join_words(values)})"
        yield _rule(named, _build_description(column, values))
    for column, values in list_lone_texts(vocabulary):
        yield _rule(rf"(?P<value>{_join_words(values)})", _build_description(column, values))


def list_lone_texts(
    vocabulary: Mapping[str, Sequence[str]],
) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Yield the texts of each column that say of themselves which column is meant.

    Each is plain (:func:`simplify`), with its spellings.
    """
    owners = Counter(word for texts in vocabulary.values() for word in set(map(simplify, texts)))
    for column, texts in vocabulary.items():
        values = {
            word: spellings
            for word, spellings in _group_texts(texts).items()
            if owners[word] == 1 and len(word) >= SHORTEST and word not in STOP
        }
        if values:
            yield column, values


def _group_texts(texts: Sequence[str]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for text in texts:
        values.setdefault(simplify(text), []).append(text)
    return values


def _name_column(column: str) -> list[str]:
    """Name a column as people may: by its labels, or an attribute by its name."""
    labels = [load_catalogue(lang).get(f"feature.{column}.label") for lang in LANGS]
    return [simplify(label) for label in (*labels, column.removeprefix(PREFIX)) if label]


def _escape(words: str) -> str:
    return "[ _]".join(map(re.escape, re.split("[ _]", words)))


def _join_words(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def _build_description(
    column: str, values: Mapping[str, Sequence[str]]
) -> Callable[[re.Match[str], Lang], Filter]:
    def build(match: re.Match[str], lang: Lang) -> Filter:
        texts = tuple(values[match["value"]])
        if len(texts) == 1:
            return Condition(column, "=", texts[0])
        return Condition(column, "in", texts)

    return build


def _build_segment(number: int) -> Callable[[re.Match[str], Lang], Filter]:
    return lambda *_: Condition("segment", "=", number)


def _build_status(status: str) -> Callable[[re.Match[str], Lang], Filter]:
    return lambda *_: Condition("insider", "=", status)


def _build_outside(match: re.Match[str], lang: Lang) -> Filter:
    return Negation(IN_PROGRAMME)


def _build_comparison(name: str) -> Callable[[re.Match[str], Lang], Filter]:
    return lambda match, lang: _compare(name, match, lang)


def _build_spending(match: re.Match[str], lang: Lang) -> Filter:
    windows = (name for window, name in WINDOWS.items() if match[window])
    return _compare(next(windows, "revenue"), match, lang)


def _build_risk(match: re.Match[str], lang: Lang) -> Filter:
    groups = match.groupdict()
    level = groups.get("level") or groups["risky"]
    bands = {"alto": "high", "medio": "medium", "baixo": "low"}
    return Condition("churn_band", "=", bands.get(level, level))


def _compare(name: str, match: re.Match[str], lang: Lang) -> Filter:
    groups = match.groupdict()
    signs = (("more", ">"), ("least", ">="), ("less", "<"), ("most", "<="))
    for word, sign in signs:
        if groups[word]:
            return Condition(name, sign, _read_number(groups, lang))  # type: ignore[arg-type]
    return Condition(name, "=", _read_number(groups, lang))


def _read_month(match: re.Match[str], lang: Lang) -> Filter:
    number = MONTH_NUMBERS[match["month"][:3]]
    return Condition(ORDERED_IN, "=", f"{match['year']}-{number:02}")


def _read_days(match: re.Match[str]) -> int:
    unit = next(days for word, days in DAYS.items() if match["unit"].startswith(word))
    return int(match["number"]) * unit


def _read_number(groups: Mapping[str, str | None], lang: Lang) -> int | float:
    """Read a number as the language writes it: 1.000,5 in Portuguese is 1000.5."""
    text = (groups["number"] or "").rstrip(".,")
    thousands, decimal = (".", ",") if lang == "pt_BR" else (",", ".")
    value = float(text.replace(thousands, "").replace(decimal, "."))
    value *= 1000 if groups.get("thousand") else 1
    value /= 100 if groups.get("share") else 1
    return int(value) if value.is_integer() else value
