"""Many open streams in one thread: sockets and epoll, so that listening costs as little processor as can be."""

import re
import selectors
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

from benchmarks.client import HOST

EVENT = re.compile(rb'event: price\nid: [0-9-]+\ndata: \{"flight":(\d+),[^\n]*"amount":"([0-9.]+)"')
PATIENCE = 30.0


class Listeners:
    """One stream for each of `wishes`, a list of flights' ids; `arrived` has the instants at which a price came."""

    def __init__(self, port: int, wishes: Iterable[Sequence[int]]) -> None:
        self.arrived: defaultdict[tuple[int, str], list[float]] = defaultdict(list)
        self._selector = selectors.DefaultSelector()
        self._ended = threading.Event()
        self._sockets = [self._open(port, flights) for flights in wishes]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        for each in self._sockets:
            each.close()

    def _open(self, port: int, flights: Sequence[int]) -> socket.socket:
        """A stream that has begun."""
        opened = socket.create_connection((HOST, port), timeout=PATIENCE)
        wish = ",".join(map(str, flights))
        opened.sendall(f"GET /stream/prices/?flights={wish} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        while b"retry:" not in opened.recv(4096):
            pass
        opened.setblocking(False)  # noqa: FBT003
        self._selector.register(opened, selectors.EVENT_READ)
        return opened

    def _listen(self) -> None:
        while not self._ended.is_set():
            for key, _events in self._selector.select(timeout=0.1):
                assert isinstance(key.fileobj, socket.socket)  # noqa: S101
                text = key.fileobj.recv(65536)
                now = time.perf_counter()
                if not text:
                    self._selector.unregister(key.fileobj)
                for flight, amount in EVENT.findall(text):
                    self.arrived[int(flight), amount.decode()].append(now)
