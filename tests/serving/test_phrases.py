"""Search in words: what people write, the filter it means, and the words nobody knows."""

import pytest

from clientela.errors import InputError
from clientela.i18n import LANGS, Lang
from clientela.serving.phrase_suggestions import MOST_SUGGESTED, suggest_phrases
from clientela.serving.phrases import read_phrase
from clientela.store.filter_text import read_filter
from clientela.store.filters import write_filter

IN = "insider in ('member', 'leaving')"
QUIET = "days_since_last > 60 and segment = 1"
SEGMENTS = {"Campeões": 1, "Champions": 1, "Inativos, em geral um pedido": 4, "Lapsed, mostly": 4}


@pytest.mark.parametrize(
    ("lang", "text", "filter", "unknown"),
    [
        (
            "pt_BR",
            "campeões que não compram há 60 dias",
            "days_since_last > 60 and segment = 1",
            [],
        ),
        ("pt_BR", "Quem não compra há mais de 2 meses?", "days_since_last > 60", []),
        (
            "pt_BR",
            "quem comprou em novembro de 2011 e não comprou em dez. 2011",
            "not ordered_in = '2011-12' and ordered_in = '2011-11'",
            [],
        ),
        ("en", "who bought in March 2011", "ordered_in = '2011-03'", []),
        (
            "en",
            "champions who haven't bought for 60 days",
            "days_since_last > 60 and segment = 1",
            [],
        ),
        ("pt_BR", "compraram nos últimos 30 dias", "days_since_last <= 30", []),
        (
            "pt_BR",
            "clientes que gastaram mais de R$ 1.500,50 nos últimos 12 meses",
            "revenue_365d > 1500.5",
            [],
        ),
        ("pt_BR", "gastaram pelo menos 2 mil", "revenue >= 2000", []),
        ("pt_BR", "quem gastou mais de R$ 1.000 nos últimos 90 dias", "revenue_90d > 1000", []),
        ("en", "spent over £50 in the last 30 days", "revenue_30d > 50", []),
        ("pt_BR", "inativos há mais de 6 meses", "days_since_last > 180", []),
        ("pt_BR", "alto risco de churn", "churn_band = 'high'", []),
        ("en", "spent at least £1,500 in the last year", "revenue_365d >= 1500", []),
        ("pt_BR", "compraram uma única vez", "orders = 1", []),
        ("en", "customers with more than 3 orders", "orders > 3", []),
        ("pt_BR", "3 pedidos ou mais", "orders >= 3", []),
        (
            "pt_BR",
            "insiders com alto risco",
            f"churn_band = 'high' and {IN}",
            [],
        ),
        (
            "en",
            "members at high risk",
            f"churn_band = 'high' and {IN}",
            [],
        ),
        ("pt_BR", "candidatos em risco", "churn_band = 'high' and insider = 'candidate'", []),
        ("pt_BR", "que não são insiders", f"not {IN}", []),
        ("pt_BR", "ticket médio acima de 200", "average_order_value > 200", []),
        ("en", "average order under 50", "average_order_value < 50", []),
        ("pt_BR", "proporção devolvida acima de 20%", "returned_share > 0.2", []),
        ("pt_BR", "campeões ou candidatos", "segment = 1 or insider = 'candidate'", []),
        ("pt_BR", "campeões de Marte com bigode", "segment = 1", ["marte", "bigode"]),
    ],
)
def test_a_phrase_is_read_as_its_filter(
    lang: Lang, text: str, filter: str, unknown: list[str]
) -> None:
    phrase = read_phrase(text, lang, SEGMENTS)
    assert phrase.tree is not None
    assert write_filter(phrase.tree) == write_filter(read_filter(filter))
    assert phrase.unknown == unknown


VOCABULARY = {
    "attributes.home_city": ["Recife", "São Paulo", "são paulo", "VIP", "No"],
    "attributes.Plan": ["Gold", "No", "Recife"],
    "attributes.MonthlyCharges": [],
    "country": ["France", "United Kingdom"],
}


@pytest.mark.parametrize(
    ("lang", "text", "filter", "unknown"),
    [
        (
            "pt_BR",
            "campeões de São Paulo",
            "segment = 1 and attributes.home_city in ('São Paulo', 'são paulo')",
            [],
        ),
        ("pt_BR", "quem mora em Recife", None, ["recife"]),  # a city or a plan
        ("pt_BR", "home city Recife", "attributes.home_city = 'Recife'", []),
        ("en", "plan is gold", "attributes.Plan = 'Gold'", []),
        ("en", "who has no plan", None, ["has", "plan"]),
        ("en", "monthlycharges over 70.5", "attributes.MonthlyCharges > 70.5", []),
        ("en", "from the United Kingdom", "country = 'United Kingdom'", []),
    ],
)
def test_what_describes_customers_is_understood(
    lang: Lang, text: str, filter: str | None, unknown: list[str]
) -> None:
    phrase = read_phrase(text, lang, SEGMENTS, VOCABULARY)
    assert phrase.tree == (filter and read_filter(filter))
    assert phrase.unknown == unknown


@pytest.mark.parametrize("text", ["", "bigode", "'; drop table customers --", "a" * 300])
def test_what_nobody_understands_is_no_filter(text: str) -> None:
    phrase = read_phrase(text, "pt_BR", SEGMENTS)
    assert phrase.tree is None
    assert phrase.parts == []
    assert bool(phrase.unknown) is bool(text)


def test_words_are_quoted_as_they_were_written() -> None:
    phrase = read_phrase("Campeões  que não compram há 60 dias, de Vênus", "pt_BR", SEGMENTS)
    assert "que não compram há 60 dias" in [words for words, _ in phrase.parts]
    assert phrase.unknown == ["vênus"]


def test_a_book_is_no_phrase() -> None:
    with pytest.raises(InputError, match="longer than"):
        read_phrase("a" * 301, "pt_BR", SEGMENTS)


@pytest.mark.parametrize(
    ("lang", "typed", "first"),
    [
        ("pt_BR", "campeões que não", "campeões que não compram há 60 dias"),
        ("pt_BR", "camp", "Campeões"),
        ("pt_BR", "com alto risco de fr", "com alto risco de France"),
        ("pt_BR", "tiquet", None),
        ("pt_BR", "ticket m", "ticket médio acima de "),
        ("en", "members who hav", "members who have not bought for 60 days"),
        ("en", "cham", "Champions"),
        ("en", "from the united", "from the United Kingdom"),
        ("en", "", "have not bought for 60 days"),
        ("en", "members ", "members have not bought for 60 days"),
        ("en", "bigode", None),
    ],
)
def test_what_stands_there_goes_on(lang: Lang, typed: str, first: str | None) -> None:
    names = {"pt_BR": ["Campeões", "Inativos, em geral um pedido"], "en": ["Champions"]}[lang]
    suggestions = suggest_phrases(typed, lang, names, VOCABULARY)
    assert (suggestions[0] if suggestions else None) == first
    assert len(suggestions) <= MOST_SUGGESTED


@pytest.mark.parametrize("lang", LANGS)
def test_whatever_is_suggested_is_understood(lang: Lang) -> None:
    """Each first letter of the alphabet brings what goes on with it; a column lacks its number."""
    for letter in map(chr, range(ord("a"), ord("z") + 1)):
        for phrase in suggest_phrases(letter, lang, list(SEGMENTS), VOCABULARY):
            whole = f"{phrase}3" if phrase.endswith(" ") else phrase
            read = read_phrase(whole, lang, SEGMENTS, VOCABULARY)
            assert (read.tree is not None, read.unknown) == (True, []), phrase
