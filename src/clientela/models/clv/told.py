"""The fits as rows of the table ``btyd_fits``."""

import math

import pyarrow as pa

from clientela.models.clv.choice import Choice
from clientela.models.clv.fit import Fit
from clientela.models.clv.notes import sentence, serves
from clientela.models.results import table
from clientela.scoring.clv.gamma_gamma import GammaGamma
from clientela.scoring.clv.model import Model


def btyd_fits(choice: Choice, spend: Fit[GammaGamma] | None = None) -> pa.Table:
    """Tell every model's parameters, standard errors and log-likelihood.

    Returns
    -------
    pa.Table
        Rows of ``clientela.models.results.BTYD_FITS``, in the order of the fits.
    """
    rows = [
        row
        for fit in choice.fits
        for row in _rows(fit, fit.model.name, chosen=fit.model == choice.model, rule=choice.rule)
    ]
    if spend is not None:
        rows += _rows(spend, "gamma_gamma", chosen=True, rule="")
    return table("btyd_fits", rows)


def _rows(
    fit: Fit[Model] | Fit[GammaGamma], name: str, *, chosen: bool, rule: str
) -> list[dict[str, object]]:
    told = {"note_en": sentence(fit.note_code, name, "en")}
    told["note_pt_br"] = sentence(fit.note_code, name, "pt_BR")
    if chosen and rule:
        told["note_en"] += " " + serves(rule, name, "en")
        told["note_pt_br"] += " " + serves(rule, name, "pt_BR")
    values = {**fit.model.parameters(), "log_likelihood": fit.log_likelihood}
    return [
        {
            "model": name,
            "parameter": parameter,
            "value": value,
            "standard_error": _finite(fit.standard_errors.get(parameter)),
            "identified": fit.identified,
            "chosen": chosen,
            **told,
        }
        for parameter, value in values.items()
    ]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
