"""The record of processing names every table that holds people."""

import pytest

from clientela.config import parse_settings
from clientela.contract.processing import list_activities
from clientela.i18n import Lang
from clientela.privacy.register import write_register
from clientela.store.schema import metadata


def test_every_table_of_people_stands_in_it() -> None:
    of_people = {table.name for table in metadata.sorted_tables if "customer_id" in table.c}
    recorded = {item.table for item in list_activities() if item.place == "results"}
    assert recorded == of_people


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_it_says_what_the_settings_say(lang: Lang) -> None:
    privacy = {"keep_months": 25, "legal_duties": ["notas: ERP"], "drop_columns": ["obs"]}
    text = write_register(parse_settings({"privacy": privacy}), lang)
    for said in ("25", "notas: ERP", "`privacy.drop_columns`: obs", "`programme_memberships`"):
        assert said in text
