"""A load generator: one process, some keep-alive connections, the next request after each answer.

It speaks just enough HTTP to count answers, so that it costs less than the servers it drives.
"""

import os
import select
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

CONNECTIONS = 16
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length: "


class Measured(NamedTuple):
    """What a number of requests took."""

    server_us: float
    generator_us: float
    rate: float


def measure(pid: int, port: int, requests: Sequence[bytes], count: int) -> Measured:
    """Send a number of requests to a server on loopback and see what it spends on one.

    Parameters
    ----------
    pid : int
        The process of the server, whose CPU time is read.
    port : int
        Where it listens.
    requests : sequence of bytes
        Whole requests, sent in turn.
    count : int
        How many answers to wait for.
    """
    _drive(port, requests, count // 10)
    server, generator, begun = cpu_seconds(pid), time.process_time(), time.perf_counter()
    _drive(port, requests, count)
    spent = time.perf_counter() - begun
    return Measured(
        (cpu_seconds(pid) - server) / count * 1e6,
        (time.process_time() - generator) / count * 1e6,
        count / spent,
    )


def cpu_seconds(pid: int | str) -> float:
    """Give the CPU time of a process so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def database_cpu_seconds(url: str) -> float:
    """Give the CPU time so far of a PostgreSQL on this machine that a socket leads to; else 0."""
    folder = parse_qs(urlsplit(url).query).get("host", [""])[0]
    if not url.startswith("postgres") or not folder:
        return 0.0
    pid = Path(folder, "postmaster.pid").read_text("utf-8").split()[0]
    ended = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[13:15]
    living = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    return sum(map(int, ended)) / os.sysconf("SC_CLK_TCK") + sum(map(cpu_seconds, living))


def _drive(port: int, requests: Sequence[bytes], count: int) -> None:
    connections = [_Connection(port) for _ in range(min(CONNECTIONS, count))]
    by_number = {connection.socket.fileno(): connection for connection in connections}
    with select.epoll() as poll:
        for number, connection in by_number.items():
            poll.register(number, select.EPOLLIN)
            connection.socket.sendall(requests[number % len(requests)])
        _answer_all(poll, by_number, requests, count)
    for connection in connections:
        connection.socket.close()


def _answer_all(
    poll: select.epoll,
    connections: dict[int, "_Connection"],
    requests: Sequence[bytes],
    count: int,
) -> None:
    sent, answered = len(connections), 0
    while answered < count:
        for number, _ in poll.poll():
            connection = connections[number]
            if connection.answered():
                answered += 1
                if sent < count:
                    connection.socket.sendall(requests[sent % len(requests)])
                    sent += 1


class _Connection:
    """One keep-alive connection and the part of an answer that has come."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""

    def answered(self) -> bool:
        """Take what has come, and tell whether the answer is whole."""
        self._held += self.socket.recv(262_144)
        head_ends = self._held.find(END_OF_HEAD)
        if head_ends < 0:
            return False
        head = self._held[:head_ends].lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(self._held[:1000].decode())
        length = int(head.partition(LENGTH)[2].partition(b"\r\n")[0])
        whole = len(self._held) == head_ends + len(END_OF_HEAD) + length
        if whole:
            self._held = b""
        return whole
