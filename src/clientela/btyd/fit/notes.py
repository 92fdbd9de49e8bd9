"""What a fit says of itself, in words."""

from clientela.i18n import Lang, t


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


def sentence(code: str, name: str, lang: Lang) -> str:
    """Say what a note code means for a model; an empty code says that all is well.

    Examples
    --------
    >>> sentence("no_dropout", "bg_nbd", "en")
    'BG/NBD: these data show no customers who stop buying for good, ...'
    """
    return t(f"clv.note.{code or 'told'}", lang, model=model_name(name, lang))


def serves(rule: str, name: str, lang: Lang) -> str:
    """Say by which rule a model serves."""
    return t(f"clv.rule.{rule}", lang, model=model_name(name, lang))
