"""The configuration that is guessed is one that reads the file."""

from pathlib import Path

import pytest

from clientela import config
from clientela.errors import ConfigError
from clientela.mapping import source_columns as mapping
from clientela.mapping.init import write_config
from clientela.sources import reading as sources
from clientela.sources.staging import Sample

VENDAS = (
    'Nº Pedido;Cliente;Data da Venda;Produto;Qtde;Preço Unitário;Loja "x" \\\n'
    "1;10;13/02/2023;Açúcar;2;R$ 3,50;SP\n"
    "2;11;14/02/2023;Café;1;R$ 10,00;\n"
)


def test_a_guess_is_a_valid_configuration_that_reads_the_file(tmp_path: Path) -> None:
    source, target = tmp_path / "vendas.csv", tmp_path / "clientela.toml"
    source.write_bytes(VENDAS.encode("cp1252"))
    told = write_config([str(source)], target)
    assert "Cliente is customer_id" in told
    settings = config.read_settings(target)
    assert settings.source.currency == "BRL"
    sample = sources.peek(str(source), settings.source)
    understood = mapping.resolve(sample.columns, sample.rows, settings.source, "transactions")
    assert understood.columns == {
        "order_id": "Nº Pedido",
        "customer_id": "Cliente",
        "ordered_local": "Data da Venda",
        "product_id": "Produto",
        "quantity": "Qtde",
        "unit_price": "Preço Unitário",
    }
    text = target.read_text("utf-8")
    assert '#   Loja "x" \\  # such as SP' in text
    assert "# Correct what is wrong" in text


def test_a_known_layout_stays_known(tmp_path: Path) -> None:
    source, target = tmp_path / "uci.csv", tmp_path / "clientela.toml"
    source.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,21730,STAR,6,2010-12-01 08:26:00,4.25,17850.0,United Kingdom\n"
    )
    write_config([str(source)], target)
    settings = config.read_settings(target).source
    sample = sources.peek(str(source), settings)
    understood = mapping.resolve(sample.columns, sample.rows, settings, "transactions")
    assert understood.layout == "uci_online_retail"
    assert (understood.timezone, understood.currency) == ("Europe/London", "GBP")


def test_customers_get_their_own_section(tmp_path: Path) -> None:
    source, target = tmp_path / "people.csv", tmp_path / "clientela.toml"
    source.write_text("ID Cliente,Idade,Sexo,Plano\n1,34,F,ouro\n")
    write_config([str(source)], target)
    assert config.read_settings(target).source.customer_columns == {
        "customer_id": "ID Cliente",
        "age": "Idade",
        "gender": "Sexo",
    }


def test_what_is_not_found_is_said(tmp_path: Path) -> None:
    source, target = tmp_path / "x.csv", tmp_path / "clientela.toml"
    source.write_text("a,b\nfoo,bar\n")
    told = write_config([str(source)], target)
    lacking = "customer_id; ordered_local; amount, or unit_price beside quantity"
    assert told == f"wrote {target}: no column is understood; not found: {lacking}"
    assert f"# NOT FOUND: {lacking}." in target.read_text()
    assert config.read_settings(target).source.columns == {}


def test_values_cannot_leave_their_comment(tmp_path: Path) -> None:
    source, target = tmp_path / "x.csv", tmp_path / "clientela.toml"
    source.write_text(
        'customer_id,"a ""b""",c\n"1\n[segments]\nk_min = 99",\x0b2,"' + "y" * 99 + '"\n'
    )
    write_config([str(source)], target)
    assert config.read_settings(target).segments.k_min == 4
    assert "y" * 41 not in target.read_text()


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "x.csv", tmp_path / "clientela.toml"
    source.write_text("customer_id,date,amount\n1,2020-01-01,2\n")
    target.write_text("mine")
    with pytest.raises(ConfigError, match="is not overwritten"):
        write_config([str(source)], target)
    assert target.read_text() == "mine"


def test_the_password_of_a_url_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = Sample(("customer_id", "date", "amount"), (("1", "2020-01-01", "2"),))
    monkeypatch.setattr(sources, "peek", lambda location, settings: sample)
    target = tmp_path / "clientela.toml"
    write_config(["postgresql://ana:secret@db/shop?table=sales"], target)
    assert "secret" not in target.read_text()


def test_the_owner_is_asked_about_the_season(tmp_path: Path) -> None:
    source, target = tmp_path / "sales.csv", tmp_path / "clientela.toml"
    source.write_text(
        "cliente;data;valor\n" + "".join(f"c{n};{n + 1:02d}/03/2024;{n},50\n" for n in range(20))
    )
    write_config([str(source)], target, "pt_BR")
    text = target.read_text("utf-8")
    assert "As vendas sobem antes do Natal?" in text
    assert config.read_settings(target).value.season == "usual"
