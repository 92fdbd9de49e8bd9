"""The record of processing (LGPD art. 37) for the firm's data officer, as a page of Markdown."""

from collections.abc import Sequence

from clientela.config import Settings
from clientela.contract.processing import ProcessingActivity, list_activities
from clientela.i18n import Lang, t

MOST_COLUMNS = 12  # by convention: names of columns in a cell; more are counted
COLUMNS = ("table", "purpose", "data", "period")


def write_register(settings: Settings, lang: Lang) -> str:
    """Write the record under some settings.

    Examples
    --------
    >>> write_register(Settings(), "en").splitlines()[0]
    '# Record of processing'
    """
    parts = [f"# {t('privacy.register.title', lang)}", t("privacy.register.intro", lang)]
    for position in ("tables", "results"):
        rows = [item for item in list_activities() if item.place == position]
        parts += [f"## {t(f'privacy.register.{position}', lang)}", _tabulate(rows, settings, lang)]
    parts += [f"## {t('privacy.register.others', lang)}"]
    parts += [
        f"- {t(f'privacy.register.{key}', lang)}"
        for key in ("models", "tombstones", "server", "logs", "outside")
    ]
    parts += [f"## {t('privacy.register.measures', lang)}", _list_measures(settings, lang)]
    parts += [f"## {t('privacy.register.seen', lang)}", t("privacy.register.seen.text", lang)]
    duties = settings.privacy.legal_duties or (t("privacy.receipt.no_duty", lang),)
    parts += [f"## {t('privacy.register.law', lang)}", "\n".join(f"- {duty}" for duty in duties)]
    return "\n\n".join(parts) + "\n"


def _tabulate(rows: Sequence[ProcessingActivity], settings: Settings, lang: Lang) -> str:
    header = [t(f"privacy.register.column.{name}", lang) for name in COLUMNS]
    lines = [header, ["---"] * len(header)]
    for item in rows:
        names = ", ".join(item.columns[:MOST_COLUMNS])
        more = len(item.columns) - MOST_COLUMNS
        if more > 0:
            names += " " + t("privacy.register.more", lang, count=more)
        purpose = t(f"privacy.purpose.{item.purpose}", lang)
        lines.append([f"`{item.table}`", purpose, names, _write_period(item, settings, lang)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _write_period(item: ProcessingActivity, settings: Settings, lang: Lang) -> str:
    months = settings.privacy.keep_months
    text = t(f"privacy.period.{item.period}", lang, runs=settings.store.keep_runs)
    if item.period in ("months", "runs"):
        limit = "always" if months is None else "limit"
        text += " " + t(f"privacy.period.{limit}", lang, months=months)
    return text.strip()


def _list_measures(settings: Settings, lang: Lang) -> str:
    privacy = settings.privacy
    chosen = {
        "hash_ids": privacy.hash_ids,
        "drop_columns": ", ".join(privacy.drop_columns),
        "attributes": None if privacy.attributes is None else ", ".join(privacy.attributes),
        "keep_personal": ", ".join(privacy.keep_personal),
        "drop_descriptions": privacy.drop_descriptions,
    }
    lines = [
        f"- `privacy.{name}`: {value}"
        if value
        else f"- `privacy.{name}`: {t('privacy.register.unset', lang)}"
        for name, value in chosen.items()
    ]
    return "\n".join(lines)
