"""Every page of the dashboard over a results database: what it costs the server, and its weight.

``python benchmarks/pages.py [STORE_URL [lang]]``, a simulated store unless said: from the home page
every link within the dashboard is followed, one a path, each page asked for some times; CPU of the
one worker, and of a PostgreSQL on this machine, the first time, when libraries and files may still
have to be loaded, and the median of the others. A page that costs more than 300 ms then, is heavier
than 300 KB, or fails, ends with code 1.
"""

import re
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from html import unescape
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

import grown
from figures import Figure, report
from grown import CUSTOMERS, count_customers, name_result
from http_load import cpu_seconds, database_cpu_seconds
from serving import start_server

ROUNDS = 5
MOST_MS, MOST_KB = 300.0, 300.0
Row: TypeAlias = tuple[float, float, float, float, int, str]
"""CPU ms of the first answer and of later ones, its time, its KB, the status and the path."""
LINK = re.compile(r'<a[^>]*\shref="([^"#]+)')
NO_PAGE = re.compile(r"\.[a-z0-9]+$|/static/|/log(in|out)|/file$")


def main(url: str = "", lang: str = "en") -> int:
    """Walk through the pages, print what each costs, and report the dearest."""
    rows = []
    url = url or grown.fill_store(CUSTOMERS)
    with tempfile.TemporaryDirectory() as folder, start_server(url, Path(folder)) as (pid, port):

        def cpu() -> float:
            return cpu_seconds(pid) + database_cpu_seconds(url)

        home = f"http://127.0.0.1:{port}/app/"
        seen, waiting = {"today"}, [f"{home}today?lang={lang}"]
        for page in waiting:
            status, text, spent, wall = _measure(page, cpu)
            if not text:
                continue
            cold, warm, size = spent[0], median(spent[1:]), len(text) / 1_000
            rows.append((cold, warm, wall, size, status, urlsplit(page).path))
            for link in map(unescape, LINK.findall(text.decode("utf-8", "replace"))):
                target = urljoin(page, link)
                name = urlsplit(target).path
                if target.startswith(home) and name not in seen and not NO_PAGE.search(name):
                    seen.add(name)
                    waiting.append(target)
    print(f"pages: {len(rows)} over {url.partition(':')[0]}, asked for {ROUNDS} times each")
    print("   CPU ms first   then   time ms       KB")
    for cold, warm, wall, size, status, path in sorted(rows, reverse=True):
        print(f"  {cold:13.0f} {warm:6.0f} {wall:9.0f} {size:8.1f}  {status}  {path}")
    return report(name_result("pages", url), list_figures(url, rows))


def list_figures(url: str, rows: list[Row]) -> list[Figure]:
    """List the dearest of the pages, the heaviest, and what failed."""
    dearest, heaviest = (max(rows, key=itemgetter(place)) for place in (1, 3))
    return [
        Figure("customers", count_customers(url)),
        Figure("pages", len(rows)),
        Figure(f"the dearest, {dearest[-1]}", dearest[1], unit="ms of CPU", limit=MOST_MS),
        Figure(f"the heaviest, {heaviest[-1]}", heaviest[3], unit="KB", limit=MOST_KB),
        Figure("the first after a start", max(row[0] for row in rows), unit="ms of CPU"),
        Figure("failed", sum(row[4] != 200 for row in rows), limit=0),
    ]


def _measure(page: str, cpu: Callable[[], float]) -> tuple[int, bytes, list[float], float]:
    """Ask for a page some times; its status, its text, the CPU in ms, and the time."""
    spent, walls, status, text = [], [], 0, b""
    for _ in range(ROUNDS):
        before, begun = cpu(), time.perf_counter()
        try:
            with urllib.request.urlopen(page, timeout=60) as answer:  # noqa: S310 - our own server
                if answer.headers.get_content_type() != "text/html":
                    return answer.status, b"", [0.0, 0.0], 0.0  # a file
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        walls.append((time.perf_counter() - begun) * 1e3)
        spent.append((cpu() - before) * 1e3)
    return status, text, spent, median(walls)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
