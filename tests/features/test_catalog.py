"""The catalogue says of every feature what it is, in both languages."""

import datetime as dt
from importlib import import_module

import ibis
import pytest

from clientela.contract.features import FEATURES, Feature
from clientela.contract.tables import CUSTOMERS, TRANSACTIONS
from clientela.features.cutoff import cut_off
from clientela.features.snapshot import aggregate
from clientela.i18n import LANGS, Lang, load_catalogue, t
from clientela.tables.schema import Tables, ibis_schema


def test_names_are_unique_and_many() -> None:
    names = [feature.name for feature in FEATURES]
    assert len(set(names)) == len(names) >= 40


@pytest.mark.parametrize("lang", LANGS)
def test_every_feature_has_a_meaning_and_a_label(lang: Lang) -> None:
    keys = {feature.meaning_key for feature in FEATURES}
    expected = keys | {f"{key}.label" for key in keys}
    assert {key for key in load_catalogue(lang) if key.startswith("feature.")} == expected


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_meaning_is_one_sentence_and_a_label_is_short(feature: Feature, lang: Lang) -> None:
    meaning, label = t(feature.meaning_key, lang), t(f"{feature.meaning_key}.label", lang)
    assert meaning.endswith(".")
    assert ". " not in meaning
    assert len(label) <= 35
    assert label[0].isupper()


@pytest.mark.parametrize("group", dict.fromkeys(feature.group for feature in FEATURES))
def test_a_group_is_the_module_that_computes_it(group: str) -> None:
    module = import_module(f"clientela.features.{group}")
    tables = Tables(
        ibis.table(ibis_schema(TRANSACTIONS), name="transactions"),
        ibis.table(ibis_schema(CUSTOMERS), name="customers"),
    )
    computed = module.columns(aggregate(cut_off(tables, dt.date(2011, 12, 9))))
    assert set(computed) == {feature.name for feature in FEATURES if feature.group == group}


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_texts_and_dates_carry_no_number_unit(feature: Feature) -> None:
    assert (feature.unit == "") == (feature.dtype == "string")
    assert (feature.unit == "date") == (feature.dtype == "date")
