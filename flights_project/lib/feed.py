"""A feed: what many processes write and many read, each going on where it was. It is a capped stream in Valkey.

Every entry has an id that grows, such as `1795361271931-0`; who is at an id has seen everything up to it.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import redis
import structlog

log = structlog.get_logger(__name__)

KEPT = 100_000
"""Entries that stay readable; older ones are dropped in blocks, so a few more may."""
NEWS_WITHIN = 0.25
"""Seconds that a reader waits for an entry before it is told that there is none."""
TRY_AGAIN_AFTER = 0.25
"""Seconds, where Valkey is away."""
IN_ONE_GO = 1000
FIELD = b"e"
BEGINNING = "0-0"

FeedError = redis.RedisError
"""Valkey does not answer, or not in time."""


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    content: bytes


class Feed:
    """The feed called `name` in the database at `url`; `options` are redis-py's, with timeouts above `NEWS_WITHIN`.

    Any number of threads may use it at once. Every method raises FeedError, as soon as the timeouts let it.
    Answers are `Any`: the types of redis-py name all that any of its settings would make of them.
    """

    def __init__(self, url: str, name: str, options: Mapping[str, Any]) -> None:
        self._name = name
        self._valkey = redis.Redis.from_url(url, **options)

    def append(self, contents: Iterable[bytes]) -> None:
        """Add entries in their order, a thousand in one round trip. A failure may leave some of them in."""
        rest = list(contents)
        while rest:
            with self._valkey.pipeline(transaction=False) as pipe:
                for content in rest[:IN_ONE_GO]:
                    pipe.xadd(self._name, {FIELD: content}, maxlen=KEPT, approximate=True)
                pipe.execute()
            rest = rest[IN_ONE_GO:]

    def position(self) -> str:
        """The id of the last entry."""
        last: Any = self._valkey.xrevrange(self._name, count=1)
        return last[0][0].decode() if last else BEGINNING

    def after(self, position: str, *, at_most: int = IN_ONE_GO) -> list[Entry]:
        """The entries that follow `position`; waits up to `NEWS_WITHIN` for the first."""
        answers: Any = self._valkey.xread({self._name: position}, count=at_most, block=int(1000 * NEWS_WITHIN))
        return [Entry(name.decode(), fields[FIELD]) for _feed, entries in answers for name, fields in entries]

    def latest(self, count: int) -> list[Entry]:
        """The last `count` entries, the oldest first."""
        entries: Any = self._valkey.xrevrange(self._name, count=count) if count else []
        return [Entry(name.decode(), fields[FIELD]) for name, fields in reversed(entries)]

    def is_whole_since(self, position: str) -> bool:
        """Whether everything after `position` can still be read: nothing of it was dropped or lost with Valkey."""
        first: Any = self._valkey.xrange(self._name, count=1)
        if not first or number_of(position) > number_of(self.position()):
            return position == BEGINNING
        return number_of(position) >= number_of(first[0][0].decode()) or not self._has_dropped()

    def _has_dropped(self) -> bool:
        kept: Any = self._valkey.xinfo_stream(self._name)
        return bool(kept["entries-added"] > kept["length"])


def number_of(entry: str) -> tuple[int, int]:
    """An id of an entry as a number that can be compared. Raises ValueError where it is none."""
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number)


class Follower:
    """A thread that reads a feed for this process, from now on or from the last `history` entries.

    `on_contact` is called whenever Valkey answers after it did not: with None where nothing was missed since, else with
    the position after which `on_entries` gets everything. Both are called in the thread.
    """

    def __init__(
        self,
        feed: Feed,
        *,
        on_entries: Callable[[list[Entry]], None],
        on_contact: Callable[[str | None], None],
        history: int = 0,
    ) -> None:
        self._feed = feed
        self._on_entries = on_entries
        self._on_contact = on_contact
        self._history = history
        self._ended = threading.Event()
        self._known_at = -math.inf
        self._position: str | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="feed", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    @property
    def age(self) -> float:
        """For so many seconds something may have come that we do not know. Infinite while Valkey is away."""
        return time.monotonic() - self._known_at

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._make_contact()
                while not self._ended.is_set():
                    self._read_on()
            except FeedError as error:
                self._known_at = -math.inf
                log.warning("feed_away", error=str(error))
                self._ended.wait(TRY_AGAIN_AFTER)

    def _make_contact(self) -> None:
        if self._position is not None and self._feed.is_whole_since(self._position):
            self._on_contact(None)
            return
        entries = self._feed.latest(self._history) if self._position is None else []
        self._position = entries[-1].id if entries else self._feed.position()
        self._on_contact(entries[0].id if entries else self._position)
        self._on_entries(entries)

    def _read_on(self) -> None:
        asked_at = time.monotonic()
        entries = self._feed.after(self._position or BEGINNING)
        if entries:
            self._on_entries(entries)
            self._position = entries[-1].id
        if len(entries) < IN_ONE_GO:  # where nothing came, Valkey waited for it all the while
            self._known_at = asked_at if entries else asked_at + NEWS_WITHIN
