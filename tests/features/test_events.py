"""The days of events, against calendars that were printed."""

import datetime as dt
from pathlib import Path

import pytest

from clientela.config import Calendar
from clientela.errors import ConfigError
from clientela.features.events import list_events

YEAR = dt.date(2024, 1, 1), dt.date(2024, 12, 31)


def test_brazils_events_of_2024_stand_on_their_days() -> None:
    events = list_events(Calendar(), "BRL", "America/Sao_Paulo", *YEAR)
    assert {event.pt_BR: f"{event.begins:%d/%m}" for event in events} == {
        "Black Friday": "29/11",
        "Natal": "25/12",
        "Dia das Mães": "12/05",
        "Dia das Crianças": "12/10",
        "Dia dos Pais": "11/08",
        "Dia dos Namorados": "12/06",
        "Páscoa": "31/03",
        "Carnaval": "10/02",
        "Dia do Consumidor": "15/03",
    }


def test_black_friday_follows_the_fourth_thursday() -> None:
    days = dt.date(2019, 11, 1), dt.date(2019, 11, 30)  # its fourth Friday is the 22nd
    assert list_events(Calendar(country="GB"), "", "", *days)[0].begins == dt.date(2019, 11, 29)


def test_mothers_have_other_days_in_britain() -> None:
    events = list_events(Calendar(), "GBP", "Europe/London", *YEAR)
    assert [event.begins for event in events if "Mother" in event.en] == [dt.date(2024, 3, 10)]


def test_own_promotions_come_first_and_no_country_is_invented(tmp_path: Path) -> None:
    path = tmp_path / "events.toml"
    path.write_text(
        '[[event]]\nen = "Anniversary"\npt_BR = "Aniversário"\n'
        "begins = 2024-06-01\nends = 2024-06-09\n"
    )
    events = list_events(Calendar(file=str(path)), "XXX", "UTC", *YEAR)
    assert [(event.en, event.ends) for event in events] == [("Anniversary", dt.date(2024, 6, 9))]
    path.write_text('[[event]]\nen = "x"\npt_BR = "x"\nmonth = 13\n')
    with pytest.raises(ConfigError, match="not understood"):
        list_events(Calendar(file=str(path)), "XXX", "UTC", *YEAR)
