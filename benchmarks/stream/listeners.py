"""Many open streams in a few processes, each of one thread with sockets and epoll: listening costs as little processor
as can be, and never waits for who changes prices."""

import re
import selectors
import socket
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import NamedTuple

from benchmarks.client import HOST

EVENT = re.compile(rb'event: price\nid: [0-9-]+\ndata: \{"flight":(\d+),[^\n]*"amount":"([0-9.]+)"')
PATIENCE = 30.0
STREAMS_OF_A_PROCESS = 4000

Price = tuple[int, str]
"""A flight's id, and an amount."""


class Ear(NamedTuple):
    """A process that listens; told anything it answers with what it has heard, and ends."""

    told: Connection
    heard: "Synchronized[int]"
    """How many events."""


class Listeners:
    """One stream for each of `wishes`, a list of flights' ids. All have begun when it is made."""

    def __init__(self, port: int, wishes: Sequence[Sequence[int]]) -> None:
        parts = [wishes[start : start + STREAMS_OF_A_PROCESS] for start in range(0, len(wishes), STREAMS_OF_A_PROCESS)]
        self._ears = [_start(port, part) for part in parts]
        for ear in self._ears:
            ear.told.recv()

    @property
    def heard(self) -> int:
        return sum(ear.heard.value for ear in self._ears)

    def close(self) -> Mapping[Price, list[float]]:
        """When each price came in each stream that it came in, by the machine's monotonic clock."""
        arrived: defaultdict[Price, list[float]] = defaultdict(list)
        for ear in self._ears:
            ear.told.send("end")
            for price, instants in ear.told.recv().items():
                arrived[price] += instants
        return arrived


def _start(port: int, wishes: Sequence[Sequence[int]]) -> Ear:
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    heard = spawn.Value("L", 0)
    spawn.Process(target=_listen, args=(port, wishes, theirs, heard), daemon=True).start()
    return Ear(ours, heard)


def _listen(port: int, wishes: Sequence[Sequence[int]], told: Connection, heard: "Synchronized[int]") -> None:
    arrived: defaultdict[Price, list[float]] = defaultdict(list)
    selector = selectors.DefaultSelector()
    for flights in wishes:
        stream = _open(port, flights)
        selector.register(stream, selectors.EVENT_READ, data=stream)
    selector.register(told, selectors.EVENT_READ)
    told.send("open")
    while True:
        for key, _events in selector.select():
            if key.fileobj is told:
                told.send(dict(arrived))
                return
            text = key.data.recv(65536)
            now = time.monotonic()
            if not text:
                selector.unregister(key.fileobj)
            events = EVENT.findall(text)
            for flight, amount in events:
                arrived[int(flight), amount.decode()].append(now)
            heard.value += len(events)


def _open(port: int, flights: Sequence[int]) -> socket.socket:
    """A stream that has begun."""
    opened = socket.create_connection((HOST, port), timeout=PATIENCE)
    wish = ",".join(map(str, flights))
    opened.sendall(f"GET /stream/prices/?flights={wish} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    while b"retry:" not in opened.recv(4096):
        pass
    opened.settimeout(0)
    return opened
