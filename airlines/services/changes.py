"""What has changed of what is for sale, told to every process after commit: a price, seats, a flight.

Whoever changes what a search would answer announces it in the same transaction. Caches drop what it touches, open
pages show it. The announcement is a courtesy of Valkey: where that is down, the change itself stands all the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from threading import Event
from typing import TYPE_CHECKING, Any, Self

import orjson
import structlog
from django.conf import settings
from django.db import transaction

from flights_project.lib.feed import Feed, FeedError
from flights_project.lib.money import rounded

if TYPE_CHECKING:  # the price stream reads changes without loading any model
    from airlines.models import Flight, FlightCabin, FlightFare

log = structlog.get_logger(__name__)

FEED = "flights.changes"
GONE = "gone"
"""The status of a flight that was deleted."""


class Kind(StrEnum):
    PRICE = "price"
    """`cabin`, `family`, `amount` and `previous`: null before it was sold, or once it no longer is."""
    SEATS = "seats"
    """`cabin` and `seats_left`."""
    STATUS = "status"
    """`status` of the flight: it is new, or its times, its state or what it sells have changed."""
    MISSED = "missed"
    """Announcements were lost, or mean nothing to this version: what is known from before may be outdated."""

    @classmethod
    def _missing_(cls, _value: object) -> "Kind":
        return cls.MISSED


@dataclass(frozen=True, slots=True)
class Leg:
    """Where searches look: ids of two airports, and the local date of departure."""

    origin: int
    destination: int
    departs_on: date

    @classmethod
    def of(cls, flight: "Flight") -> Self:
        return cls(flight.origin_id, flight.destination_id, flight.departs_on)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one flight, which is found on `leg`. `MISSED` has neither."""

    kind: Kind
    flight: int | None = None
    leg: Leg | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def written(self) -> bytes:
        leg = self.leg and [self.leg.origin, self.leg.destination, self.leg.departs_on]
        return orjson.dumps([self.kind, self.flight, leg, self.facts])

    @classmethod
    def read(cls, content: bytes) -> Self:
        kind, flight, leg, facts = orjson.loads(content)
        return cls(Kind(kind), flight, leg and Leg(leg[0], leg[1], date.fromisoformat(leg[2])), facts)


def price_of(fare: "FlightFare", *, amount: Decimal | None, previous: Decimal | None) -> Change:
    """As `price`, of a fare whose cabin, flight and family should be loaded."""
    cabin = fare.flight_cabin
    return price(
        flight=cabin.flight_id,
        leg=Leg.of(cabin.flight),
        cabin=cabin.cabin,
        family=fare.family.code,
        amount=amount,
        previous=previous,
    )


def price(
    *, flight: int, leg: Leg, cabin: str, family: str, amount: Decimal | None, previous: Decimal | None
) -> Change:
    """A fare of `flight`, for one adult and without taxes, costs `amount` and cost `previous`; None: it is not sold."""
    facts = {"cabin": cabin, "family": family, "amount": _text(amount), "previous": _text(previous)}
    return Change(Kind.PRICE, flight, leg, facts)


def seats_of(cabin: "FlightCabin") -> Change:
    """`cabin` has the seats left that it says; its flight should be loaded."""
    facts = {"cabin": cabin.cabin, "seats_left": cabin.seats_left}
    return Change(Kind.SEATS, cabin.flight_id, Leg.of(cabin.flight), facts)


def status_of(flight: "Flight") -> Change:
    """`flight` is new, or something of it has changed that is neither a price nor seats."""
    return Change(Kind.STATUS, flight.pk, Leg.of(flight), {"status": flight.status})


def gone(flight: "Flight") -> Change:
    """`flight` has been deleted."""
    return Change(Kind.STATUS, flight.pk, Leg.of(flight), {"status": GONE})


def announce(changes: Iterable[Change]) -> None:
    """Tell `changes` when the running transaction has committed, and never if it does not.

    All that one transaction announces goes in one round trip. Raises nothing after the commit.
    """
    told = list(changes)
    if not told:
        return
    pending = _pending()
    if pending is not None:
        pending.changes += told
    else:
        transaction.on_commit(_Announcement(told))


@dataclass(slots=True)
class _Announcement:
    """What Django calls after commit. It is empty once it was called."""

    changes: list[Change]

    def __call__(self) -> None:
        changes, self.changes = self.changes, []
        _tell(changes)


def _pending() -> _Announcement | None:
    """The announcement that already waits for this commit, unless a rolled-back savepoint would take it along."""
    connection = transaction.get_connection()
    for within, hook, _robust in connection.run_on_commit:
        if isinstance(hook, _Announcement) and hook.changes and within == set(connection.savepoint_ids):
            return hook
    return None


_lost = Event()
"""Set while this process could not tell something: the next that it can tell is that."""


def _tell(changes: Iterable[Change]) -> None:
    if _lost.is_set():
        _lost.clear()
        changes = [Change(Kind.MISSED), *changes]
    try:
        feed().append(change.written() for change in changes)
    except FeedError as error:
        _lost.set()
        log.warning("changes_not_announced", error=str(error))


def position() -> str:
    """Where the feed is now, empty while it is away: who reads prices after asking follows what changes from here."""
    try:
        return feed().position()
    except FeedError as error:
        log.warning("feed_away", error=str(error))
        return ""


@cache
def feed() -> Feed:
    return Feed(settings.REDIS_URL, FEED, settings.REDIS_OPTIONS)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(rounded(amount, settings.CURRENCY))
