"""Tables and queries by URL, read only."""

import datetime as dt
import importlib.util
import sqlite3
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from clientela.config import Source
from clientela.config.database_url import SOURCE_PASSWORD, add_password, show_url
from clientela.errors import ConfigError, MissingExtra, SourceError
from clientela.sources import database
from clientela.sources.guard import Guard
from clientela.sources.reading import peek, stage
from tests.mariadb import new_mariadb
from tests.postgres import new_database
from tests.privacy.planted import find_traces_in
from tests.shop import clientela


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """The URL of a small SQLite database, without a table."""
    path = tmp_path / "my shop.db"
    connection = sqlite3.connect(path)
    connection.execute('CREATE TABLE "order lines" (id, day TEXT, amount REAL, note)')
    connection.executemany(
        'INSERT INTO "order lines" VALUES (?, ?, ?, ?)',
        [(17850, "2010-12-01", 2.0, "a:b"), ("17851", "2010-12-02", 0.1, None), (3, "", None, "")],
    )
    connection.execute("CREATE TABLE empty (id)")
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


def test_a_table_is_read(shop: str, tmp_path: Path) -> None:
    location = f"{shop}?table=order lines"
    staged = stage(location, Source(), Guard(), tmp_path)
    assert pq.read_table(staged.path).to_pylist() == [
        {"source_row": 1, "id": "17850", "day": "2010-12-01", "amount": "2.0", "note": "a:b"},
        {"source_row": 2, "id": "17851", "day": "2010-12-02", "amount": "0.1", "note": None},
        {"source_row": 3, "id": "3", "day": None, "amount": None, "note": None},
    ]
    assert staged.typed == {"amount"}
    assert (staged.counted, staged.parsed, staged.rejected) == (3, 3, 0)
    assert peek(location, Source()).rows[0] == ("17850", "2010-12-01", "2.0", "a:b")


def test_a_query_is_read(shop: str, tmp_path: Path) -> None:
    query = "SELECT id, 'x:y' AS k FROM \"order lines\" WHERE note = 'a:b' AND amount > 1"
    staged = stage(f"{shop}?query={quote(query)}", Source(), Guard(), tmp_path)
    assert pq.read_table(staged.path).to_pylist() == [{"source_row": 1, "id": "17850", "k": "x:y"}]
    assert staged.details == {"format": "query"}


def test_the_hash_is_of_the_rows(shop: str, tmp_path: Path) -> None:
    def sha256(query: str) -> str:
        return stage(f"{shop}?query={quote(query)}", Source(), Guard(), tmp_path).sha256

    one, other = "SELECT 1 AS a", "SELECT 2 AS a"
    assert sha256(one) == sha256(one) != sha256(other)


def test_nothing_can_be_written(shop: str) -> None:
    for statement in ('DELETE FROM "order lines"', "CREATE TABLE x (a)"):
        with pytest.raises(SourceError, match="readonly"):
            peek(f"{shop}?query={quote(statement)}", Source())


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        ("", "names no table or query"),
        ("?table=a&query=b", "names no table or query"),
        ("?table=absent", "no such table"),
        ("?table=empty", "no rows"),
        ("?query=SELEC", "syntax error"),
        ("?query=SELECT+1,1", "the same name"),
    ],
)
def test_faults_are_told(shop: str, tmp_path: Path, ending: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        stage(shop + ending, Source(), Guard(), tmp_path)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("db2://db/shop?table=t", "'db2' databases are not read"),
        ("https://shop.example/x.csv", "files are not read over 'https://'"),
        ("x://", "'x' databases are not read"),
    ],
)
def test_what_is_no_database_is_refused(url: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        peek(url, Source())


def test_a_database_that_is_absent_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "absent.db"
    with pytest.raises(SourceError, match="no such database file"):
        peek(f"sqlite:///{path}?table=t", Source())
    assert not path.exists()


PLANTED = "s3gredo"


@pytest.mark.parametrize(
    "location",
    [
        f"postgresql://ana:{PLANTED}@127.0.0.1:1/shop?table=t",
        f"postgresql://ana@127.0.0.1:1/shop?table=t&password={PLANTED}",
        f"postgresql://ana@127.0.0.1:1/shop?table=t&sslpassword={PLANTED}",
        f"mysql://ana@127.0.0.1:1/shop?table=t&passwd={PLANTED}",
        f"mssql://ana@127.0.0.1:1/shop?table=t&PWD={PLANTED}",
        f"host=127.0.0.1 port=1 password={PLANTED}",
        f"Driver=x;Server=127.0.0.1;Pwd={PLANTED}",
        f"ana:{PLANTED}@127.0.0.1/shop",
    ],
)
def test_a_password_in_a_url_is_refused_and_never_shown(location: str) -> None:
    with pytest.raises(ConfigError, match="CLIENTELA_SOURCE_PASSWORD_FILE") as caught:
        peek(location, Source())
    assert PLANTED not in str(caught.value)
    assert PLANTED not in show_url(location)


def test_no_secret_of_a_url_is_in_what_a_command_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sales = tmp_path / "sales.csv"
    sales.write_text("order,client,date,amount\nA1,C1,2024-01-02,9.5\n", "utf-8")
    query = "postgresql://ana@127.0.0.1:1/shop?table=t"
    for location in (
        f"{query}&password={PLANTED}",
        f"{query}&options=-c%20app.key%3D{PLANTED}",
        f"mysql://ana@127.0.0.1:1/shop?table=t&PWD={PLANTED}",
        f"s3://shop/sales.csv?aws_secret_access_key={PLANTED}",
        f"https://ana:{PLANTED}@127.0.0.1:1/sales.csv",
    ):
        for words in (("run", location), ("run", sales, "--customers", location)):
            ran = clientela(capsys, *words, "--workspace", tmp_path / "w")
            assert ran.code in (2, 3), ran.err
            assert PLANTED not in ran.out + ran.err
    assert find_traces_in(tmp_path, (PLANTED,)) == []


def test_the_secret_comes_from_the_environment_or_a_file_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sa.make_url("postgresql://ana@db/shop")
    assert add_password(url, SOURCE_PASSWORD).password is None
    path = tmp_path / "secret"
    path.write_text(f"{PLANTED}\n", "utf-8")
    path.chmod(0o644)
    monkeypatch.setenv("CLIENTELA_SOURCE_PASSWORD_FILE", str(path))
    with pytest.raises(ConfigError, match="others can read"):
        add_password(url, SOURCE_PASSWORD)
    path.chmod(0o600)
    assert add_password(url, SOURCE_PASSWORD).password == PLANTED
    monkeypatch.setenv(SOURCE_PASSWORD, PLANTED.upper())
    assert add_password(url, SOURCE_PASSWORD).password == PLANTED.upper()


STATEMENTS = {
    "postgresql": 'SELECT * FROM shop."order lines"',
    "mysql": "SELECT * FROM shop.`order lines`",
    "mssql": "SELECT * FROM shop.[order lines]",
    "oracle": 'SELECT * FROM shop."order lines"',
    "sqlite": 'SELECT * FROM shop."order lines"',
}


@pytest.mark.parametrize("backend", STATEMENTS)
def test_each_dialect_quotes_names_in_its_way(backend: str) -> None:
    url = sa.make_url(f"{backend}://ana@db/x?table=order lines&schema=shop")
    dialect = sa.make_url(f"{backend}://").get_dialect()()
    table = database._statement(url, "").compile(dialect=dialect)
    assert " ".join(str(table).split()) == STATEMENTS[backend]
    text = "SELECT 'a:b' AS k, 5 % 2 AS rest FROM t"
    query = database._statement(url.set(query={"query": text}), "").compile(dialect=dialect)
    doubled = dialect.paramstyle in ("format", "pyformat")
    assert str(query).replace("\\:", ":") == (text.replace("%", "%%") if doubled else text)


def test_sql_server_is_sent_queries_alone() -> None:
    url = sa.make_url("mssql://ana@db/x?query=DELETE FROM t")
    with pytest.raises(SourceError, match="only queries"):
        database._statement(url, "")


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for backend, extra in (
        ("postgresql", "postgres"),
        ("mariadb", "mysql"),
        ("sqlserver", "mssql"),
        ("oracle", "oracle"),
    ):
        with pytest.raises(MissingExtra, match=f"'{extra}'"):
            peek(f"{backend}://localhost/shop?table=t", Source())


def test_postgresql_is_read_in_its_types(tmp_path: Path) -> None:
    url = new_database()
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA shop"))
        connection.execute(sa.text("CREATE SEQUENCE counter"))
        connection.execute(
            sa.text(
                "CREATE TABLE shop.sales AS SELECT n AS id, "
                "TIMESTAMP '2010-12-01 08:26' + n * INTERVAL '1 hour' AS at, "
                "TIMESTAMPTZ '2010-12-01 08:26+02' AS instant, 2.10::numeric AS amount, "
                "n % 2 = 0 AS even, 'R$'::text AS sign FROM generate_series(1, 45000) AS n"
            )
        )
    engine.dispose()
    mark = "&" if "?" in url else "?"
    staged = stage(f"{url}{mark}table=sales&schema=shop", Source(), Guard(), tmp_path)
    held = pq.read_table(staged.path)
    assert len(held) == staged.counted == 45_000
    assert held.slice(1, 1).to_pylist() == [
        {
            "source_row": 2,
            "id": "2",
            "at": "2010-12-01 10:26:00",
            "instant": "2010-12-01 06:26:00Z",
            "amount": "2.10",
            "even": "true",
            "sign": "R$",
        }
    ]
    assert staged.typed == {"id", "amount"}
    changing = quote("SELECT nextval('counter')")
    with pytest.raises(SourceError, match="read-only transaction"):
        peek(f"{url}{mark}query={changing}", Source())


def test_mariadb_is_read_in_its_types(tmp_path: Path) -> None:
    with new_mariadb(tmp_path / "server") as url:
        engine = sa.create_engine(sa.make_url(url).set(drivername="mysql+pymysql"))
        with engine.begin() as connection:
            connection.execute(
                sa.text(
                    "CREATE TABLE `order lines` (id INT, at DATETIME, amount DECIMAL(10, 2), "
                    "sign VARCHAR(9) CHARACTER SET utf8mb4)"
                )
            )
            rows = [{"id": n, "amount": n / 4} for n in range(25_000)]
            connection.execute(
                sa.text(
                    "INSERT INTO `order lines` VALUES (:id, '2010-12-01 08:26', :amount, 'R$ ção')"
                ),
                rows,
            )
        engine.dispose()
        staged = stage(f"{url}&table=order lines", Source(), Guard(), tmp_path)
        assert staged.counted == 25_000
        assert staged.typed == {"id", "amount"}
        first = pq.read_table(staged.path).slice(1, 1).to_pylist()[0]
        assert first == {
            "source_row": 2,
            "id": "1",
            "at": "2010-12-01 08:26:00",
            "amount": "0.25",
            "sign": "R$ ção",
        }
        query = quote("SELECT id FROM `order lines` WHERE sign LIKE 'R%' AND id < 2")
        assert peek(f"{url}&query={query}", Source()).rows == (("0",), ("1",))
        for statement in ("DELETE FROM `order lines`", "CREATE TABLE x (a INT)"):
            with pytest.raises(SourceError, match="READ ONLY"):
                peek(f"{url}&query={quote(statement)}", Source())


def test_values_of_python_become_text() -> None:
    from clientela.sources.values import text_of

    aware = dt.datetime(2010, 12, 1, 8, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    values = [aware, Decimal("1E+3"), b"caf\xc3\xa9", [1, Decimal("2.5")], {"a": None}, 1e22]
    assert [text_of(value) for value in values] == [
        "2010-12-01 06:00:00Z",
        "1000",
        "café",
        '[1, "2.5"]',
        '{"a": null}',
        "1e+22",
    ]
