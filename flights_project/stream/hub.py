"""One reader of the feed for all open streams: each change goes to those who follow its flight.

All of it lives in the event loop's thread; nothing here waits for a client.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable

import orjson
import structlog

from airlines.services.changes import Change, Kind
from flights_project.lib.feed import BEGINNING, Entry, number_of

log = structlog.get_logger(__name__)

REMEMBERED = 20_000
"""Changes kept for streams that come back."""
BEHIND_AT_MOST = 200
"""Events that may wait for a client; one that is further behind is let go, and may come back for what it missed."""
HEARTBEAT = 15.0
"""Seconds of silence after which a stream says that it is alive, for proxies and for the browser."""

Number = tuple[int, int]


class Subscription:
    """What one stream has still to send."""

    __slots__ = ("_waiting", "_wake", "flights", "is_over")

    def __init__(self, flights: frozenset[int]) -> None:
        self.flights = flights
        self.is_over = False
        self._waiting: list[bytes] = []
        self._wake: asyncio.Future[None] | None = None

    def push(self, event: bytes) -> None:
        if len(self._waiting) < BEHIND_AT_MOST:
            self._waiting.append(event)
        else:
            self.end()
        self._ring()

    def end(self) -> None:
        """Nothing more is to be sent."""
        self.is_over = True
        self._waiting.clear()
        self._ring()

    async def take(self) -> bytes:
        """All that waits, as soon as there is something; nothing after HEARTBEAT seconds, or when it is over."""
        if not self._waiting and not self.is_over:
            loop = asyncio.get_running_loop()
            self._wake = loop.create_future()
            heartbeat = loop.call_later(HEARTBEAT, self._ring)
            try:
                await self._wake
            finally:
                heartbeat.cancel()
                self._wake = None
        events, self._waiting = b"".join(self._waiting), []
        return events

    def _ring(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


class Hub:
    """Who follows which flight, and the latest changes of each. Amounts are in `currency`."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._followers: defaultdict[int, set[Subscription]] = defaultdict(set)
        self._open: set[Subscription] = set()
        self._order: deque[tuple[Number, int]] = deque()
        self._changes: dict[int, deque[tuple[Number, bytes]]] = {}
        self._complete_from: Number = number_of(BEGINNING)
        self._last = BEGINNING

    def __len__(self) -> int:
        return len(self._open)

    def hear(self, entries: Iterable[Entry]) -> None:
        """What the feed says."""
        for entry in entries:
            change = Change.read(entry.content)
            self._last = entry.id
            if change.kind is Kind.MISSED or change.flight is None:
                self._lose()
            else:
                self._tell(entry.id, change.flight, self._event(entry.id, change))

    def begin(self, position: str | None) -> None:
        """The feed answers: nothing was missed, or only what follows `position` is known from now on."""
        if position is not None:
            self._last = position
            self._lose()

    def subscribe(self, flights: frozenset[int], after: str | None) -> Subscription:
        """From now on, or from the entry `after` on which somebody has seen."""
        subscription = Subscription(flights)
        self._open.add(subscription)
        for flight in flights:
            self._followers[flight].add(subscription)
        if after is not None:
            for event in self._since(flights, number_of(after)):
                subscription.push(event)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        self._open.discard(subscription)
        for flight in subscription.flights:
            self._followers[flight].discard(subscription)
            if not self._followers[flight]:
                del self._followers[flight]

    def end(self) -> None:
        """Nothing more is told to anybody."""
        for subscription in self._open:
            subscription.end()

    def _lose(self) -> None:
        """Something was missed up to now: whoever looks at anything has to look again."""
        self._order.clear()
        self._changes.clear()
        self._complete_from = number_of(self._last)
        for subscription in self._open:
            subscription.push(self._missed())

    def _tell(self, name: str, flight: int, event: bytes) -> None:
        number = number_of(name)
        self._order.append((number, flight))
        self._changes.setdefault(flight, deque()).append((number, event))
        if len(self._order) > REMEMBERED:
            self._forget_oldest()
        for subscription in self._followers.get(flight, ()):
            subscription.push(event)

    def _forget_oldest(self) -> None:
        self._complete_from, flight = self._order.popleft()
        changes = self._changes[flight]
        changes.popleft()
        if not changes:
            del self._changes[flight]

    def _since(self, flights: frozenset[int], after: Number) -> list[bytes]:
        events = [event for flight in flights for event in self._changes.get(flight, ()) if event[0] > after]
        if after < self._complete_from or len(events) > BEHIND_AT_MOST:
            return [self._missed()]
        return [text for _number, text in sorted(events)]

    def _event(self, name: str, change: Change) -> bytes:
        content = {"flight": change.flight, **change.facts}
        if change.kind is Kind.PRICE:
            content["currency"] = self._currency
        return b"event: %b\nid: %b\ndata: %b\n\n" % (change.kind.encode(), name.encode(), orjson.dumps(content))

    def _missed(self) -> bytes:
        return b"event: missed\nid: %b\ndata: {}\n\n" % self._last.encode()
