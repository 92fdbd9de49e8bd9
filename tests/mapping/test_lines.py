"""Lines are read as their rows mean it: blanks, returns without a sign, days that are none."""

import datetime as dt
from pathlib import Path

import pyarrow.compute as pc
import pytest

from clientela.config import Settings, Source
from clientela.errors import DecisionNeeded
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


def test_refunds_beside_a_sale_are_returns_of_their_day(tmp_path: Path) -> None:
    source = tmp_path / "sales.csv"
    rows = ["order,customer,date,sku,qty,price,refund_amount,refund_date"]
    rows += [f"{n},K{n % 9},{n % 28 + 1:02}/01/2024,A,2,10.00,," for n in range(1, 31)]
    rows += ["31,K1,13/01/2024,B,2,10.00,5.00,20/01/2024", "32,K2,14/01/2024,C,1,8.00,9.00,"]
    source.write_text("\n".join(rows) + "\n")
    state = read_in(tmp_path / "ws", source)
    assert (state.totals.orders, float(state.totals.net_amount)) == (32, 615.0)
    back = lines(tmp_path / "ws").filter(pc.field("kind") == "return").to_pylist()
    shown = {(str(r["amount"]), str(r["quantity"]), r["ordered_local"].day) for r in back}
    assert shown == {("-5.0000", "-0.5000", 20), ("-8.0000", "-1.0000", 14)}
    assert {row["returns_order_id"] for row in back} == {"31", "32"}
    places = {line.place: line.rows for line in state.ledgers[0].lines}
    assert places == {"read": 32, "split": 2, "sale": 32, "return": 2}
    again = read_in(tmp_path / "ws", source)
    assert again.ledgers[0].total("already_held").rows == 34
    assert len(again.manifest.batches) == 1


def test_amounts_that_change_their_sign_are_asked(tmp_path: Path) -> None:
    source = tmp_path / "sales.csv"
    rows = [
        f"K{n % 9},2024-01-{n % 28 + 1:02},{'US$' if n > 25 else 'R$'} 10.00" for n in range(30)
    ]
    source.write_text("\n".join(["who,day,paid", *rows]))
    columns = {"customer_id": "who", "ordered_local": "day", "amount": "paid"}
    with pytest.raises(DecisionNeeded, match="BRL, USD"):
        read_in(tmp_path / "ws", source, settings=Settings(source=Source(columns=columns)))


@pytest.mark.parametrize("heading", ["Cliente: Ana {};;;", "Cliente:;Ana {};;", "Ana {};;;"])
def test_headings_of_groups_name_the_rows_below_them(heading: str, tmp_path: Path) -> None:
    source = tmp_path / "report.csv"
    rows = ["Data;Nota;Produto;Valor"]
    for person in range(6):
        rows += [heading.format(person)]
        rows += [f"{3 * n + 1:02}/0{n % 3 + 1}/2023;{9 * n + person};A;{n},50" for n in range(9)]
        rows += ["Total;;;40,50"]
    source.write_text("\n".join(rows) + "\n")
    if not heading.startswith("Cliente"):
        with pytest.raises(DecisionNeeded, match=r"\(Ana 0\) the customer"):
            read_in(tmp_path / "ws", source)
        return
    totals = read_in(tmp_path / "ws", source).totals
    assert (totals.buyers, totals.orders, float(totals.net_amount)) == (6, 54, 6 * 40.5)
    assert "Ana 5" in lines(tmp_path / "ws")["customer_id"].to_pylist()


def test_an_orders_own_rows_and_discount_lines_change_no_order(tmp_path: Path) -> None:
    """Each order has a row of its own, with its total or without, lines, and a discount."""
    rows = []
    for number, day in enumerate(DAYS, 100):
        whole = "45.00" if number % 2 else ""
        rows.append(f"{number},{day:%Y%m%d}093005,C{number % 5},,,,{whole}")
        rows += [f"{number},,,Caneca,2,25.00,50.00", f"{number},,,Cupom OI,1,-5.00,-5.00"]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["Pedido,Data,Cliente,Produto,Qtd,Preço,Total", *rows]))
    totals = read_in(tmp_path / "w", path).totals
    assert (float(totals.net_amount), totals.orders, totals.buyers) == (40 * 45.0, 40, 5)
