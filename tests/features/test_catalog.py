"""The catalogue says of every feature what it is, in both languages."""

import pytest

from clientela.features import catalog
from clientela.features.catalog import FEATURES
from clientela.features.feature import Feature
from clientela.i18n import LANGS, Lang, load_catalogue, t


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


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_group_is_the_module_that_computes_it(feature: Feature) -> None:
    assert feature in getattr(catalog, feature.group).FEATURES


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_texts_and_dates_carry_no_number_unit(feature: Feature) -> None:
    assert (feature.unit == "") == (feature.dtype == "string")
    assert (feature.unit == "date") == (feature.dtype == "date")
