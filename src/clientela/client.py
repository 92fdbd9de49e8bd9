"""A client of the API in Python: pages walked, waits and retries handled, nothing to install.

client = Client("https://clientela.example", key="clk_…")
for customer in client.list_customers(filter="days_since_last > 60", sort="-revenue"):
print(customer["customer_id"])
"""

import http.client
import ipaddress
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Literal, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from clientela.errors import ClientelaError, InputError, PlatformError

Json: TypeAlias = dict[str, Any]
Parameters: TypeAlias = Mapping[str, object]
ALLOW_HTTP = "CLIENTELA_ALLOW_HTTP"
TRIES = 5  # by convention: with the waits between them some 15 seconds of a server that restarts
FIRST_WAIT_S = 1.0  # by convention, doubled each time where the server names none
LONGEST_WAIT_S = 60.0  # who is told to wait longer is told so instead: a day's budget is over
BUSY = frozenset({429, 502, 503, 504})
IDS_AT_ONCE = 5_000  # half of the server's own limit, which configurations may lower
PART_BYTES = 1 << 16  # by convention: 64 KB of a file at a time


class _Stay(HTTPRedirectHandler):
    """Follow no redirect: the key would be sent along."""

    def redirect_request(self, *_: object) -> None:
        return None


def _check_encryption(url: str) -> None:
    """Raise if a key would be sent for all to read on its way to another machine."""
    parts = urlsplit(url)
    is_private = parts.scheme == "https" or _is_loopback(parts.hostname or "")
    if not is_private and os.environ.get(ALLOW_HTTP, "").lower() != "true":
        raise InputError(
            "the key would be sent unencrypted, and whoever is on the way can read it",
            where=f"{parts.scheme}://{parts.hostname}",
            do=f"give https://…, or set {ALLOW_HTTP}=true for a network that is yours alone",
        )


def _is_loopback(host: str) -> bool:
    """Check whether a host is this machine; a name that only looks like its address is none.

    Examples
    --------
    >>> [_is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "127.0.0.1.example.org")]
    [True, True, True, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Client:
    """One API, asked with one key.

    Parameters
    ----------
    url : str
        Where the server answers: ``http://127.0.0.1:8000``.
    key : str, optional
        A key of ``clientela keys create``; none where everybody on the machine may ask.
    timeout_s : float
        Seconds that one answer may take to begin.
    allow_http : bool
        Whether a key may be sent unencrypted to another machine, as where the network between is
        yours alone; so may ``CLIENTELA_ALLOW_HTTP=true``.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout_s: float = 30.0,
        allow_http: bool = False,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise InputError("the API has no address", where=url, do="give http://… or https://…")
        if key is not None and not allow_http:
            _check_encryption(url)
        self._url, self._key, self._timeout_s = url.rstrip("/"), key, timeout_s
        # A proxy on the way to this machine itself would read the key
        is_here = _is_loopback(urlsplit(url).hostname or "")
        self._opener = build_opener(_Stay, *([ProxyHandler({})] if is_here else []))

    def get(self, path: str, **parameters: object) -> Json:
        """Return the answer of an address, tried again while the server is busy.

        Raises
        ------
        InputError
            The request is wrong or the key may not ask; the problem's words.
        PlatformError
            The server cannot be reached, or goes on being busy.
        """
        with self._open(path, parameters) as answer:
            return dict(json.load(answer))

    def read_text(self, path: str) -> str:
        """Return the answer of an address as text; failures are those of :meth:`get`."""
        with self._open(path, {}) as answer:
            return str(answer.read().decode())

    def walk(self, path: str, field: str, **parameters: object) -> Iterator[Json]:
        """Yield the items of a list, page after page; all belong to the run of the first.

        Parameters
        ----------
        path : str
            The list, such as ``/v1/programme/members``.
        field : str
            Where its items stand in a page, such as ``members``.
        """
        cursor: str | None = None
        while True:
            page = self.get(path, **parameters, cursor=cursor)
            yield from page[field]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def get_customer(self, customer_id: str) -> Json:
        """Return all that the published run knows of one customer."""
        return dict(self.get(f"/v1/customers/{quote(customer_id, safe='')}")["customer"])

    def look_up(self, ids: Sequence[str]) -> Iterator[Json]:
        """Yield the segment and scores of many ids, in their order."""
        for start in range(0, len(ids), IDS_AT_ONCE):
            body = {"ids": list(ids[start : start + IDS_AT_ONCE])}
            with self._open("/v1/segments/lookup", {}, body) as answer:
                yield from json.load(answer)["results"]

    def count_customers(self, filter: str) -> Json:
        """Return how many customers a filter leaves, with their money."""
        return self.get("/v1/filters/count", filter=filter)

    def list_customers(
        self, *, filter: str | None = None, sort: str | None = None, segment: int | None = None
    ) -> Iterator[Json]:
        """Yield customers by a filter in an order, or of a segment."""
        narrowed = {"filter": filter, "sort": sort, "segment": segment}
        return self.walk("/v1/customers", "customers", limit=1000, **narrowed)

    def list_changes(self, group: str, since: str | None = None) -> Iterator[Json]:
        """Yield who entered and left ``segments/2``, ``programme`` or ``audiences/ID``."""
        return self.walk(f"/v1/{group}/changes", "changes", limit=1000, since=since)

    def download_customers(
        self, file: IO[bytes], form: Literal["csv", "ndjson", "parquet"], **narrowed: object
    ) -> None:
        """Write all customers, or those of ``filter`` or ``segment``, into a file.

        Raises
        ------
        PlatformError
            The transfer broke off: the file is not whole.
        """
        try:
            with self._open("/v1/customers", {**narrowed, "format": form}) as answer:
                while part := answer.read(PART_BYTES):
                    file.write(part)
        except (http.client.HTTPException, OSError) as error:
            raise PlatformError(
                f"the transfer broke off: {error}", where=self._url, do="begin anew"
            ) from None

    def _open(self, path: str, parameters: Parameters, body: object = None) -> Any:
        """Ask until the server answers; everything asked here may be asked twice."""
        query = urlencode({name: v for name, v in parameters.items() if v is not None})
        headers = {"accept": "application/json"}
        headers |= {"authorization": f"Bearer {self._key}"} if self._key else {}
        headers |= {"content-type": "application/json"} if body is not None else {}
        data = None if body is None else json.dumps(body).encode()
        address = f"{self._url}{path}{'?' if query else ''}{query}"
        request = Request(address, data, headers)  # noqa: S310 - http or https, checked
        for attempt in range(TRIES):
            wait_s = FIRST_WAIT_S * 2**attempt
            try:
                return self._opener.open(request, timeout=self._timeout_s)
            except HTTPError as error:
                failure = _explain(error, path)
                wait_s = float(error.headers.get("retry-after") or wait_s)
                if error.code not in BUSY or wait_s > LONGEST_WAIT_S:
                    raise failure from None
            except (URLError, OSError) as error:
                failure = PlatformError(
                    f"the API cannot be reached: {error}",
                    where=self._url,
                    do="check the address, and that `clientela serve` runs",
                )
            if attempt < TRIES - 1:
                time.sleep(wait_s)
        raise failure


def _explain(error: HTTPError, path: str) -> ClientelaError:
    """Return the problem of an answer as an error of ours."""
    with error:
        try:
            problem = dict(json.loads(error.read()))
        except ValueError:  # from a proxy in between
            problem = {"detail": f"{error.code} {error.reason}"}
    kind = InputError if error.code < 500 and error.code != 429 else PlatformError
    return kind(str(problem["detail"]), where=path, do=str(problem.get("do", "")))
