"""The proof as tables of results, with verdicts as sentences."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from clientela.i18n import LANGS, Lang, format_number, t
from clientela.insiders.fit.proof import Proof, Test
from clientela.insiders.fit.proof_material import Trial
from clientela.insiders.fit.tables import both
from clientela.insiders.score.arrow_schemas import PROOF, TESTS
from clientela.insiders.score.condition_words import amount

MEASURE = "later_revenue"
LEAST_P = 0.001
SMALL = 10  # of the currency: below it cents are written


def proof_table(proof: Proof) -> pa.Table:
    """Write what was counted; rows without a date are of all dates together."""
    rows = [
        {
            "as_of": None if one.trial is None else one.trial.view.day,
            "customer_group": one.group,
            "customers": one.customers,
            "revenue_per_customer": one.revenue,
            "low": _known(one.low),
            "high": _known(one.high),
            "retention": one.retention,
            "orders_per_customer": one.orders,
        }
        for one in proof.counts
    ]
    return pa.Table.from_pylist(rows, PROOF)


def tests_table(
    proof: Proof, trials: Sequence[Trial], horizon_days: int, currency: str | None
) -> pa.Table:
    """Write the comparison with each naive rule; ``difference`` is per member."""
    rows = []
    for one in proof.tests:
        texts: Mapping[Lang, str] = {
            lang: verdict(one, len(trials), horizon_days, lang, currency) for lang in LANGS
        }
        row = {
            "baseline": one.baseline,
            "measure": MEASURE,
            "difference": one.difference,
            "low": _known(one.low),
            "high": _known(one.high),
            "p_value": one.p_value,
            "dates": len(trials),
            "better": one.better,
        }
        rows.append(row | both(texts, "sentence"))
    return pa.Table.from_pylist(rows, TESTS)


def verdict(test: Test, dates: int, horizon_days: int, lang: Lang, currency: str | None) -> str:
    """Say who chose better, the rule or the naive one, or that neither did."""
    largest = max(abs(test.difference), abs(test.low), abs(test.high))
    decimals = 2 if largest < SMALL else 0

    def write(value: float) -> str:
        return amount(round(value, decimals) + 0.0, lang, currency)  # + 0.0 makes -0.0 plain

    kind = "better" if test.better else "worse" if test.worse else "same"
    return t(
        f"programme.verdict.{kind}.{'one' if dates == 1 else 'other'}",
        lang,
        naive=t(f"programme.naive.{test.baseline}", lang),
        dates=format_number(dates, lang),
        days=format_number(horizon_days, lang),
        difference=write(abs(test.difference)),
        low=write(test.low),
        high=write(test.high),
        p=_p_value(test.p_value, lang),
    )


def _p_value(value: float, lang: Lang) -> str:
    if value < LEAST_P:
        return f"p < {format_number(LEAST_P, lang, 3)}"
    return f"p = {format_number(value, lang, 3)}"


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
