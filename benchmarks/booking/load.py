"""Programs that hold and pay as fast as they are answered."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from random import choice
from uuid import uuid4

from benchmarks.client import Answer, ApiClient, somebody

CLIENTS = 16


@dataclass(frozen=True, slots=True)
class Pair:
    """A hold, and its payment if there was something to pay."""

    held: Answer
    paid: Answer | None

    @property
    def is_right(self) -> bool:
        paid = self.paid
        return paid is not None and paid.status == HTTPStatus.CREATED and paid.body["status"] == "succeeded"

    @property
    def seconds(self) -> float:
        return self.held.seconds + (self.paid.seconds if self.paid else 0)


@dataclass(frozen=True, slots=True)
class Load:
    """What all clients did in so many seconds."""

    seconds: float
    pairs: list[Pair]

    @property
    def rate(self) -> float:
        """Bookings held and paid a second."""
        return sum(pair.is_right for pair in self.pairs) / self.seconds

    @property
    def wrong(self) -> int:
        return sum(not pair.is_right for pair in self.pairs)

    @property
    def holds(self) -> list[float]:
        return sorted(pair.held.seconds for pair in self.pairs)

    @property
    def pays(self) -> list[float]:
        return sorted(pair.paid.seconds for pair in self.pairs if pair.paid)

    @property
    def both(self) -> list[float]:
        return sorted(pair.seconds for pair in self.pairs)


def percentile(sorted_seconds: Sequence[float], percent: int) -> float:
    return sorted_seconds[min(len(sorted_seconds) * percent // 100, len(sorted_seconds) - 1)]


def sell(port: int, key: str, offers: Sequence[str], seconds: float) -> Load:
    """Any of `offers`, by all clients, until the time is over; what was begun is finished."""
    started = time.perf_counter()

    def work(_client: int) -> list[Pair]:
        client, pairs = ApiClient(port, key), []
        while time.perf_counter() < started + seconds:
            pairs.append(sell_one(client, choice(offers)))  # noqa: S311 -- no secret
        client.close()
        return pairs

    with ThreadPoolExecutor(CLIENTS) as pool:
        pairs = [pair for done in pool.map(work, range(CLIENTS)) for pair in done]
    return Load(time.perf_counter() - started, pairs)


def sell_one(client: ApiClient, offer: str) -> Pair:
    held = client.hold(offer, [somebody()], key=str(uuid4()))
    if held.status != HTTPStatus.CREATED:
        return Pair(held, None)
    return Pair(held, client.pay(held.body["locator"], key=str(uuid4())))
