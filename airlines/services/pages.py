"""Pages of what is ordered by prices that move: nothing is shown twice or lost between them, and nothing is stored.

A cursor says what was shown before, each thing by six bytes of a hash of what it is. The next page is the best of what
was not; a page before is exactly what was on it, at the prices of now.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Generic, TypeVar

SHOWN_AT_MOST = 200
"""On all pages together."""
LOOKED_AT = 2000
"""To find again what was on a page."""
ID_LENGTH = 6
LONGEST_CURSOR = 4 * (1 + SHOWN_AT_MOST * ID_LENGTH) // 3 + 4

T = TypeVar("T")


class CursorInvalid(ValueError):
    """Not a cursor of ours."""


@dataclass(frozen=True, slots=True)
class Page:
    """`limit` of what comes after `shown`; or what `exactly` names."""

    limit: int
    shown: tuple[bytes, ...] = ()
    exactly: tuple[bytes, ...] = ()

    @property
    def cursor(self) -> str:
        return urlsafe_b64encode(bytes([len(self.exactly)]) + b"".join(self.shown + self.exactly)).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Turned(Generic[T]):
    """What is on a page, and the pages beside it."""

    entries: list[T]
    next: Page | None
    previous: Page | None


def open_page(cursor: str, *, limit: int) -> Page:
    """The page that a cursor leads to. Raises CursorInvalid."""
    if len(cursor) > LONGEST_CURSOR:
        raise CursorInvalid
    try:
        packed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (NotBase64, UnicodeEncodeError) as error:
        raise CursorInvalid from error
    if len(packed) % ID_LENGTH != 1:
        raise CursorInvalid
    ids = tuple(packed[start : start + ID_LENGTH] for start in range(1, len(packed), ID_LENGTH))
    exactly = packed[0]
    if exactly > len(ids) or len(ids) > SHOWN_AT_MOST:
        raise CursorInvalid
    return Page(limit, ids[: len(ids) - exactly], ids[len(ids) - exactly :])


def turn_to(page: Page, entries: Iterable[T], *, identity: Callable[[T], str]) -> Turned[T]:
    """What of `entries`, best first, is on `page`."""
    if page.exactly:
        return _found_again(page, entries, identity)
    if not page.shown:
        return _beginning(page, entries, identity)
    seen = set(page.shown)
    fresh = (entry for entry in entries if _id(identity(entry)) not in seen)
    return _beginning(page, fresh, identity)


def _beginning(page: Page, entries: Iterable[T], identity: Callable[[T], str]) -> Turned[T]:
    room = min(page.limit, SHOWN_AT_MOST - len(page.shown))
    first = list(islice(entries, room + 1))
    on_it, is_more = first[:room], len(first) > room
    shown = page.shown + tuple(_id(identity(entry)) for entry in on_it) if is_more else ()
    is_last = not is_more or len(shown) >= SHOWN_AT_MOST
    return Turned(on_it, None if is_last else Page(page.limit, shown), _before(page))


def _found_again(page: Page, entries: Iterable[T], identity: Callable[[T], str]) -> Turned[T]:
    wanted = set(page.exactly)
    found: dict[bytes, T] = {}
    for entry in islice(entries, LOOKED_AT):
        if (known := _id(identity(entry))) in wanted:
            found[known] = entry
            if len(found) == len(wanted):
                break
    on_it = [found[known] for known in page.exactly if known in found]
    return Turned(on_it, Page(page.limit, page.shown + page.exactly), _before(page))


def _before(page: Page) -> Page | None:
    if not page.shown:
        return None
    start = max(0, len(page.shown) - page.limit)
    return Page(page.limit, page.shown[:start], page.shown[start:])


def _id(identity: str) -> bytes:
    return blake2b(identity.encode(), digest_size=ID_LENGTH).digest()
