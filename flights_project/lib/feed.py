"""A feed: what many processes write and many read, each going on where it was. It is a capped stream in Valkey.

Every entry has an id that grows, such as `1795361271931-0`; who is at an id has seen everything up to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

KEPT = 100_000
"""Entries that stay readable; older ones are dropped in blocks, so a few more may."""
PATIENCE = 1.0
"""Seconds to wait for an answer of Valkey."""
NEWS_WITHIN = 0.25
"""Seconds that a reader waits for an entry before it is told that there is none."""
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
    """The feed called `name` in the database at `url`. Any number of threads may use it at once.

    Valkey's answers are `Any`: the types of redis-py name all that any of its settings would make of them.
    Every method raises FeedError: at once where nobody answers, after `PATIENCE` and a second try where it takes long.
    """

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        self._valkey = redis.Redis.from_url(
            url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 1)
        )

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

    def is_whole_since(self, position: str) -> bool:
        """Whether everything after `position` can still be read."""
        first: Any = self._valkey.xrange(self._name, count=1)
        return not first or _ordered(position) >= _ordered(first[0][0].decode()) or not self._has_dropped()

    def _has_dropped(self) -> bool:
        kept: Any = self._valkey.xinfo_stream(self._name)
        return bool(kept["entries-added"] > kept["length"])


def _ordered(entry: str) -> tuple[int, int]:
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number or 0)
