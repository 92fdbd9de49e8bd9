"""Suggestions while somebody types a phrase: how what stands there may go on.

Everything suggested is of the grammar (:mod:`clientela.serving.phrases`): habits of speech, names
of segments, labels of columns before a comparison, and texts that describe customers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice

from clientela.contract.features import FEATURES
from clientela.i18n import Lang, load_catalogue, t
from clientela.serving.phrases import list_lone_texts, simplify

MOST_SUGGESTED = 8  # by convention: what one looks over while typing
LONGEST_END = 6  # by convention: words at the end that may begin one of ours
MOST_TEXTS = 2_000  # by convention: of a column that describes customers, found in milliseconds


def suggest_phrases(
    text: str,
    lang: Lang,
    segments: Sequence[str],
    vocabulary: Mapping[str, Sequence[str]],
) -> list[str]:
    """Suggest how a phrase may go on: it whole, its last words written out.

    Parameters
    ----------
    text : str
        What was typed so far.
    lang : "en" or "pt_BR"
        Of the phrases that are suggested.
    segments : sequence of str
        Names of the run's segments in that language.
    vocabulary : mapping
        Columns that describe customers, to their different texts.

    Examples
    --------
    >>> suggest_phrases("campeões que não", "pt_BR", ["Campeões"], {})[0]
    'campeões que não compram há 60 dias'
    >>> suggest_phrases("cam", "pt_BR", ["Campeões"], {})
    ['Campeões']
    """
    phrases = [*segments, *_list_fixed(lang), *_list_texts(vocabulary)]
    plain = [(simplify(phrase), phrase) for phrase in phrases]
    written = text.split()
    for length in range(min(LONGEST_END, len(written)), 0, -1):
        end = simplify(" ".join(written[-length:]))
        going_on = [phrase for start, phrase in plain if start.startswith(end) and start != end]
        if going_on:
            before = " ".join(written[:-length])
            return _take(f"{before} {phrase}".lstrip() for phrase in going_on)
    if written and not text.endswith(" "):
        return []
    return _take(f"{text.strip()} {phrase}".lstrip() for phrase in _list_habits(lang))


def _take(phrases: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(phrases))[:MOST_SUGGESTED]


@cache
def _list_habits(lang: Lang) -> tuple[str, ...]:
    return tuple(t("dashboard.words.habits", lang).split(" | "))


@cache
def _list_fixed(lang: Lang) -> tuple[str, ...]:
    """List what no run changes: habits of speech, and columns of numbers before a comparison."""
    texts, over = load_catalogue(lang), t("dashboard.words.over", lang)
    labels = [
        texts[f"feature.{feature.name}.label"]
        for feature in FEATURES
        if feature.dtype in ("int64", "float64") and f"feature.{feature.name}.label" in texts
    ]
    return (*_list_habits(lang), *(f"{label.casefold()} {over} " for label in labels))


def _list_texts(vocabulary: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the texts that the grammar takes without their column."""
    for _, values in list_lone_texts(vocabulary):
        yield from (spellings[0] for spellings in islice(values.values(), MOST_TEXTS))
