"""Every page of the dashboard over a results database: what it costs the server, and its weight.

``python benchmarks/pages.py STORE_URL [lang]``: from the home page every link within the dashboard
is followed, one a path, each page asked for some times; CPU of the one worker, and of a PostgreSQL
on this machine, the first time, when libraries and files may still have to be loaded, and the
median of the others. A page that costs more than 300 ms then, is heavier than 300 KB, or fails,
ends with code 1.
"""

import re
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from html import unescape
from pathlib import Path
from statistics import median
from urllib.parse import urljoin, urlsplit

from http_load import cpu_seconds, database_cpu_seconds
from serving import start_server

ROUNDS = 5
MOST_MS, MOST_KB = 300.0, 300.0
LINK = re.compile(r'<a[^>]*\shref="([^"#]+)')
NO_PAGE = re.compile(r"\.[a-z0-9]+$|/static/|/log(in|out)|/file$")


def main(url: str, lang: str = "en") -> int:
    """Walk through the pages and print what each costs; 1 where one is over a limit."""
    rows, over = [], 0
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
            over += warm > MOST_MS or size > MOST_KB or status != 200
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
    print(f"  over {MOST_MS:.0f} ms of CPU or {MOST_KB:.0f} KB, or failed: {over}")
    return int(bool(over))


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
