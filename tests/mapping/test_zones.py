"""Local times and UTC against zoneinfo, hour by hour."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.mapping.zones import Zone, changes

FIRST = dt.datetime(2009, 12, 1)
TIMES = [FIRST + dt.timedelta(minutes=40 * n) for n in range(2 * 365 * 36)]
ZONES = ("Europe/London", "America/Sao_Paulo", "UTC", "Asia/Kolkata", "Australia/Lord_Howe")


def shifted(
    engine: Engine, zones: list[Zone], times: list[dt.datetime], way: str
) -> list[list[dt.datetime]]:
    """Shift times one way (to_utc or to_local) in every zone."""
    column = pa.array(times, pa.timestamp("us"))
    table = engine.from_arrow(pa.table({"n": range(len(times)), "x": column}))
    shown = {f"zone_{place}": getattr(zone, way)(table.x) for place, zone in enumerate(zones)}
    found = engine.to_arrow(table.select("n", **shown).order_by("n"))
    return [found[name].to_pylist() for name in shown]


def utc(local: dt.datetime, zone: str) -> dt.datetime:
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(dt.UTC).replace(tzinfo=None)


def local(utc: dt.datetime, zone: str) -> dt.datetime:
    return utc.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@pytest.mark.slow
@pytest.mark.parametrize(("way", "expected"), [("to_utc", utc), ("to_local", local)])
def test_shifts_are_those_of_zoneinfo(
    engine: Engine, way: str, expected: Callable[[dt.datetime, str], dt.datetime]
) -> None:
    zones = [Zone(name, TIMES[0], TIMES[-1]) for name in ZONES]
    for name, found in zip(ZONES, shifted(engine, zones, TIMES, way), strict=True):
        assert found == [expected(time, name) for time in TIMES], name


def test_a_time_shown_twice_is_its_first_showing_and_a_skipped_one_moves_on() -> None:
    at = [moment for moment, *_ in changes("Europe/London", FIRST, dt.datetime(2011, 12, 9))]
    assert at == [
        dt.datetime(2010, 3, 28, 1),
        dt.datetime(2010, 10, 31, 1),
        dt.datetime(2011, 3, 27, 1),
        dt.datetime(2011, 10, 30, 1),
    ]


def test_wild_times_cost_nothing(engine: Engine) -> None:
    wild = [dt.datetime(1000, 1, 1), dt.datetime(2010, 7, 1), dt.datetime(2999, 7, 1)]
    zone = Zone("America/Sao_Paulo", dt.datetime(2010, 6, 1), dt.datetime(2010, 8, 1))
    found = shifted(engine, [zone], wild, "to_utc")[0]
    assert [b - a for a, b in zip(wild, found, strict=True)] == [dt.timedelta(hours=3)] * 3


def test_a_source_without_times_has_a_zone(engine: Engine) -> None:
    assert shifted(engine, [Zone("Europe/London", None, None)], [], "to_utc") == [[]]
