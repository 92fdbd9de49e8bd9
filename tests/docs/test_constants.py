"""Every number that somebody chose says why it is what it is."""

import pytest

from scripts.constants import list_constants, read_constants

LEAST_WORDS = 3


@pytest.mark.slow
def test_every_chosen_number_gives_its_evidence() -> None:
    """Beside it: a comment above or behind it, or a string below it.

    A measurement, a source, or "by convention: why". An honest convention is better than a
    measurement nobody made.
    """
    constants = list_constants()
    assert len(constants) > 300
    silent = [
        f"{found.module}: {found.name} = {found.value}"
        for found in constants
        if len(found.evidence.split()) < LEAST_WORDS
    ]
    assert silent == []


def test_a_number_without_a_word_is_found() -> None:
    text = "SHARE = 0.5\nLEAST, MOST = 1, 2\nWEIGHTS = {'a': 1.0, 'b': -2.0}\nOTHER = 3  # why\n"
    silent = [found.name for found in read_constants(text, "m") if not found.evidence]
    assert silent == ["SHARE", "LEAST", "MOST", "WEIGHTS"]


def test_what_is_no_chosen_number_is_left_out() -> None:
    text = "NAME = 'x'\nFLAG = True\nEXAMPLE = {'id': '1', 'amount': 2}\nsmall = 3\nNONE = ()\n"
    assert list(read_constants(text, "m")) == []


def test_evidence_is_the_constants_own() -> None:
    text = '# Of the next.\nA = 1\n\nB = 2\n"""Below, on\ntwo lines."""\n# fmt: off\nC = 3\n'
    said = {found.name: found.evidence for found in read_constants(text, "m")}
    assert said == {"A": "Of the next.", "B": "Below, on two lines.", "C": ""}
