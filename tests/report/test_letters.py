"""Letters to customers: lengths, merge fields that lists fill, and files that people edit."""

from pathlib import Path

import pytest

from clientela.errors import InputError
from clientela.i18n import LANGS, Lang
from clientela.pipeline.lists import KINDS
from clientela.report.letters import (
    FIELD,
    OCCASIONS,
    SMS_LETTERS,
    WHATSAPP_LETTERS,
    fill_message,
    name_fields,
    read_message,
    write_letter,
    write_letters,
)
from clientela.report.lists.contacts import add_contact_columns

GSM = set(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
FILLED = {
    "first_name": "Guilhermina",
    "to_go": "R$ 1.204",
    "deadline": "08/01/2012",
    "leaves_on": "08/01/2012",
    "tier": "Diamante",
    "tier_ends_on": "08/01/2012",
    "last_order": "08/01/2012",
}


def channels_of(occasion: str, lang: Lang) -> list[str]:
    """Return the letter by channel, its fields filled with long values."""
    text = write_letter(occasion, lang, "Insiders")
    for name, field in name_fields(lang).items():
        text = text.replace(field, FILLED[name])
    return [part.partition("\n\n")[2].strip() for part in text.split("## ")[1:]]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_letters_fit_their_channels_and_let_people_leave(occasion: str, lang: Lang) -> None:
    email, whatsapp, sms = channels_of(occasion, lang)
    subject = email.splitlines()[0].partition(": ")[2]
    assert 10 < len(subject) <= 60
    assert len(whatsapp) <= WHATSAPP_LETTERS
    assert len(sms) <= SMS_LETTERS
    assert set(sms) <= GSM
    for message in (whatsapp, sms):
        assert {"en": "STOP", "pt_BR": "SAIR"}[lang] in message
    assert "Insiders" in email
    assert "{" not in email + whatsapp + sms


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_every_merge_field_is_a_heading_of_its_list(occasion: str, lang: Lang) -> None:
    kind = add_contact_columns(KINDS[OCCASIONS[occasion]], "plain")
    headings = {column.heading(lang, "BRL") for column in kind.columns}
    assert set(FIELD.findall(write_letter(occasion, lang, "Insiders"))) <= headings


def test_edited_letters_stay_and_their_fields_are_checked(tmp_path: Path) -> None:
    written, left = write_letters(tmp_path, "pt_BR", "Clube")
    assert (len(written), left) == (len(OCCASIONS), [])
    edited = tmp_path / "copy" / "pt_BR" / "candidate.md"
    edited.write_text("Oi, {{Primeiro nome}}: {{Falta}}", "utf-8")
    written, left = write_letters(tmp_path, "pt_BR", "Clube")
    assert (written, len(left)) == ([], len(OCCASIONS))
    assert edited.read_text("utf-8").startswith("Oi, ")
    edited.write_text("{{Nome}}", "utf-8")
    with pytest.raises(InputError, match="no list fills the merge field 'Nome'") as raised:
        write_letters(tmp_path, "pt_BR", "Clube")
    assert "Primeiro nome" in raised.value.do


def test_a_message_is_the_letter_that_people_edited(tmp_path: Path) -> None:
    ours = read_message(tmp_path, "candidate", "pt_BR", "Clube")
    assert "*Clube*" in ours
    write_letters(tmp_path, "pt_BR", "Clube")
    assert read_message(tmp_path, "candidate", "pt_BR", "Clube") == ours
    edited = tmp_path / "copy" / "pt_BR" / "candidate.md"
    edited.write_text(
        "## E-mail\n\nOi\n\n## WhatsApp\n\n{{Primeiro nome}}, só {{Falta}}!\n", "utf-8"
    )
    text = read_message(tmp_path, "candidate", "pt_BR", "Clube")
    assert fill_message(text, "pt_BR", {"to_go": "R$ 20"}) == "só R$ 20!"
    assert fill_message(text, "pt_BR", {"deadline": "08/01/2012"}) is None
    edited.write_bytes(b"\xff")
    assert read_message(tmp_path, "candidate", "pt_BR", "Clube") == ours
