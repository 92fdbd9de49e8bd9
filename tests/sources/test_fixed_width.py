"""Text in columns of a fixed width is read as it is printed; a line across them is set aside."""

import datetime as dt
from pathlib import Path

import pytest

from clientela.config import Source
from clientela.sources.reading import peek
from tests.mapping.test_prove import shop, total
from tests.reading import read_in

TITLE = "RELATORIO DE VENDAS POR CLIENTE             PAG 1\nEMPRESA: LOJA LTDA\n\n"


def write_report(path: Path, *, printed: bool) -> float:
    """Write a report as an ERP prints it; with titles, a rule and a total where ``printed``."""
    lines = [f"{'PEDIDO':<8}{'COD CLIENTE':<14}{'NOME':<22}{'DT VENDA':<12}{'VALOR':>12}"]
    if printed:
        lines.append(f"{'-' * 7} {'-' * 13} {'-' * 21} {'-' * 11} {'-' * 12}")
    whole = 0.0
    for no, who, day, sold in shop(43):
        year, month, date = day.split("-")
        value, whole = f"{total(sold):.2f}".replace(".", ","), whole + total(sold)
        name = f"JOÃO {who} DE SÁ"
        lines.append(f"{no:<8}{who:<14}{name:<22}{date}/{month}/{year}  {value:>12}")
    if printed:
        lines.append(f"{'TOTAL GERAL DO PERIODO DE VENDAS ' + '.' * 23}{whole:>12.2f}")
    text = (TITLE if printed else "") + "\n".join(lines) + "\n"
    path.write_text(text, "latin-1" if printed else "utf-8")
    return whole


@pytest.mark.parametrize("printed", [False, True])
def test_a_printed_report_is_read_by_its_columns(printed: bool, tmp_path: Path) -> None:
    path = tmp_path / "vendas.txt"
    whole = write_report(path, printed=printed)
    assert peek(str(path), Source()).columns == (
        *("PEDIDO", "COD CLIENTE", "NOME", "DT VENDA", "VALOR"),
    )
    state = read_in(tmp_path / "workspace", path, now=dt.datetime(2025, 1, 31, tzinfo=dt.UTC))
    assert float(state.totals_then.net_amount) == pytest.approx(whole)
    assert state.totals_then.orders == 60


def test_prose_has_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Some words that mean nothing at all here\nand others below them\n" * 20)
    with pytest.raises(Exception, match="separates the columns"):
        peek(str(path), Source())


def test_tabs_that_line_up_are_tabs(tmp_path: Path) -> None:
    path = tmp_path / "orders.txt"
    rows = [f"702-{n:07}\t2024-01-{n % 28 + 1:02}\tC{n % 9}\t{n}.50" for n in range(1, 40)]
    path.write_text("\n".join(["order-id\tpurchase-date\tbuyer\titem-price", *rows]) + "\n")
    sample = peek(str(path), Source())
    assert sample.columns == ("order-id", "purchase-date", "buyer", "item-price")
    assert sample.rows[0] == ("702-0000001", "2024-01-02", "C1", "1.50")
