"""The fits as rows of the table ``build_fit_table``."""

import math

import pyarrow as pa

from clientela.btyd.choice import ModelChoice
from clientela.btyd.gamma_gamma import GammaGamma
from clientela.btyd.maximum_likelihood import Fit
from clientela.btyd.model import PurchaseModel
from clientela.i18n import Lang, t
from clientela.store.arrow_schemas import arrow_table

NOTES: tuple[tuple[str, Lang], ...] = (("note_en", "en"), ("note_pt_br", "pt_BR"))


def build_fit_table(choice: ModelChoice, spend: Fit[GammaGamma] | None = None) -> pa.Table:
    """Return every model's parameters, standard errors and log-likelihood.

    Returns
    -------
    pa.Table
        Rows of ``clientela.store.arrow_schemas.BTYD_FITS``, in the order of the fits.
    """
    rows = [
        row
        for fit in choice.fits
        for row in _list_rows(
            fit, fit.model.name, serves=fit.model == choice.model, rule=choice.rule
        )
    ]
    if spend is not None:
        rows += _list_rows(spend, "gamma_gamma", serves=True, rule="")
    return arrow_table("btyd_fits", rows)


def _list_rows(
    fit: Fit[PurchaseModel] | Fit[GammaGamma], name: str, *, serves: bool, rule: str
) -> list[dict[str, object]]:
    texts = {
        column: _write_note(fit.note_code, name, rule if serves else "", lang)
        for column, lang in NOTES
    }
    values = {**fit.model.parameters(), "log_likelihood": fit.log_likelihood}
    return [
        {
            "model": name,
            "parameter": parameter,
            "value": value,
            "standard_error": _finite(fit.standard_errors.get(parameter)),
            "identified": fit.identified,
            "chosen": serves,
            **texts,
        }
        for parameter, value in values.items()
    ]


def _write_note(code: str, name: str, rule: str, lang: Lang) -> str | None:
    """Write what is wrong, if anything, and why the model serves, if it does."""
    sentences = [explain_note(code, name, lang)] if code else []
    sentences += [explain_rule(rule, name, lang)] if rule else []
    return " ".join(sentences) or None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def model_name(name: str, lang: Lang) -> str:
    """Name a model as the literature does.

    Examples
    --------
    >>> model_name("mbg_cnbd_2", "en"), model_name("pareto_nbd", "en")
    ('MBG/CNBD-2', 'Pareto/NBD')
    """
    family, _, k = name.partition("cnbd_")
    key = f"{family}cnbd" if k else name
    return t(f"clv.model.{key}", lang, k=k)


def explain_note(code: str, name: str, lang: Lang) -> str:
    """Write what a note code means for a model; an empty code says that all is well.

    Examples
    --------
    >>> explain_note("no_dropout", "bg_nbd", "en")
    'BG/NBD: these data show no customers who stop buying for good, ...'
    """
    return t(f"clv.note.{code or 'told'}", lang, model=model_name(name, lang))


def explain_rule(rule: str, name: str, lang: Lang) -> str:
    """Write by which rule a model serves."""
    return t(f"clv.rule.{rule}", lang, model=model_name(name, lang))
