"""Serve the API with uvicorn until a signal stops it."""

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from clientela import config
from clientela.errors import ConfigError, PlatformError, StoreError, StoreTooNew
from clientela.serving.addresses import is_loopback
from clientela.serving.app import create_app
from clientela.serving.dashboard.frame import HOME
from clientela.serving.deadlines import DeadlineProtocol, ServerConfig
from clientela.serving.log import take_server_lines
from clientela.serving.recorder import OpenLog
from clientela.serving.shared_index import open_folder
from clientela.store.read import open_reader
from clientela.telemetry import logger

# For requests under way, by convention: `docker stop` waits as long
GRACE_SECONDS = 10
# For a worker to load its libraries before it is taken for dead: 1 s where nothing else runs, and
# more than the default of 5 where seven other processes were busy
START_SECONDS = 60
# Connections that wait for a worker: the default of uvicorn
BACKLOG = 2048


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def serve(
    settings: config.Serving,
    store_url: str,
    *,
    workers: int = 1,
    announce: Callable[[str], None] = _print_line,
    open_log: OpenLog | None = None,
    show_page: Callable[[str], object] | None = None,
    **options: Any,
) -> None:
    """Serve the API until SIGINT or SIGTERM; requests under way are answered first.

    Parameters
    ----------
    settings : config.Serving
        Address and limits; port 0 takes a free one.
    store_url : str
        The results database.
    workers : int
        Processes that answer.
    announce : callable
        Takes the lines that tell the user where the API listens, and whether it is open.
    open_log : callable, optional
        Opens the access log; without it nothing is written down.
    show_page : callable, optional
        Takes the address of the dashboard once it can be asked for.
    **options
        What else :func:`clientela.serving.app.create_app` takes.

    Raises
    ------
    ConfigError
        The address is beyond loopback, and no key was ever created and no user added.
    PlatformError
        The address cannot be listened on.
    StoreError
        The address is beyond loopback and the keys cannot be read, or the database is of a later
        version.
    """
    open_to_all = _check_keys(settings, store_url, announce)
    if open_log is not None:
        open_log().close()  # before anybody is served, and in words
    log = logger(sys.stderr)
    take_server_lines()
    with _stop_at_signals(), listen(settings) as listener:
        url = format_url(*listener.getsockname()[:2])
        _announce(url, open_to_all, announce)
        if show_page is not None:
            show_page(f"{url}{HOME}")
        log.info("serving", workers=workers, open=open_to_all)
        with _share(workers) as shared:
            make_app = partial(
                create_app, settings, store_url, open_log=open_log, shared=shared, **options
            )
            _run(configure(make_app, settings, workers), listener)
    log.info("stopped")


def _check_keys(settings: config.Serving, store_url: str, announce: Callable[[str], None]) -> bool:
    """Return whether the API is open to all; raise where it must not be."""
    loopback = is_loopback(settings.host)
    try:
        has_callers = _has_callers(store_url)
    except StoreTooNew:
        raise
    except StoreError as error:
        if not loopback:
            raise
        announce(f"The results cannot be read yet, /ready tells when they can: {error}")
        return False
    if not has_callers and not loopback:
        raise ConfigError(
            "without an API key only a loopback address is served",
            where=f"serving.host = {settings.host}",
            do="create a key with `clientela keys create NAME`, or listen on 127.0.0.1",
        )
    return not has_callers


def _has_callers(store_url: str) -> bool:
    reader = open_reader(store_url)
    try:
        return reader.has_callers()
    finally:
        reader.close()


def listen(settings: config.Serving) -> socket.socket:
    """Listen on the address; connections wait from here on until a worker answers.

    Raises
    ------
    PlatformError
        It is taken, or is not ours.
    """
    try:
        return _bind(settings.host, settings.port)
    except OSError as error:
        raise PlatformError(
            f"cannot listen: {error.strerror}",
            where=f"{settings.host}:{settings.port}",
            do="choose another serving.port, or stop what listens there",
        ) from None


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    # Named as TCP, or asyncio leaves Nagle's algorithm on: 40 ms an answer.
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _announce(url: str, open_to_all: bool, announce: Callable[[str], None]) -> None:
    announce(f"Clientela API: {url}")
    announce(f"The dashboard in a browser: {url}{HOME}")
    announce(f"The report in a browser: {url}/")
    announce(f"The API in a browser: {url}/docs")
    if open_to_all:
        announce(
            "No key or user exists: everybody on this machine may read. "
            "`clientela users add`, `clientela keys create`"
        )


def format_url(host: str, port: int) -> str:
    """Write the address as a browser takes it.

    Examples
    --------
    >>> format_url("::1", 8000), format_url("127.0.0.1", 8000)
    ('http://[::1]:8000', 'http://127.0.0.1:8000')
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _share(workers: int) -> AbstractContextManager[Path | None]:
    """Open the folder of what several workers share; one alone shares nothing."""
    return nullcontext() if workers == 1 else open_folder()


def _run(server_config: uvicorn.Config, listener: socket.socket) -> None:
    if server_config.workers == 1:
        uvicorn.Server(server_config).run(sockets=[listener])
    else:
        Multiprocess(server_config, sockets=[listener]).run()


def configure(
    make_app: Callable[[], object], settings: config.Serving, workers: int = 1
) -> ServerConfig:
    """Return the settings of uvicorn for an application; benchmarks serve others with them."""
    return ServerConfig(
        make_app,
        max_connections=settings.max_connections,
        proxies=settings.proxies,
        factory=True,
        workers=workers,
        http=DeadlineProtocol,
        ws="none",
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=START_SECONDS,
    )


@contextmanager
def _stop_at_signals() -> Iterator[None]:
    """End quietly at SIGTERM as at SIGINT; uvicorn raises them again once it has stopped."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.default_int_handler) for number in signals}
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
