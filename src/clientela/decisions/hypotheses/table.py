"""The table of hypotheses with their verdicts."""

from collections.abc import Sequence

import pyarrow as pa

from clientela.config import Programme
from clientela.decisions.groups import Choose
from clientela.decisions.hypotheses.hypothesis import Hypothesis
from clientela.features.history import History

HYPOTHESES = pa.schema(
    [
        ("key", pa.string()),
        ("text_en", pa.string()),
        ("text_pt_br", pa.string()),
        ("chosen_on", pa.date32()),
        ("tested_on", pa.date32()),
        ("effect", pa.float64()),
        ("effect_unit", pa.string()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("test", pa.string()),
        ("p_value", pa.float64()),
        ("p_holm", pa.float64()),
        ("verdict", pa.string()),
        ("sentence_en", pa.string()),
        ("sentence_pt_br", pa.string()),
    ]
)
"""Columns of ``hypotheses``."""


def test_hypotheses(
    history: History, choose: Choose, settings: Programme, hypotheses: Sequence[Hypothesis]
) -> pa.Table:
    """Test each hypothesis on the days after those on which the members were chosen.

    Parameters
    ----------
    history : History
        The firm's past.
    choose : callable
        Gives the ids of the members as chosen on a day; asked about one horizon before the end.
    settings : Programme
        Horizon, resamples, seed and the programme's name.
    hypotheses : sequence of Hypothesis
        From :func:`clientela.decisions.hypotheses.hypothesis.load`.

    Returns
    -------
    pa.Table
        Of :data:`HYPOTHESES`.
    """
    raise NotImplementedError
