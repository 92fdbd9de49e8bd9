"""A workspace and results in which one person stands everywhere, and a search for them."""

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clientela.config import parse_settings
from clientela.pipeline.reading import TablesState
from clientela.store.connect import open_store
from clientela.store.erasures import list_tables_of_persons
from clientela.store.publish import publish
from tests.reading import read_in
from tests.store.runs import everything, record
from tests.store.samples import sample

NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
ID, SPELT = "Maria-0077", "maria-0077"
MAIL, PHONE = "maria.planted@example.org", "+5511912345678"
ORDER = "PEDIDO-90077"
TRACES = (ID, SPELT, MAIL, "11912345678", "91234-5678", "PLANTADA", ORDER)
WRITTEN = "(11) 91234-5678"  # the same telephone, as people write it
HEADER = "pedido,cliente,data,valor,descricao,canal"
SETTINGS = parse_settings(
    {
        "source": {
            "columns": {
                "order_id": "pedido",
                "customer_id": "cliente",
                "ordered_local": "data",
                "amount": "valor",
                "description": "descricao",
                "channel": "canal",
            },
            "customer_columns": {"customer_id": "cliente", "region": "uf"},
            "contacts": {"email": "email", "phone": "telefone", "name": "nome"},
            "currency": "BRL",
            "id_form": "code",
        },
        "privacy": {"keep_personal": ["descricao", "canal", "indicado_por"]},
        "cleaning": {"max_refused_rows_share": 1.0, "max_refused_money_share": 1.0},
    }
)


def write_sources(folder: Path) -> tuple[Path, Path]:
    """Write transactions and customers in which one person stands in every way."""
    folder.mkdir(exist_ok=True)
    lines = [
        f"P{n},Cliente-{n % 20:04d},2026-01-{1 + n % 28:02d},10.5,livro,loja" for n in range(200)
    ]
    lines += [
        f"{ORDER},{ID},2026-02-01,99.9,livro,loja",
        f"{ORDER},,2026-02-01,5.0,frete,loja",
        f"PEDIDO-90078,{SPELT},2026-02-03,20.0,livro,loja",
        f"PEDIDO-90079,{ID},sem data,20.0,livro,loja",
        f"P300,Cliente-0001,2026-02-04,7.0,presente para {MAIL},loja",
        f"P301,Cliente-0002,sem data,7.0,presente para {MAIL},loja",
        f"P302,Cliente-0003,2026-02-05,7.0,ligar {WRITTEN},indicação de {SPELT}",
        f"P303,Cliente-0004,sem data,7.0,ligar {WRITTEN},loja",
    ]
    sales = folder / "vendas.csv"
    sales.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    people = folder / "clientes.csv"
    rows = [f"Cliente-{n:04d},c{n}@example.org,,Cliente {n},RJ,ninguem" for n in range(20)]
    rows[3] = f"Cliente-0003,c3@example.org,,Cliente 3,RJ,{MAIL}"
    rows.append(f"{ID},{MAIL},(11) 91234-5678,PLANTADA,SP,ninguem")
    people.write_text(
        "\n".join(["cliente,email,telefone,nome,uf,indicado_por", *rows]) + "\n", "utf-8"
    )
    return sales, people


def read_planted(workspace: Path, sources: tuple[Path, Path]) -> TablesState:
    """Take the files into the tables."""
    customers = (str(sources[1]),)
    return read_in(workspace, sources[0], now=NOW, settings=SETTINGS, customers=customers)


def publish_person(url: str) -> None:
    """Publish two runs, a ledger and an experiment that hold the person in every table."""
    for number in (1, 2):
        tables = {name: _name_person(table) for name, table in everything(4).items()}
        line = json.dumps({"cliente": ID, "email": MAIL})
        tables["quarantine"] = tables["quarantine"].set_column(5, "line", pa.array([line]))
        publish(url, record(number), tables)
    engine = open_store(url, migrate=False)
    with engine.begin() as connection:
        for table in list_tables_of_persons():
            if "run_id" not in table.c or table.name == "programme_memberships":
                rows = _name_person(sample(table)).to_pylist()
                if "experiment_id" in table.c:
                    experiment = {"experiment_id": "e", "name": "e", "created_at": NOW}
                    experiments = table.metadata.tables["experiments"]
                    values = experiment | {"as_of": NOW.date(), "design": '{"control": 2}'}
                    connection.execute(experiments.insert(), values)
                    rows = [row | {"experiment_id": "e"} for row in rows]
                if table.name == "audience_members":
                    audiences = table.metadata.tables["audiences"]
                    moments = {"created_at": NOW, "changed_at": NOW}
                    saved = [row | moments for row in sample(audiences).to_pylist()]
                    connection.execute(audiences.insert(), saved)
                if table.name == "programme_memberships":
                    rows = [row | {"run_id": record(1).run_id} for row in rows]
                    rows[1] |= {"other_id": ID, "source_ids": json.dumps([SPELT, "other"])}
                connection.execute(table.insert(), rows)
    engine.dispose()


def _name_person(table: pa.Table) -> pa.Table:
    """Let the first row be the person's."""
    if "customer_id" not in table.column_names:
        return table
    ids = [ID, *table["customer_id"].to_pylist()[1:]]
    index = table.column_names.index("customer_id")
    return table.set_column(index, "customer_id", pa.array(ids, pa.string()))


def find_traces_in(folder: Path, traces: tuple[str, ...] = TRACES) -> list[str]:
    """Name the files of a folder that hold a trace, Parquet files unpacked."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # a running database removes and makes files of its own
            continue
        if path.suffix == ".parquet":
            file = pq.ParquetFile(path)
            content += str(file.metadata.to_dict()).encode()
            content += json.dumps(file.read().to_pylist(), default=str).encode()
        found += [f"{path}: {text}" for text in traces if text.encode() in content]
    return found
