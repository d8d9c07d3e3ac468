"""Things that were sold. They are held and paid by the services that travellers use."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import count
from typing import Any

from airlines.models import Flight
from airlines.services.pricing import Party
from airlines.tests.factories import claim_for
from bookings.models import Booking
from bookings.services.holds import Contact, hold_seats
from bookings.services.payment import pay
from bookings.services.travellers import Traveller
from flights_project.gateway.models import User

_people = count(1)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def adult(**changes: Any) -> Traveller:
    """Somebody new each time, unless named."""
    n = next(_people)
    family = "Rao" + LETTERS[n % 26] + LETTERS[n // 26 % 26] + LETTERS[n // 676 % 26]
    return Traveller(
        **{"type": "adult", "given_name": "Asha", "family_name": family, "born_on": date(1990, 4, 5)} | changes
    )


def child(**changes: Any) -> Traveller:
    return adult(**{"type": "child", "given_name": "Dev", "born_on": date(2020, 1, 2)} | changes)


def infant(**changes: Any) -> Traveller:
    return adult(**{"type": "infant", "given_name": "Mini", "born_on": date(2026, 3, 4)} | changes)


def make_hold(owner: User, *flights: Flight, now: datetime, travellers: Sequence[Traveller] | None = None) -> Booking:
    """A held booking, each of `flights` a slice of its own."""
    return _hold(owner, [[flight] for flight in flights], now, travellers)


def make_journey(
    owner: User, *slices: Sequence[Flight], now: datetime, travellers: Sequence[Traveller] | None = None
) -> Booking:
    """A confirmed booking of `slices`, each of connecting flights."""
    return _paid(_hold(owner, slices, now, travellers), now)


def _hold(
    owner: User, slices: Sequence[Sequence[Flight]], now: datetime, travellers: Sequence[Traveller] | None
) -> Booking:
    people = travellers or [adult()]
    types = [each.type for each in people]
    party = Party(types.count("adult"), types.count("child"), types.count("infant"))
    return hold_seats(
        offer=claim_for(*slices, now=now, party=party),
        travellers=people,
        contact=Contact(email=owner.email, phone="+911100000000"),
        owner=owner,
        now=now,
    )


def make_booking(
    owner: User, *flights: Flight, now: datetime, travellers: Sequence[Traveller] | None = None
) -> Booking:
    """A confirmed booking with tickets."""
    return _paid(make_hold(owner, *flights, now=now, travellers=travellers), now)


def _paid(booking: Booking, now: datetime) -> Booking:
    pay(booking=booking, gateway="sandbox", token="tok_ok", now=now)
    booking.refresh_from_db()
    return booking
