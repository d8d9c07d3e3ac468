"""Other flights for a part of a booked journey: from a flight that was changed to the end of its slice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain

from django.conf import settings

from airlines.models import Flight
from airlines.services.connections import Leg, Network, Window, assemble, legs_of
from airlines.services.flights_on_sale import FlightOnSale, flights_on_sale
from airlines.services.reference import Reference, current
from airlines.services.search import day_window
from bookings.models import Booking, Coupon, Passenger, Segment
from bookings.services.fair_shares import Way
from flights_project.lib import clock

MOST_STOPS = 2
WAYS_AT_MOST = 40


@dataclass(frozen=True)
class Part:
    """What a rebooking replaces: `segments` from the changed flight to the end of its slice, and what must still fit.

    The booking comes from `with_journey()`.
    """

    booking: Booking
    segments: Sequence[Segment]
    before: Segment | None
    """The flight of the slice that is flown before."""
    after: Segment | None
    """The first flight of the next slice."""

    @property
    def flights(self) -> list[Flight]:
        return [segment.flight for segment in self.segments]

    @cached_property
    def coupons(self) -> list[Coupon]:
        """Of everybody who is still to fly it, with their travellers and flights."""
        segments = {segment.pk: segment for segment in self.segments}
        passengers = {passenger.pk: passenger for passenger in self.booking.passengers.all()}
        coupons = [each for each in self.booking.coupons_in_order if each.segment_id in segments and each.is_live]
        for coupon in coupons:
            coupon.passenger, coupon.flight = passengers[coupon.passenger_id], segments[coupon.segment_id].flight
        return coupons

    @cached_property
    def travellers(self) -> list[Passenger]:
        flying = {coupon.passenger_id for coupon in self.coupons}
        return [passenger for passenger in self.booking.passengers.all() if passenger.pk in flying]

    @property
    def seats(self) -> int:
        return sum(passenger.type != Passenger.Type.INFANT for passenger in self.travellers)


def part_from(booking: Booking, flight: int) -> Part | None:
    """The part of the journey that begins with `flight` (id); None where nobody of the booking is on it any more."""
    segments = sorted(booking.segments.all(), key=lambda segment: segment.position)
    first = next((segment for segment in segments if segment.flight_id == flight), None)
    if first is None:
        return None
    live = {coupon.segment_id for coupon in booking.coupons.all() if coupon.is_live}
    if first.pk not in live:
        return None
    along = [segment for segment in segments if segment.slice == first.slice]
    run = [segment for segment in along if segment.position >= first.position]
    before = [segment for segment in along if segment.position < first.position and segment.pk in live]
    after = [segment for segment in segments if segment.slice > first.slice and segment.pk in live]
    return Part(booking, run, before[-1] if before else None, after[0] if after else None)


@dataclass(frozen=True)
class Timetable:
    """What flies instead, read once for each pair of airports, and the seats that are left there."""

    now: datetime
    reference: Reference = field(default_factory=current)
    seats_left: dict[int, int] = field(default_factory=dict)
    _read: dict[tuple[object, ...], dict[Leg, list[FlightOnSale]]] = field(default_factory=dict)

    def ways(self, part: Part, *, without: int | None = None) -> list[Way]:
        """Ways for `part`, the best first, whether or not they have seats for its party; `without` a flight (id)."""
        network, flights = self.reference.network, part.flights
        ends = (flights[0].origin_id,), (flights[-1].destination_id,)
        windows = {flights[0].origin_id: self._window(flights[0])}
        paths = network.paths(*ends, MOST_STOPS)
        key = (*ends, part.booking.cabin, *windows.values())
        if key not in self._read:
            legs = legs_of(network, paths, windows).items()
            self._read[key] = {leg: list(found) for leg, found in self._on_sale(legs, part.booking.cabin)}
        own = {flight.pk for flight in flights}
        fits = {
            leg: [each for each in found if each.pk != without and (each.pk in own or each.seats_left >= part.seats)]
            for leg, found in self._read[key].items()
        }
        ways = [
            self._way(part, found)
            for found in assemble(network, paths, fits, windows)
            if self._joins(part, found) and [each.pk for each in found] != [flight.pk for flight in flights]
        ]
        return sorted(ways, key=lambda way: way.rank)[:WAYS_AT_MOST]

    def _on_sale(self, legs: Iterable[tuple[Leg, Window]], cabin: str) -> Iterable[tuple[Leg, list[FlightOnSale]]]:
        """Full flights, too: the party may be booked on one that it keeps."""
        found = flights_on_sale(legs, cabin=cabin, seats=0)
        for each in chain.from_iterable(found.values()):
            self.seats_left[each.pk] = each.seats_left
        return found.items()

    def _window(self, flight: Flight) -> Window:
        """From a little before the booked departure until the end of the last day that is looked at."""
        zone = flight.origin.zone
        earliest = max(
            self.now + settings.SALE_CLOSES_BEFORE_DEPARTURE, flight.departs_at - settings.REBOOK_EARLIER_AT_MOST
        )
        last_day = max(flight.departs_on, clock.local_date(self.now, zone)) + timedelta(days=settings.REBOOK_DAYS_LATER)
        opens = int(earliest.timestamp()) + 1
        return Window(opens, max(opens, day_window(last_day, zone, opens).closes))

    def _joins(self, part: Part, found: Sequence[FlightOnSale]) -> bool:
        """Whether it can be flown after what comes before it, and before what comes after it."""
        if part.after and found[-1].arrives >= part.after.flight.departs_at.timestamp():
            return False
        legs = [(each.origin, each.destination) for each in found]
        times: list[tuple[float, float]] = [(each.departs, each.arrives) for each in found]
        if part.before:
            earlier = part.before.flight
            legs.insert(0, (earlier.origin_id, earlier.destination_id))
            times.insert(0, (earlier.departs_at.timestamp(), earlier.arrives_at.timestamp()))
        return self.reference.network.connects(legs, times)

    def _way(self, part: Part, found: Sequence[FlightOnSale]) -> Way:
        own = {flight.pk for flight in part.flights}
        booked = part.flights[0]
        leaves_on = clock.local_date(datetime.fromtimestamp(found[0].departs, self.now.tzinfo), booked.origin.zone)
        return Way(
            flights=tuple(each.pk for each in found),
            taking=tuple(each.pk for each in found if each.pk not in own),
            days_later=max(0, (leaves_on - booked.departs_on).days),
            arrives=found[-1].arrives,
            departs=found[0].departs,
        )


def breaks_connection(booking: Booking, flight: int, network: Network) -> bool:
    """Whether a flight of the booking before or after `flight` (id) cannot be made any more in the same slice; the
    booking comes from `with_journey()`."""
    segments = sorted(booking.segments.all(), key=lambda segment: segment.position)
    live = {coupon.segment_id for coupon in booking.coupons.all() if coupon.is_live}
    this = next(segment for segment in segments if segment.flight_id == flight)
    along = [segment.flight for segment in segments if segment.slice == this.slice and segment.pk in live]
    return not network.connects(
        [(each.origin_id, each.destination_id) for each in along],
        [(each.departs_at.timestamp(), each.arrives_at.timestamp()) for each in along],
    )
