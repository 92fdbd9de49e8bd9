"""The page of the report."""

import datetime as dt
from collections.abc import Sequence

import msgspec

from clientela.i18n import Lang
from clientela.report.answer import Answer


class Facts(msgspec.Struct, frozen=True):
    """What the page says of its run."""

    as_of: dt.date
    run_id: str
    version: str
    currency: str | None = None


def render(
    answers: Sequence[Answer],
    facts: Facts,
    lang: Lang,
    *,
    scripts: str | None = None,
    downloads: str | None = None,
    other_language: str | None = None,
) -> str:
    """Write the page.

    Parameters
    ----------
    answers : sequence of Answer
        In the language of the page.
    facts : Facts
        The run.
    lang : "en" or "pt_BR"
        The language.
    scripts : str, optional
        Address of the folder that serves :func:`assets`, with its last slash; the scripts stand
        inside the page if absent, and the page loads nothing.
    downloads : str, optional
        Address of the lists, with its last slash: a list is at ``NAME.csv`` and ``NAME.xlsx``
        below it; no list is offered if absent.
    other_language : str, optional
        Address of the page in the other language; no switch if absent.
    """
    raise NotImplementedError
