"""Lines are read as their rows mean it: blanks, returns without a sign, days that are none."""

import datetime as dt
from pathlib import Path

import pyarrow.compute as pc
import pytest

from clientela.config import Settings, Source
from tests.reading import lines, quarantined, read_in

DAYS = [dt.date(2023, 1, 1) + dt.timedelta(days=3 * n) for n in range(40)]
COLUMNS = {
    "customer_id": "Cliente",
    "ordered_local": "Fecha",
    "order_id": "Pedido",
    "quantity": "Unidades",
    "amount": "Importe",
}


def write_orders(path: Path) -> Path:
    """Write orders of two lines whose first tells all, one return, and one day of long ago."""
    days = [dt.date(2001, 1, 1), *DAYS]
    rows = [
        f"{number},C{number % 5},{day:%Y-%m-%d},2,1000\n,,,-1,250"
        for number, day in enumerate(days, 100)
    ]
    path.write_text("\n".join(["Pedido,Cliente,Fecha,Unidades,Importe", *rows]))
    return path


def test_blanks_returns_and_cents_are_read(tmp_path: Path) -> None:
    source = Source(
        columns=COLUMNS,
        fill_down=("Pedido", "Cliente", "Fecha"),
        minor_units=True,
        corrections="replace",
    )
    state = read_in(
        tmp_path / "w", write_orders(tmp_path / "a.csv"), settings=Settings(source=source)
    )
    held = lines(tmp_path / "w")
    assert float(state.totals.net_amount) == 40 * (10.00 - 2.50)
    assert state.totals.orders == 40
    assert state.totals.first_day == DAYS[0]
    assert quarantined(tmp_path / "w") == 2  # both lines of the day far before all others
    assert pc.min(held["quantity"]).as_py() == -1


def test_dates_of_several_forms_are_read_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"C{n % 5},{day:%Y-%m-%d},10.50" for n, day in enumerate(DAYS[:20])]
    rows += [f"C{n % 5},{day:%d/%m/%Y},10.50" for n, day in enumerate(DAYS[20:])]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["cliente,data,valor", *rows]))
    state = read_in(tmp_path / "w", path)
    assert (state.totals.first_day, state.totals.last_day) == (DAYS[0], DAYS[-1])
    said = capsys.readouterr().err
    assert "dates of data are written in several forms: 20 like 2023-01-01, 20 like" in said
