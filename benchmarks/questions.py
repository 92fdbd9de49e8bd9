"""What programs and readers ask of a results database: the server's CPU, and the database's.

``python benchmarks/questions.py [STORE_URL]``, which ``benchmarks/grown.py`` fills: filters that
were never asked before, first and last pages of lists, searches, look-ups, what is asked first
after a start. Medians of rounds; what is beyond its limit, or a last page that costs half as much
again as the first, ends with code 1.
"""

import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias
from urllib.parse import quote

from figures import Figure, report
from grown import CUSTOMERS, count_customers, fill_store, name_result
from http_load import cpu_seconds, database_cpu_seconds
from serving import start_server
from sqlalchemy import ColumnElement, Connection, func, select

from clientela.serving.filtering import LOOK_SECONDS
from clientela.serving.listing import Cursor, decode_cursor, encode_cursor
from clientela.store import schema
from clientela.store.connect import connect_to_read, transaction
from clientela.store.run_files import note_listing

ROUNDS, AT_ONCE = 9, 5  # a clock of 10 ms tells little of one answer
COUNT_MS, PAGE_MS, SEARCH_MS, LOOK_UP_MS = 50.0, 100.0, 100.0, 5.0
SAME, SAME_MS = 1.5, 10.0  # of the first page, and beside it: what the clock tells apart
FOREVER = 60_000.0
SEGMENTS = "/v1/segments"
AIMED = "page of /v1/churn/at-risk"  # it sorted the whole list once
FILTERS = (
    "days_since_last > {} and segment = 2",
    "orders > 3 or revenue > {}.5",
    "insider != 'member' and expected_revenue > {}",
    "bought = 'PRODUCT' and revenue > {}",
    "bought != 'PRODUCT' and not insider = 'member' and units < {}",
    "churn_reason = 'days_since_last' and revenue > {}",
    "ordered_in = 'MONTH' and revenue > {}",
    "months_later = 3 and revenue > {}",
)
SORTS = ("-revenue", "-expected_revenue", "last_order_date")

Question: TypeAlias = tuple[str, Callable[[int], str], float]
"""Its name, its path by number, and the most that it may cost in ms of CPU."""


class Asker:
    """Asks a server, and knows what it and its database spent."""

    def __init__(self, url: str, pid: int, port: int) -> None:
        self._url, self._pid, self._port = url, pid, port
        self._asked = 0

    def ask(self, path: str) -> bytes:
        """Return the answer to a path."""
        address = f"http://127.0.0.1:{self._port}{path}"
        with urllib.request.urlopen(address, timeout=60) as answer:
            content: bytes = answer.read()
        return content

    def measure(self, write_path: Callable[[int], str]) -> tuple[float, float, float]:
        """Return the CPU ms of the first answer, the median of later ones, the database's of it."""
        first, _ = self._spend(write_path, 1)
        rounds = [self._spend(write_path, AT_ONCE) for _ in range(ROUNDS)]
        return first, median(all_ms for all_ms, _ in rounds), median(own for _, own in rounds)

    def _spend(self, write_path: Callable[[int], str], times: int) -> tuple[float, float]:
        server, database = cpu_seconds(self._pid), database_cpu_seconds(self._url)
        for _ in range(times):
            self._asked += 1
            self.ask(write_path(self._asked))
        database = database_cpu_seconds(self._url) - database
        both = cpu_seconds(self._pid) - server + database
        return both * 1e3 / times, database * 1e3 / times


def main(url: str = "") -> int:
    """Ask everything, and report what each cost."""
    url = url or fill_store(CUSTOMERS)
    page_ms, figures = 0.0, []
    with tempfile.TemporaryDirectory() as folder, start_server(url, Path(folder)) as (pid, port):
        asker = Asker(url, pid, port)
        with connect_to_read(url) as connection:
            for name, write_path, limit in _list_questions(connection, asker, url):
                first, then, database = asker.measure(write_path)
                if name.startswith("last"):
                    limit = min(limit, max(page_ms * SAME, page_ms + SAME_MS))
                page_ms = then
                most_first = limit if name.startswith(SEGMENTS) and limit < FOREVER else None
                most = limit if limit < FOREVER else None
                figures += [
                    Figure("first, ms of CPU", first, name, limit=most_first),
                    Figure("then", then, name, limit=most, goal=most if AIMED in name else None),
                    Figure("of which the database", database, name),
                ]
                print(f"  {name[:79]:80}{first:7.0f}{then:7.1f}", flush=True)
    return report(
        name_result("questions", url), [Figure("customers", count_customers(url))], figures
    )


def _list_questions(connection: Connection, asker: Asker, url: str) -> Iterator[Question]:
    run_id = connection.scalar(select(schema.current_run.c.run_id))
    customers, products = schema.customers, schema.metadata.tables["products"]
    yield f"{SEGMENTS}, the first after a start", lambda _: SEGMENTS, FOREVER
    with transaction(url, migrate=False) as writing:
        note_listing(writing, str(run_id))  # another version of the run's file
    time.sleep(3 * LOOK_SECONDS)
    yield f"{SEGMENTS}, the first of another version", lambda _: SEGMENTS, PAGE_MS
    query = select(products.c.product_ids).where(products.c.run_id == run_id).limit(1)
    product = json.loads(str(connection.scalar(query)))[0]
    month = connection.scalar(select(func.max(customers.c.first_order_date)))
    for text in FILTERS:
        text = text.replace("MONTH", f"{month:%Y-%m}")
        yield f"count {text}", _fill("/v1/filters/count?filter=", text, product), COUNT_MS
    for path, last in _list_lasts(str(run_id)).items():
        yield f"first page of {path}", _vary(path), PAGE_MS
        end = _end(path, connection.scalars(last.limit(1)).one(), asker)
        yield f"last page of {path}", _vary(end), PAGE_MS
    query = select(customers.c.customer_id).where(customers.c.run_id == run_id).limit(500)
    ids = connection.scalars(query).all()
    yield "look-up of one", lambda number: f"/v1/customers/{ids[number % len(ids)]}", LOOK_UP_MS
    suggest = "/app/customers/ids?id="
    yield "search of an id", lambda number: suggest + ids[number % len(ids)][:6], SEARCH_MS
    phrase = "customers in segment 2 who have not bought for {} days"
    for path in ("/v1/filters/phrase?words=", "/app/customers?lang=en&words="):
        yield f"search in words {path}", _fill(path, phrase), SEARCH_MS


def _vary(path: str) -> Callable[[int], str]:
    """Ask for pages of other sizes, as an answer may be kept."""
    mark = "&" if "?" in path else "?"
    return lambda number: f"{path}{mark}limit={70 + number % 60}"


def _fill(path: str, text: str, product: str = "") -> Callable[[int], str]:
    return lambda number: path + quote(text.replace("PRODUCT", product).format(20 + number))


def _list_lasts(run_id: str) -> Mapping[str, Any]:
    """List paths of lists with what finds the id that their last page goes on from."""
    customers, members = schema.customers, schema.programme_members
    by_id, rank = customers.c.customer_id.desc(), customers.c.contact_rank
    status = members.c.status

    def find(table: Any, *order: Any, where: ColumnElement[bool] | None = None) -> Any:
        query = select(table.c.customer_id).where(table.c.run_id == run_id)
        return (query if where is None else query.where(where)).order_by(*order).offset(150)

    lists = {
        "/v1/customers": find(customers, by_id),
        "/v1/segments/2/customers": find(customers, by_id, where=customers.c.segment == 2),
        "/v1/churn/at-risk": find(customers, rank.desc(), where=rank.is_not(None)),
        "/v1/programme/members?status=candidate": find(
            members, members.c.customer_id.desc(), where=status == "candidate"
        ),
    }
    for sort in SORTS:
        column = customers.c[sort.removeprefix("-")]
        order = column.asc() if sort[0] == "-" else column.desc()
        path = f"/v1/customers?filter={quote('orders > 0')}&sort={sort}"
        lists[path] = find(customers, order, by_id, where=column.is_not(None))
    return lists


def _end(path: str, last: str, asker: Asker) -> str:
    """Return the path of the page after an id, as the cursor of the first page has it."""
    cursor = decode_cursor(json.loads(asker.ask(path))["next_cursor"])
    end = encode_cursor(Cursor(cursor.run_id, cursor.part, last))
    return f"{path}{'&' if '?' in path else '?'}cursor={end}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
