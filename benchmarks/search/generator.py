"""Keep-alive connections in one thread that ask as fast as they are answered: sockets and epoll, so that the generator
takes as little as can be of the two cores it shares with the server."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from benchmarks.booking.load import percentile
from benchmarks.client import HOST

CONNECTIONS = 16
PATIENCE = 60.0
HEAD_ENDS = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"
OK = b"HTTP/1.1 200"


@dataclass(frozen=True, slots=True)
class Rate:
    """What came back: seconds of each answer in order of size, how many were not 200, and the bytes of the last."""

    seconds: float
    waits: list[float]
    wrong: int
    size: int

    @property
    def per_second(self) -> float:
        return (len(self.waits) - self.wrong) / self.seconds

    def milliseconds(self, percent: int) -> float:
        return 1000 * percentile(self.waits, percent) if self.waits else 0.0


def request(path: str, *, key: str = "") -> bytes:
    authorization = f"Authorization: Api-Key {key}\r\n" if key else ""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{authorization}\r\n".encode()


def fire(port: int, requests: Sequence[bytes], seconds: float, *, connections: int = CONNECTIONS) -> Rate:
    """Send `requests` over and over for so long. Raises OSError where the server closes a connection."""
    selector = selectors.DefaultSelector()
    asked = cycle(requests)
    waits: list[float] = []
    wrong = size = 0
    started = time.perf_counter()
    ends = started + seconds
    for _ in range(connections):
        exchange = _Exchange(port, asked)
        selector.register(exchange.socket, selectors.EVENT_READ, exchange)
        exchange.ask()
    while time.perf_counter() < ends:
        for key, _events in selector.select(PATIENCE):
            exchange = key.data
            if exchange.read():
                waits.append(time.perf_counter() - exchange.asked_at)
                wrong += not exchange.is_right
                size = exchange.awaited
                exchange.ask()
    spent = time.perf_counter() - started
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return Rate(spent, sorted(waits), wrong, size)


class _Exchange:
    """One connection: a request on its way, and the answer as far as it has come."""

    __slots__ = ("_asked", "_came", "_text", "asked_at", "awaited", "is_right", "socket")

    def __init__(self, port: int, asked: Iterator[bytes]) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._asked = asked
        self._text = b""
        self._came = self.awaited = 0
        self.asked_at = 0.0
        self.is_right = False

    def ask(self) -> None:
        self._text, self._came, self.awaited = b"", 0, 0
        self.asked_at = time.perf_counter()
        self.socket.sendall(next(self._asked))

    def read(self) -> bool:
        """Whether the answer is complete."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the server closed a connection")
        self._came += len(part)
        if not self.awaited:
            self._text += part
            end = self._text.find(HEAD_ENDS)
            if end < 0:
                return False
            head = self._text[:end].lower() + b"\r\n"
            at = head.index(LENGTH) + len(LENGTH)
            self.awaited = end + len(HEAD_ENDS) + int(head[at : head.index(b"\r", at)])
            self.is_right = self._text.startswith(OK)
        return self._came >= self.awaited
