"""What happens to the sandbox's flights (`airlines.demo.sandbox`): the services of the desk and of selling do it, at a
moment that a program can count on. Selling itself knows nothing of it.

Before a ticket, it happens around the hold and within its transaction: what is refused leaves no trace, so the next
try of a program finds everything as it was. After a ticket, `play` does it and the flight is used up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from string import ascii_uppercase

from django.db import transaction

from airlines.demo import sandbox
from airlines.demo.sandbox import Scenario, scenario_of
from airlines.models import Flight, FlightFare
from airlines.services.fares import change_fare, take_off_sale
from airlines.services.offers import OfferClaim, price_again
from airlines.services.pricing import Party
from bookings.models import Booking
from bookings.services.holds import Contact, hold_seats
from bookings.services.irregular_days import cancel_flight, delay_flight
from bookings.services.rounds import count_done
from bookings.services.travellers import Traveller
from flights_project.gateway.models import User

RIVAL = "rival@demo.test"
"""Who takes the last seats. Nobody can log in with it."""
BORN_ON = date(1980, 1, 1)
MOVED_BY = timedelta(minutes=90)


def open_sandbox(*, now: datetime) -> int:
    """Build what is missing and put the flights on sale. Returns how many are new."""
    sandbox.build()
    if not User.objects.filter(email=RIVAL).exists():
        User.objects.create_user(RIVAL)
    return sandbox.open_flights(now=now)


@contextmanager
def between_search_and_hold(offer: OfferClaim, *, now: datetime) -> Iterator[None]:
    """Around the hold of `offer`. Where a flight of it is the sandbox's, what its number says has happened inside."""
    flight = _of_the_sandbox(offer) if sandbox.is_open() else None
    if flight is None:
        yield
        return
    with transaction.atomic():
        match scenario_of(flight.number):
            case Scenario.SOLD_OUT:
                _take_all_seats(flight, offer, now)
                yield
            case Scenario.DEARER:
                with _dearer(flight, offer):
                    yield
            case _:
                yield


def _of_the_sandbox(offer: OfferClaim) -> Flight | None:
    return sandbox.flights().filter(pk__in=offer.flights).first()


def _take_all_seats(flight: Flight, offer: OfferClaim, now: datetime) -> None:
    """Somebody else holds whatever is left of the flight. Raises NotOnSale, SeatsGone as the hold of `offer` does."""
    alone = replace(offer, slices=((flight.pk,),))
    party = Party(adults=price_again(alone, now=now).seats_left)
    hold_seats(
        offer=price_again(replace(alone, party=party), now=now).claim,
        travellers=[
            Traveller(type="adult", given_name=ascii_uppercase[n], family_name="Rival", born_on=BORN_ON)
            for n in range(party.adults)
        ],
        contact=Contact(email=RIVAL),
        owner=User.objects.get(email=RIVAL),
        now=now,
    )


@contextmanager
def _dearer(flight: Flight, offer: OfferClaim) -> Iterator[None]:
    """The fare of `offer` costs more inside: who holds at the new price has it, and the next search finds the old."""
    sold_as = {"flight_cabin__flight": flight, "flight_cabin__cabin": offer.cabin, "family__code": offer.family}
    fares = [(fare, fare.amount) for fare in FlightFare.objects.filter(**sold_as)]
    for fare, amount in fares:
        change_fare(fare=fare, amount=amount + sandbox.rise())
    yield
    for fare, amount in fares:
        change_fare(fare=fare, amount=amount)


def play(*, now: datetime) -> int:
    """What happens after a ticket, to every flight that somebody has one for; the next numbers take their places.
    Returns how many flights were used up."""

    def use_up(flight: Flight) -> bool:
        return _use_up(flight, now)

    sold = sandbox.flights().filter(
        status=Flight.Status.SCHEDULED,
        departs_at__gt=now,
        cabins__fares__isnull=False,
        segments__booking__status=Booking.Status.CONFIRMED,
    )
    used = count_done(use_up, sold.distinct())
    sandbox.open_flights(now=now)
    return used


@transaction.atomic
def _use_up(flight: Flight, now: datetime) -> bool:
    """Locks the flight; False where another round was faster."""
    flight = _lock(flight)
    fares = FlightFare.objects.filter(flight_cabin__flight=flight)
    if not fares:
        return False
    match scenario_of(flight.number):
        case Scenario.DELAYED:
            departs_at, arrives_at = flight.departs_at + MOVED_BY, flight.arrives_at + MOVED_BY
            delay_flight(flight=flight, departs_at=departs_at, arrives_at=arrives_at, now=now)
        case Scenario.CANCELLED:
            cancel_flight(flight=flight, now=now)
    take_off_sale(fares)
    return True


def _lock(flight: Flight) -> Flight:
    return Flight.objects.with_places().select_for_update(of=("self",), no_key=True).get(pk=flight.pk)
