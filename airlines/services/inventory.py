"""Seats of flights: hold, sell, give back. Nothing else writes the counters.

Every function runs inside the caller's transaction. `lock_cabins` comes first and once, for all flights of a booking
in primary-key order, so that two bookings over the same flights wait for each other and never for ever. The updates
are guarded all the same, and CHECK constraints stand behind them.
"""

from collections.abc import Iterable, Sequence

from django.db.models import F

from airlines.exceptions import SeatsGone
from airlines.models import FlightCabin
from airlines.querysets import FlightCabinQuerySet
from airlines.services import changes


def lock_cabins(*, flights: Iterable[int], cabin: str) -> list[FlightCabin]:
    """Lock `cabin` of each of `flights` (ids) until the transaction ends; returns the rows in primary-key order."""
    return FlightCabin.objects.filter(flight__in=list(flights), cabin=cabin).locked()


def hold_seats(*, cabins: Sequence[FlightCabin], seats: int) -> None:
    """Count `seats` as held on every one of `cabins`. Raises SeatsGone where one has fewer left."""
    held = _rows(cabins).with_seats_left(seats).update(seats_held=F("seats_held") + seats)
    if held != len(cabins):
        raise SeatsGone(seats_left=min(cabin.seats_left for cabin in cabins))
    _count(cabins, held=seats)


def sell_held_seats(*, cabins: Sequence[FlightCabin], seats: int) -> None:
    """Held seats become sold ones. As many are left as before."""
    _exactly(
        cabins,
        _rows(cabins)
        .filter(seats_held__gte=seats)
        .update(seats_held=F("seats_held") - seats, seats_sold=F("seats_sold") + seats),
    )


def release_held_seats(*, cabins: Sequence[FlightCabin], seats: int) -> None:
    """Held seats can be sold to others again."""
    _exactly(cabins, _rows(cabins).filter(seats_held__gte=seats).update(seats_held=F("seats_held") - seats))
    _count(cabins, held=-seats)


def return_sold_seats(*, cabins: Sequence[FlightCabin], seats: int) -> None:
    """Sold seats can be sold to others again."""
    _exactly(cabins, _rows(cabins).filter(seats_sold__gte=seats).update(seats_sold=F("seats_sold") - seats))
    _count(cabins, sold=-seats)


def _count(cabins: Sequence[FlightCabin], *, held: int = 0, sold: int = 0) -> None:
    """Let the locked rows say what the table says now, and tell how many seats are left."""
    for cabin in cabins:
        cabin.seats_held += held
        cabin.seats_sold += sold
    changes.announce(changes.seats_of(cabin) for cabin in cabins)


def _rows(cabins: Sequence[FlightCabin]) -> FlightCabinQuerySet:
    return FlightCabin.objects.filter(pk__in=[cabin.pk for cabin in cabins])


def _exactly(cabins: Sequence[FlightCabin], updated: int) -> None:
    if updated != len(cabins):
        raise RuntimeError(f"counters of cabins {[cabin.pk for cabin in cabins]} do not hold what is given back")
