"""Groups of connections that call as somebody, each group in a process of its own: how long the honest wait is not
disturbed by how busy the others are on our side."""

import http.client
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from benchmarks.client import HOST, PATIENCE


@dataclass(frozen=True, slots=True)
class Group:
    """Who calls, each entry of `credentials` over a connection of its own; `pause` seconds between the calls of one."""

    name: str
    credentials: Sequence[str]
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: its status, and when it was asked for and came, in seconds of the machine's clock."""

    status: int
    asked_at: float
    came_at: float

    @property
    def seconds(self) -> float:
        return self.came_at - self.asked_at


def call_together(groups: Sequence[Group], port: int, paths: Sequence[str], seconds: float) -> dict[str, list[Told]]:
    """What each group was told, by its name."""
    with ProcessPoolExecutor(len(groups), mp_context=get_context("spawn")) as pool:
        for ready in [pool.submit(time.monotonic) for _ in groups]:  # a process is up before the time begins
            ready.result()
        starts = time.monotonic() + 1
        calls: dict[str, Future[list[Told]]] = {
            group.name: pool.submit(call, group, port, paths, starts, seconds) for group in groups
        }
        return {name: future.result() for name, future in calls.items()}


def call(group: Group, port: int, paths: Sequence[str], starts: float, seconds: float) -> list[Told]:
    """As `group`, from `starts` for so many seconds."""

    def work(n: int) -> list[Told]:
        credential = group.credentials[n]
        headers = {"Authorization": credential} if credential else {}
        connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
        told: list[Told] = []
        time.sleep(max(starts + group.pause * n / len(group.credentials) - time.monotonic(), 0))
        while time.monotonic() < starts + seconds:
            told.append(ask(connection, paths[len(told) % len(paths)], headers))
            time.sleep(max(told[-1].asked_at + group.pause - time.monotonic(), 0))
        connection.close()
        return told

    with ThreadPoolExecutor(len(group.credentials)) as pool:
        return [each for told in pool.map(work, range(len(group.credentials))) for each in told]


def ask(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> Told:
    asked_at = time.monotonic()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return Told(answer.status, asked_at, time.monotonic())
