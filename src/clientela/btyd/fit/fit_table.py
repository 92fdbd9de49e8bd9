"""The fits as rows of the table ``btyd_fits``."""

import math

import pyarrow as pa

from clientela.btyd.fit.choice import Choice
from clientela.btyd.fit.fit import Fit
from clientela.btyd.fit.notes import sentence, serves
from clientela.btyd.gamma_gamma import GammaGamma
from clientela.btyd.model import Model
from clientela.i18n import Lang
from clientela.store.arrow_schemas import table

NOTES: tuple[tuple[str, Lang], ...] = (("note_en", "en"), ("note_pt_br", "pt_BR"))


def btyd_fits(choice: Choice, spend: Fit[GammaGamma] | None = None) -> pa.Table:
    """Tell every model's parameters, standard errors and log-likelihood.

    Returns
    -------
    pa.Table
        Rows of ``clientela.store.arrow_schemas.BTYD_FITS``, in the order of the fits.
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
    told = {
        column: _said(fit.note_code, name, rule if chosen else "", lang) for column, lang in NOTES
    }
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


def _said(code: str, name: str, rule: str, lang: Lang) -> str | None:
    """Say what is wrong, if anything, and why the model serves, if it does."""
    said = [sentence(code, name, lang)] if code else []
    said += [serves(rule, name, lang)] if rule else []
    return " ".join(said) or None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
