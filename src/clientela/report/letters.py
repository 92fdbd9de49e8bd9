"""Letters to customers: texts with merge fields, as files of the workspace that people edit.

A merge field is the heading of a column of the list that goes with the letter, so that a mailing
tool fills it from the list alone.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from clientela.errors import InputError
from clientela.files.atomic_write import aside
from clientela.i18n import Lang, t

OCCASIONS = {
    "invitation": "insiders",
    "candidate": "candidates",
    "warning": "insiders",
    "tier_warning": "insiders",
    "farewell": "insiders",
    "win_back": "action",
    "suggestion": "action",
    "returns": "action",
}
"""Each letter, and the list that fills it, written with its contacts."""

FIELDS = {
    "first_name": "list.first_name",
    "to_go": "list.to_go",
    "deadline": "list.deadline",
    "leaves_on": "list.leaves_on",
    "tier": "list.tier",
    "tier_ends_on": "list.tier_ends_on",
    "last_order": "feature.last_order_date.label",
}
"""Merge fields, and the keys of the headings that they are."""

CHANNELS = ("email", "whatsapp", "sms")
SMS_LETTERS = 160  # of one message in the alphabet GSM 03.38, so no accents in Portuguese
WHATSAPP_LETTERS = 1024  # of the body of a template
FIELD = re.compile(r"\{\{([^{}]*)\}\}")


def name_fields(lang: Lang) -> dict[str, str]:
    """Return the merge fields of a language as letters write them.

    Examples
    --------
    >>> name_fields("pt_BR")["to_go"]
    '{{Falta}}'
    """
    return {name: "{{" + t(key, lang) + "}}" for name, key in FIELDS.items()}


def read_message(folder: Path | None, occasion: str, lang: Lang, programme: str) -> str:
    """Return a letter's text for WhatsApp: as people edited it in a workspace, else ours."""
    path = None if folder is None else _find_letter(folder, occasion, lang)
    try:
        edited = "" if path is None else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):  # not there, or not to be read
        edited = ""
    sections = dict(
        re.findall(r"^## (.+?)\s*$\n(.*?)(?=^## |\Z)", edited, re.MULTILINE | re.DOTALL)
    )
    own = sections.get(t("letter.whatsapp", lang), "").strip()
    values = {"programme": programme, **name_fields(lang)}
    return own or t(f"letter.{occasion}.whatsapp", lang, **values)


def fill_message(text: str, lang: Lang, values: Mapping[str, str]) -> str | None:
    """Fill the merge fields of a text; None where one is unknown.

    A first name that is unknown is left out.

    Examples
    --------
    >>> text = "Oi, {{Primeiro nome}}! Faltam {{Falta}}."
    >>> fill_message(text, "pt_BR", {"to_go": "R$ 20"}), fill_message(text, "pt_BR", {})
    ('Oi! Faltam R$ 20.', None)
    """
    fields = name_fields(lang)
    if "first_name" not in values:
        text = re.sub(
            rf"^{re.escape(fields['first_name'])}\W*|,? ?{re.escape(fields['first_name'])}",
            "",
            text,
        )
    for name, value in values.items():
        text = text.replace(fields[name], value)
    return None if FIELD.search(text) else text


def _find_letter(folder: Path, occasion: str, lang: Lang) -> Path:
    return folder / "copy" / lang / f"{occasion}.md"


def write_letter(occasion: str, lang: Lang, programme: str) -> str:
    """Return the text of a letter for every channel, ready to be edited."""
    values = {"programme": programme, **name_fields(lang)}
    parts = []
    for channel in CHANNELS:
        subject = t(f"letter.{occasion}.subject", lang, **values)
        head = f"{t('letter.subject', lang)}: {subject}\n\n" if channel == "email" else ""
        body = t(f"letter.{occasion}.{channel}", lang, **values)
        parts.append(f"## {t(f'letter.{channel}', lang)}\n\n{head}{body}\n")
    return "\n".join(parts)


def write_letters(folder: Path, lang: Lang, programme: str) -> tuple[list[Path], list[Path]]:
    """Write the letters that are not there yet, and check those that people edited.

    Returns
    -------
    list of Path, list of Path
        Files written; files that stood there already and were left as they are.

    Raises
    ------
    InputError
        An edited letter has a merge field that no list fills.
    """
    written, edited = [], []
    for occasion in OCCASIONS:
        path = _find_letter(folder, occasion, lang)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            _check_fields(path, lang)
            edited.append(path)
            continue
        with aside(path) as draft:
            draft.write_text(write_letter(occasion, lang, programme), "utf-8")
        written.append(path)
    return written, edited


def _check_fields(path: Path, lang: Lang) -> None:
    fields = {field.strip("{}") for field in name_fields(lang).values()}
    unknown = [name for name in FIELD.findall(path.read_text("utf-8")) if name not in fields]
    if unknown:
        raise InputError(
            f"no list fills the merge field '{unknown[0]}'",
            where=str(path),
            do=f"choose one of {', '.join(sorted(fields))}",
        )
