"""The whole job on a Spark cluster: a master and two workers on this machine.

What is published must be what DuckDB publishes, to a billionth.
"""

import csv
import datetime as dt
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.csv as pc
import pyarrow.parquet as pq

from tests.published import find_differing, read_published
from tests.shop import QUICK, small_shop
from tests.torture.score import Score

DATA = Path(os.environ.get("CLIENTELA_DATA", "../shared/data"))
YEARS = ("online_retail_2009_2010.csv", "online_retail.csv")  # the UCI sets, both years
MANY = 100_000  # customers: 5.8 million lines, of which the workers read 8 parts
HEAP = "1g"  # of the driver's Java process
MOST_DRIVER_MB = {"UCI": 800, "UCI, both years": 1_100, "5.8 million lines": 2_300}
"""Limits of the driver's Python process, a third above what was measured."""
HOST = "127.0.0.1"
WORKERS = 2
MEASURED = """
import resource, sys
from clientela.cli import main
try:
    main(sys.argv[1:])
finally:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak_mb={peak}", file=sys.stderr)
"""
"""The command line, which says at its end what memory it took."""


def attack(score: Score, folder: Path) -> None:
    """Run ordinary, skewed and several sources, lose a worker, submit, move the clock's zone."""
    shop = small_shop(folder / "shop").transactions
    skewed, other = _skew(shop, folder / "skewed.csv"), _write_other(shop, folder / "other.csv")
    with start_cluster(folder) as (master, workers):
        parts = {"shop": [shop], "skewed": [skewed], "two": [shop, other]}
        for name, sources in (parts | {"parts": [_divide(shop, folder / "parquet")]}).items():
            score.run(f"sources {name}", lambda: _compare(folder / name, sources, master))
        zone = {"TZ": "America/Sao_Paulo"}
        score.run("another zone", lambda: _compare(folder / "zone", [shop], master, zone))
        score.run("submitted", lambda: _compare(folder / "sent", [shop], master, submit=True))
        score.run(
            "worker lost",
            lambda: _compare(folder / "lost", [shop], master, at_clean=workers[0]),
        )
    attack_large(score, folder)


def attack_large(score: Score, folder: Path) -> None:
    """Run what takes an hour, in a driver whose memory is measured."""
    large = folder / "large"
    large.mkdir(exist_ok=True)
    many = large / "shop" / "transactions.csv"
    words = ["simulate", "retail", "--customers", str(MANY), "--out", str(many.parent)]
    if not many.exists():
        _call([sys.executable, "-m", "clientela", *words], dict(os.environ), None)
    sets = {"UCI": [DATA / YEARS[1]], "UCI, both years": [DATA / name for name in YEARS]}
    with start_cluster(large) as (master, _):
        for name, sources in (sets | {"5.8 million lines": [many]}).items():
            limit = MOST_DRIVER_MB[name]
            score.run(name, lambda: _compare(large / name, sources, master, most_mb=limit))


@contextmanager
def start_cluster(folder: Path) -> Iterator[tuple[str, list[Callable[[], None]]]]:
    """Start a master and its workers; give its URL and what kills each worker."""
    import pyspark

    home = Path(pyspark.__file__).parent
    port = _find_port()
    master = f"spark://{HOST}:{port}"
    base = [str(home / "bin" / "spark-class")]
    started = []
    try:
        for role, words in (
            ("Master", ["--host", HOST, "--port", str(port), "--webui-port", str(_find_port())]),
            *[("Worker", ["--host", HOST, "--cores", "1", "--memory", "2g", master])] * WORKERS,
        ):
            work = [] if role == "Master" else ["--work-dir", str(folder / "workers")]
            with (folder / "cluster.log").open("a") as log:
                started.append(
                    subprocess.Popen(
                        [*base, f"org.apache.spark.deploy.{role.lower()}.{role}", *work, *words],
                        env=os.environ | {"SPARK_HOME": str(home)},
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                )
            if role == "Master":
                _wait_for(port)
        yield master, [lambda p=process: _kill(p) for process in started[1:]]  # type: ignore[misc]
    finally:
        for process in started:
            _kill(process)


def _compare(
    folder: Path,
    sources: list[Path],
    master: str,
    environment: dict[str, str] | None = None,
    *,
    submit: bool = False,
    at_clean: Callable[[], None] | None = None,
    most_mb: int | None = None,
) -> None:
    """Run on both engines, compare all that is published, and see what the driver took."""
    folder.mkdir(exist_ok=True)
    base = QUICK.read_text("utf-8") + '[source]\ntimezone = "Europe/London"\n'
    options = f'"spark.driver.host" = "{HOST}", "spark.driver.memory" = "{HEAP}"'
    cluster = f'master = "{master}"\nspark = {{{options}}}\n'
    published = []
    for name, config, command in (
        ("duckdb", base, [sys.executable, "-m", "clientela"]),
        ("spark", base if submit else base.replace("[engine]\n", "[engine]\n" + cluster),
         _submit(master, folder) if submit else [sys.executable, "-c", MEASURED]),
    ):  # fmt: skip
        toml = folder / f"{name}.toml"
        toml.write_text(config, "utf-8")
        workspace = folder / name
        words = ["run", *map(str, sources), "--engine", name, "--replace", "--refit"]
        words += ["--config", str(toml), "--workspace", str(workspace)]
        lost = at_clean if name == "spark" else None
        said = _call([*command, *words], os.environ | (environment or {}), lost)
        published.append(read_published(workspace / "results.db"))
    differing = find_differing(*published)
    assert not differing, f"published otherwise: {differing[:5]}"
    if most_mb is not None:
        peak = int(re.findall(r"^peak_mb=(\d+)", said, re.MULTILINE)[-1])
        print(f"{folder.name}: the driver's Python took {peak:,} MB, its Java at most {HEAP}")
        assert peak <= most_mb, f"the driver took {peak} MB"


def _submit(master: str, folder: Path) -> list[str]:
    """Return what submits a script of two lines, for spark-submit knows Python by a file's name."""
    import pyspark

    job = folder / "job.py"
    job.write_text("import sys\n\nfrom clientela.cli import main\n\nsys.exit(main())\n", "utf-8")
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    conf = ["--conf", f"spark.driver.host={HOST}", "--driver-memory", "1g"]
    return [str(submit), "--master", master, *conf, str(job)]


def _call(command: list[str], environment: dict[str, str], at_clean: Callable[[], None] | None
) -> str:  # fmt: skip
    """Run a command to its end; give what it said."""
    environment = environment | {"PYSPARK_PYTHON": sys.executable}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    said = []
    for line in process.stderr or ():
        said.append(line)
        if at_clean is not None and re.search(r"stage=clean\b", line):
            time.sleep(10)  # until both workers have computed something
            at_clean()
            at_clean = None
    assert process.wait() == 0, "".join(said)[-600:]
    return "".join(said)


def _divide(source: Path, folder: Path) -> Path:
    """Write a shop as a folder of Parquet files, of which each is a part."""
    folder.mkdir(exist_ok=True)
    options = pc.ConvertOptions(column_types=dict.fromkeys(_read_header(source), "string"))
    lines = pc.read_csv(source, convert_options=options)
    third = len(lines) // 3
    for part, start in enumerate((0, third, 2 * third)):
        rows = lines.slice(start, third if part < 2 else None)
        pq.write_table(rows, folder / f"{part}.parquet")
    return folder


def _read_header(source: Path) -> list[str]:
    with source.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def _skew(source: Path, target: Path) -> Path:
    """Write a shop of which one customer has a third of all lines, most of them on one day."""
    with source.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    first = next(line for line in lines if line["CustomerID"])
    more = [
        line | {"CustomerID": first["CustomerID"], "InvoiceDate": first["InvoiceDate"],
                "InvoiceNo": str(800_000 + number // 40)}
        for number, line in enumerate(lines[: len(lines) // 2])
    ]  # fmt: skip
    return _write(target, lines + more)


def _write_other(source: Path, target: Path) -> Path:
    """Write some lines a week later as another system would export them."""
    with source.open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["CustomerID"]][:300]
    week = dt.timedelta(days=7)
    return _write(
        target,
        [
            {
                "order_id": f"W{line['InvoiceNo']}",
                "customer_id": line["CustomerID"],
                "ordered_at": str(dt.datetime.fromisoformat(line["InvoiceDate"]) + week),
                "product_id": line["StockCode"],
                "quantity": line["Quantity"],
                "unit_price": line["UnitPrice"],
                "currency": "GBP",
            }
            for line in lines
        ],
    )


def _write(target: Path, lines: list[dict[str, str]]) -> Path:
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return target


def _find_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(120):
        with socket.socket() as client:
            if client.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.5)
    raise TimeoutError("the master of Spark does not answer")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker, and the executors that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
