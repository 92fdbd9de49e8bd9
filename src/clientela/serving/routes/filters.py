"""Filters over customers: what they may ask for, and how many customers one leaves."""

from typing import Annotated

from litestar.concurrency import sync_to_thread
from litestar.params import QueryParameter
from litestar.types import ASGIApp
from msgspec import Meta

from clientela import __version__
from clientela.contract.tables import MONEY
from clientela.i18n import LANGS, Lang, t
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import answers, read
from clientela.serving.phrase_suggestions import suggest_phrases
from clientela.serving.phrases import Phrase, check_length, read_phrase
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import MoneyStamp, RawJsonResponse, respond_by_version
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, list_of
from clientela.store.filter_attributes import write_attribute
from clientela.store.filter_text import read_filter
from clientela.store.filters import Filter, list_filter_columns, write_filter

FILTER_EXAMPLE = "days_since_last > 60 and segment = 2"
FilterQuery = Annotated[
    str | None,
    QueryParameter(
        description="Only customers of whom this holds: columns of GET /v1/filters/columns, "
        "= != < <= > >= in, and, or, not, is null, parentheses; texts in single quotes, "
        "bought = 'A1' for who ever bought a product and bought != 'A1' for who did not, "
        "ordered_in = '2011-11' for who ordered in a month, months_later = 3 for who did so many "
        "months after the one of the first order, "
        "attributes of the firm's own as attributes.city = 'Recife', "
        "a column as it was in an earlier run as past.30_days.segment = 1 (or run, 90_days, year, "
        "a day, a run's id), an arm as experiments.\"Autumn\" = 'control', "
        f"days as 2024-12-31. For example: {FILTER_EXAMPLE}",
        schema_extra={"examples": [FILTER_EXAMPLE]},
    ),
]

FilterColumn = define_schema(
    "FilterColumn",
    "A column that filters and orders may name.",
    {
        "name": str,
        "type": Annotated[str, Meta(description="number, text, flag or day")],
        "unit": str,
        "meaning": str,
    },
)
FilterColumns = define_schema(
    "FilterColumns", "What filters may ask for.", {"columns": list_of(FilterColumn)}
)
FilterCount = define_schema(
    "FilterCount",
    "How many customers a filter leaves that a list may name, and their money.",
    {
        "filter": Annotated[str | None, Meta(description="The filter, in its shortest writing")],
        "customers": int,
        "revenue": Annotated[float, Meta(description="Net revenue so far")],
        "expected_revenue": Annotated[
            float | None,
            Meta(description="Expected within the horizon of value; null where none is"),
        ],
    },
    MoneyStamp,
)
TYPES = {"int64": "number", "float64": "number", MONEY: "number", "boolean": "flag", "date": "day"}


@read(
    "/v1/filters/columns",
    right="aggregates",
    tag="Filters",
    summary="Read what filters may ask for",
    responses=answers(FilterColumns, 304),
)
async def list_filter_fields(request: AnyRequest, lang: LangQuery = None) -> ASGIApp:
    """Return each column by which customers can be filtered and sorted, with its meaning.

    Attributes of the firm's own, the further columns of its customers file, follow as the published
    run has them; lists as JSON and Parquet are sorted by them too, but nothing by ``bought``
    or by months.
    """
    language = check_language(request, lang)
    filters, run = get_filters(request), await get_results(request).read_run()
    attributes = await filters.list_attributes()
    columns = [
        FilterColumn(
            name,
            TYPES.get(column.dtype, "text"),
            column.unit,
            t(column.meaning or f"store.customers.{name}", language),
        )
        for name, column in list_filter_columns().items()
    ]
    columns += [
        FilterColumn(write_attribute(name), kind, "", name) for name, kind in attributes.items()
    ]
    version = f"{__version__}-{run.run_id}-{language}"
    return respond_by_version(request, FilterColumns(columns), version)


@read(
    "/v1/filters/count",
    right="lists",
    tag="Filters",
    summary="Count the customers that a filter leaves",
    responses=answers(FilterCount),
)
async def count_customers(request: AnyRequest, filter: FilterQuery = None) -> RawJsonResponse:
    """Return how many customers of the published run a filter leaves, with their money.

    Customers whom no list may name are left out, as in every list.
    """
    tree = parse_filter(filter)
    reading = await get_filters(request).count(request, tree)
    run, row = reading.run, reading.content
    text = None if tree is None else write_filter(tree)
    money = (row["revenue"] or 0.0, row["expected_revenue"])
    content = FilterCount(run.run_id, run.as_of, run.currency, text, row["customers"], *money)
    return RawJsonResponse(content)


Understood = define_schema(
    "Understood",
    "Words that were understood, and the condition they stand for.",
    {"words": str, "filter": str},
)
PhraseAnswer = define_schema(
    "PhraseAnswer",
    "A phrase as a filter, and the words that were not understood.",
    {
        "filter": Annotated[str | None, Meta(description="None where nothing was understood")],
        "understood": list_of(Understood),
        "unknown": list[str],
    },
)


@read(
    "/v1/filters/phrase",
    right="lists",
    tag="Filters",
    summary="Read a phrase as a filter",
    responses=answers(PhraseAnswer),
)
async def read_filter_phrase(
    request: AnyRequest,
    words: Annotated[
        str,
        QueryParameter(
            description="In Portuguese or English",
            schema_extra={"examples": ["campeões que não compram há 60 dias"]},
        ),
    ],
    lang: LangQuery = None,
) -> RawJsonResponse:
    """Return the filter that a phrase means, part by part, and what was not understood of it."""
    phrase = await parse_phrase(request, words, check_language(request, lang))
    understood = [Understood(text, write_filter(part)) for text, part in phrase.parts]
    tree = None if phrase.tree is None else write_filter(phrase.tree)
    return RawJsonResponse(PhraseAnswer(tree, understood, phrase.unknown))


async def parse_phrase(request: AnyRequest, words: str, lang: Lang) -> Phrase:
    """Read a phrase as a filter over the published run, whose segments it may name.

    Raises
    ------
    InputError
        It is longer than a phrase.
    """
    results = get_results(request)
    run = await results.read_run()
    segments: dict[str, int] = {}
    for each in LANGS:
        names = await results.read_names(run.run_id, each)
        segments |= {name: number for number, name in names.items()}
    vocabulary = await get_filters(request).list_vocabulary(request)
    return await sync_to_thread(read_phrase, words, lang, segments, vocabulary)


PhraseSuggestions = define_schema(
    "PhraseSuggestions",
    "How a phrase may go on.",
    {"suggestions": Annotated[list[str], Meta(description="Whole phrases, at most eight")]},
)


@read(
    "/v1/filters/phrase/suggestions",
    right="lists",
    tag="Filters",
    summary="Suggest how a phrase may go on",
    responses=answers(PhraseSuggestions),
)
async def suggest_filter_phrases(
    request: AnyRequest,
    words: Annotated[
        str,
        QueryParameter(
            description="What was typed so far", schema_extra={"examples": ["champions who have"]}
        ),
    ] = "",
    lang: LangQuery = None,
) -> RawJsonResponse:
    """Return how the last words may go on as the grammar has it, also with the run's names."""
    phrases = await find_suggestions(request, words, check_language(request, lang))
    return RawJsonResponse(PhraseSuggestions(phrases))


async def find_suggestions(request: AnyRequest, words: str, lang: Lang) -> list[str]:
    """Find how a phrase may go on over the published run.

    Raises
    ------
    InputError
        It is longer than a phrase.
    """
    check_length(words)
    results = get_results(request)
    run = await results.read_run()
    names = await results.read_names(run.run_id, lang)
    vocabulary = await get_filters(request).list_vocabulary(request)
    return await sync_to_thread(suggest_phrases, words, lang, list(names.values()), vocabulary)


def parse_filter(text: str | None) -> Filter | None:
    """Read the filter of a request; None where it has none.

    Raises
    ------
    InputError
        It is no filter.
    """
    return None if text is None else read_filter(text)
