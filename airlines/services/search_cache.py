"""Answers of the search as bytes, kept in each process for as long as nothing that they were read from has changed.

Every process follows the feed of changes and drops what a change touches. What was begun before a change was heard is
not kept after it, so nothing old comes in behind a change. While the feed does not answer nothing is used or kept: the
search is slower then, never wrong. A change whose announcement was lost (a process killed between commit and
announcement) is healed by `SEARCH_KEPT_FOR`, which no answer outlives.
"""

import os
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cache
from threading import Event, Lock

from django.conf import settings

from airlines.services.changes import Change, Leg, feed
from flights_project.lib.feed import Entry, Feed, Follower
from flights_project.lib.metrics import Counter

FRESH_WITHIN = 1.0
"""Seconds: what may have been announced for longer than this without our hearing of it makes the cache unusable."""
HERD_WAITS = 2.0
"""Seconds that those who ask for what is just being made wait for it, before they make it themselves."""
OVERHEAD = 600
"""Bytes of memory for an answer beside its body."""

Key = Hashable


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, the legs that it was read from, how many seconds it is good for at most, and the headers that say
    something of its body."""

    body: bytes
    legs: frozenset[Leg]
    good_for: float
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Kept:
    """An answer that is true while `reference` is, until the instant `until` of the monotonic clock at the latest."""

    answer: Answer
    until: float
    reference: object


ANSWERS = Counter("flights_search_cache", "Answers of the search: hit from the cache, or miss and made.", ["result"])
HIT, MISS = ANSWERS.labels("hit"), ANSWERS.labels("miss")


class SearchCache:
    """Keeps up to `room` bytes of answers, those asked for least recently go first. Any thread may use it.

    `reference` is what the search knows besides flights: an answer is only used while it is the same object.
    """

    def __init__(self, feed: Feed, *, room: int) -> None:
        self._room = room
        self._size = 0
        self._lock = Lock()
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._by_leg: defaultdict[Leg, set[Key]] = defaultdict(set)
        self._heard = 0
        self._making: dict[Key, Event] = {}
        self._follower = Follower(feed, on_entries=self._hear, on_contact=lambda _position: self._forget_all())
        if room:
            self._follower.start()

    def stop(self) -> None:
        self._follower.stop()

    @property
    def is_fresh(self) -> bool:
        """Whether all that was announced is known."""
        return self._follower.age < FRESH_WITHIN

    def find(self, key: Key, reference: object) -> Answer | None:
        """What is kept, if it is still true."""
        kept = self._kept.get(key)
        if kept is None or kept.reference is not reference or kept.until < time.monotonic() or not self.is_fresh:
            return None
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
        HIT.inc()
        return kept.answer

    def answer(self, key: Key, reference: object, make: Callable[[], Answer]) -> Answer:
        """What is kept, or else what `make` makes: once for all who ask for it at the same time.

        `reference` is the one of before `make` is called.
        """
        if not self.is_fresh:
            MISS.inc()
            return make()
        kept = self.find(key, reference)
        if kept is not None:
            return kept
        with self._lock:
            making = self._making.get(key)
            if making is None:
                made = self._making[key] = Event()
        if making is None:
            try:  # somebody else may have been through between the two looks
                return self.find(key, reference) or self._make(key, reference, make)
            finally:
                del self._making[key]
                made.set()
        making.wait(HERD_WAITS)
        kept = self.find(key, reference)
        return make() if kept is None else kept

    def _make(self, key: Key, reference: object, make: Callable[[], Answer]) -> Answer:
        MISS.inc()
        heard = self._heard
        answer = make()
        kept = Kept(answer, time.monotonic() + answer.good_for, reference)
        with self._lock:
            if heard == self._heard and self.is_fresh and _size(kept) <= self._room:
                self._keep(key, kept)
        return answer

    def _keep(self, key: Key, kept: Kept) -> None:
        self._drop(key)
        self._kept[key] = kept
        self._size += _size(kept)
        for leg in kept.answer.legs:
            self._by_leg[leg].add(key)
        while self._size > self._room:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        self._size -= _size(kept)
        for leg in kept.answer.legs:
            self._by_leg[leg].discard(key)
            if not self._by_leg[leg]:
                del self._by_leg[leg]

    def _hear(self, entries: Iterable[Entry]) -> None:
        changes = [Change.read(entry.content) for entry in entries]
        legs = {change.leg for change in changes if change.leg is not None}
        if any(change.leg is None for change in changes):
            self._forget_all()
            return
        with self._lock:
            self._heard += len(changes)
            for leg in legs & self._by_leg.keys():
                for key in list(self._by_leg[leg]):
                    self._drop(key)

    def _forget_all(self) -> None:
        with self._lock:
            self._heard += 1
            self._kept.clear()
            self._by_leg.clear()
            self._size = 0


def _size(kept: Kept) -> int:
    return len(kept.answer.body) + OVERHEAD


def search_cache() -> SearchCache:
    """The cache of this process. A process that was forked from another has its own."""
    return _of_process(os.getpid())


@cache
def _of_process(_pid: int) -> SearchCache:
    return SearchCache(feed(), room=settings.SEARCH_CACHE_BYTES)
