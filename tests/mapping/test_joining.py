"""Files of one system are joined by proved keys, and no order's money grows."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from clientela.config import read_settings
from clientela.errors import DecisionNeeded
from clientela.mapping.init import write_config
from tests.mapping.test_prove import PRICES, Order, shop, total
from tests.reading import NOW, read_in, snapshot

ORDERS = shop(5, orders=80)


def write(folder: Path, name: str, header: str, rows: Sequence[Sequence[object]]) -> Path:
    """Write a file of comma-separated values."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def item_rows(orders: Sequence[Order]) -> list[tuple[object, ...]]:
    """List the lines: order, product, quantity, price."""
    return [(no, name, n, PRICES[name]) for no, _, _, sold in orders for name, n in sold]


def payment_rows() -> list[tuple[object, ...]]:
    """List two payments an order, each half of it."""
    return [(no, part, f"{total(sold) / 2:.2f}") for no, _, _, sold in ORDERS for part in (1, 2)]


def check_totals(folder: Path, files: Sequence[Path]) -> None:
    """Compare what init and run make of files with the orders drawn."""
    config = folder / "clientela.toml"
    write_config([str(file) for file in files], config)
    read = read_in(
        folder / "ws", *files, settings=read_settings(config), now=NOW.replace(year=2026)
    )
    assert float(read.totals.net_amount) == sum(total(sold) for *_, sold in ORDERS)
    assert read.totals.buyers == len({person for _, person, _, _ in ORDERS})
    assert read.totals.orders == len(ORDERS)


def test_four_files_of_one_system_are_one_source(tmp_path: Path) -> None:
    people = sorted({person for _, person, _, _ in ORDERS})
    files = [
        write(tmp_path, "payments.csv", "order_id,sequence,value", payment_rows()),
        write(tmp_path, "customers.csv", "id,city", [(person, "Lima") for person in people]),
        write(tmp_path, "items.csv", "order_id,product,quantity,price", item_rows(ORDERS)),
        write(tmp_path, "orders.csv", "id,customer_id,date", [order[:3] for order in ORDERS]),
    ]
    check_totals(tmp_path, files)


def write_orders(folder: Path) -> Path:
    """Write the orders' lines with their persons and days."""
    rows = [
        (no, person, day, name, n, PRICES[name])
        for no, person, day, sold in ORDERS
        for name, n in sold
    ]
    return write(folder, "pedidos.csv", "pedido,cliente,data,produto,quantidade,preco", rows)


@pytest.mark.parametrize("twice", [False, True])
def test_refunds_in_a_file_of_their_own_are_taken_off(twice: bool, tmp_path: Path) -> None:
    # Half of the firms' refunds come from a payment service in another language.
    header = "order_no,buyer,refund_date,amount" if twice else "pedido,cliente,data,valor"
    rows = [(no, person, f"2025{day[4:]}", "-5.00") for no, person, day, _ in ORDERS[::9]]
    files = [write_orders(tmp_path), write(tmp_path, "estornos.csv", header, rows * (1 + twice))]
    read = read_in(tmp_path / "ws", *files, now=NOW.replace(year=2026))
    back = 5 * len(rows) * (1 + twice)
    assert float(read.totals.net_amount) == sum(total(sold) for *_, sold in ORDERS) - back
    assert read.totals.orders == len(ORDERS)


def test_a_file_that_counts_the_same_orders_again_is_asked(tmp_path: Path) -> None:
    header = "pedido,cliente,data,valor,forma"
    rows = [
        (no, who, day, total(sold) / 2, way)
        for no, who, day, sold in ORDERS
        for way in ("pix", "cartao")
    ]
    files = [write_orders(tmp_path), write(tmp_path, "pagamentos.csv", header, rows)]
    with pytest.raises(DecisionNeeded, match=r"pagamentos\.csv tells orders of pedidos\.csv"):
        read_in(tmp_path / "ws", *files)


def test_headings_of_noise_are_joined_by_values(tmp_path: Path) -> None:
    items = [(*row, row[2] * row[3]) for row in item_rows(ORDERS)]  # type: ignore[operator]
    files = [
        write(tmp_path, "t1.csv", "a,b,c", [order[:3] for order in ORDERS]),
        write(tmp_path, "t2.csv", "d,e,f,g,h", items),
    ]
    check_totals(tmp_path, files)


def test_lines_of_orders_that_are_missing_are_asked_about(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "orders.csv", "order_id,customer,date", [o[:3] for o in ORDERS[:60]]),
        write(tmp_path, "items.csv", "order_id,product,quantity,price", item_rows(ORDERS)),
    ]
    with pytest.raises(DecisionNeeded, match="only 75% of order_id of items"):
        read_in(tmp_path / "ws", *files)


def test_exports_of_the_same_columns_are_appended(tmp_path: Path) -> None:
    rows = [(no, person, day, total(sold)) for no, person, day, sold in ORDERS]
    files = [
        write(tmp_path, "a.csv", "order_id,customer_id,date,total", rows[:40]),
        write(tmp_path, "b.csv", "order_id,customer_id,date,total", rows[40:]),
    ]
    assert read_in(tmp_path / "ws", *files, now=NOW.replace(year=2026)).totals.orders == len(ORDERS)


def test_a_joined_table_of_customers_keeps_their_attributes(tmp_path: Path) -> None:
    people = sorted({person for _, person, _, _ in ORDERS})
    files = [
        write(tmp_path, "orders.csv", "order_id,customer_id,date", [o[:3] for o in ORDERS]),
        write(tmp_path, "items.csv", "order_id,product,quantity,price", item_rows(ORDERS)),
        write(tmp_path, "customers.csv", "customer_id,gender", [(one, "F") for one in people]),
    ]
    state = read_in(tmp_path / "ws", *files, now=NOW.replace(year=2026))
    assert float(state.totals.net_amount) == sum(total(sold) for *_, sold in ORDERS)
    assert set(snapshot(tmp_path / "ws", state.as_of)["gender"].to_pylist()) == {"F"}


def test_payments_that_hold_freight_are_asked_about_and_no_lines(tmp_path: Path) -> None:
    people = sorted({person for _, person, _, _ in ORDERS})
    paid = [(no, 1, "pix", f"{total(sold) + 9.9:.2f}") for no, _, _, sold in ORDERS]
    files = [
        write(tmp_path, "pagamentos.csv", "pedido_id,seq,forma,valor_pago", paid),
        write(tmp_path, "clientes.csv", "cliente_id,cidade", [(p, "Lima") for p in people]),
        write(tmp_path, "itens.csv", "pedido_id,sku,quantidade,preco_unitario", item_rows(ORDERS)),
        write(tmp_path, "pedidos.csv", "pedido_id,cliente_id,data", [o[:3] for o in ORDERS]),
    ]
    with pytest.raises(DecisionNeeded, match=r"quantidade x preco_unitario .* valor_pago"):
        check_totals(tmp_path, files)
