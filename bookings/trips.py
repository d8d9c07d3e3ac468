"""A booking as pages show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.utils.formats import date_format

from airlines.itineraries import PriceTable, label, party_in_words, price_table, search_url
from airlines.models import Flight
from airlines.services.pricing import Party
from bookings.models import Booking, Coupon, ItineraryChange, Passenger, Payment, Refund
from bookings.services.journeys import BookedSlice, price_of, slices_of


@dataclass(frozen=True)
class Trip:
    """A booking that comes from `with_journey()`, at an instant."""

    booking: Booking
    now: datetime

    @cached_property
    def slices(self) -> list[BookedSlice]:
        return slices_of(self.booking)

    @cached_property
    def price(self) -> PriceTable:
        return price_table(price_of(self.booking), total=self.booking.total)

    @property
    def _party(self) -> Party:
        return _party_of(self.booking.passengers.all())

    @property
    def party_in_words(self) -> str:
        """Who flies; once nobody does any more, who was booked."""
        gone = self.cancelled_passengers if self.is_partly_cancelled else ()
        return party_in_words(_party_of(each for each in self.booking.passengers.all() if each.pk not in gone))

    @property
    def first_zone(self) -> str:
        """The zone that the booking's deadlines are shown in."""
        return self.slices[0].flights[0].origin.zone

    @property
    def is_upcoming(self) -> bool:
        is_live = self.booking.status in (Booking.Status.HELD, Booking.Status.CONFIRMED)
        return is_live and self.slices[-1].flights[-1].arrives_at > self.now

    @cached_property
    def last_payment(self) -> Payment | None:
        return next(iter(self.booking.payments.all()), None)

    @property
    def is_being_paid(self) -> bool:
        return self.last_payment is not None and self.last_payment.status == Payment.Status.STARTED

    @property
    def is_overdue(self) -> bool:
        """The time to pay is over: the seats are about to be given back."""
        return bool(self.booking.amount_due) and self.now >= self.pay_by and not self.is_being_paid

    @property
    def pay_by(self) -> datetime:
        """When the seats that are to be paid for go back: those of the hold, or of the open seat order."""
        order = self.booking.open_seat_order
        return order.payment_required_by if order else self.booking.payment_required_by

    @property
    def total_with_order(self) -> Decimal:
        """What the booking costs with the seats that are ordered and not paid."""
        order = self.booking.open_seat_order
        return self.booking.total + (order.amount if order else Decimal())

    @property
    def ordered_seats(self) -> list[tuple[Passenger, str, str]]:
        """Traveller, flight number and seat of the open seat order."""
        order = self.booking.open_seat_order
        passengers = {passenger.pk: passenger for passenger in self.booking.passengers.all()}
        coupons = {coupon.pk: passengers[coupon.passenger_id] for coupon in self.booking.coupons.all()}
        numbers = {flight.pk: flight.number for part in self.slices for flight in part.flights}
        parts = order.seats.all() if order else ()
        return [(coupons[part.coupon_id], numbers[part.flight_id], str(part.seat or "–")) for part in parts]

    @property
    def seconds_left(self) -> int:
        return max(0, int((self.pay_by - self.now).total_seconds()))

    @property
    def price_seconds_left(self) -> int:
        return max(0, int((self.booking.price_guaranteed_until - self.now).total_seconds()))

    @property
    def has_chosen_seats(self) -> bool:
        return any(coupon.seat for coupon in self.booking.coupons.all())

    @property
    def cancellable_passengers(self) -> list[tuple[int, str]]:
        """Position and name of each traveller who has something to cancel. An infant goes with its adult."""
        unused = {coupon.passenger_id for coupon in self.booking.coupons.all() if coupon.is_unused}
        return [
            (passenger.position, str(passenger))
            for passenger in self.booking.passengers.all()
            if passenger.pk in unused and passenger.type != Passenger.Type.INFANT
        ]

    @property
    def cancellable_slices(self) -> list[tuple[int, str]]:
        """Position and route of each direction that has something to cancel."""
        unused = {coupon.segment_id for coupon in self.booking.coupons.all() if coupon.is_unused}
        flights = {segment.slice: segment.flight for segment in self.booking.segments.all() if segment.pk in unused}
        return [(position, _route_and_day(flight)) for position, flight in sorted(flights.items())]

    @property
    def cancelled_passengers(self) -> set[int]:
        """Ids of the travellers of a confirmed booking who fly no more."""
        coupons = self.booking.coupons.all()
        flying = {coupon.passenger_id for coupon in coupons if not coupon.is_ended}
        return {coupon.passenger_id for coupon in coupons} - flying

    @property
    def is_partly_cancelled(self) -> bool:
        """Somebody gave up some flight, and others are still booked."""
        cancelled = any(coupon.status == Coupon.Status.CANCELLED for coupon in self.booking.coupons.all())
        return self.booking.status == Booking.Status.CONFIRMED and cancelled

    @property
    def checked_in_passengers(self) -> set[int]:
        """Ids of the travellers who are checked in for a flight that has not left."""
        return {
            coupon.passenger_id for coupon in self.booking.coupons.all() if coupon.status == Coupon.Status.CHECKED_IN
        }

    @property
    def cancelled_flights(self) -> set[int]:
        """Ids of the flights of a confirmed booking that nobody of it is on any more."""
        coupons = self.booking.coupons.all()
        flown = {coupon.flight_id for coupon in coupons if not coupon.is_ended}
        return {coupon.flight_id for coupon in coupons} - flown

    @property
    def can_choose_seats(self) -> bool:
        return "choose_seats" in self.booking.available_actions and not self.is_overdue

    @property
    def travellers(self) -> list[tuple[Passenger, list[str]]]:
        """Each with their seats, such as `KV101 12A`."""
        flights = {flight.pk: flight.number for part in self.slices for flight in part.flights}
        seated = [coupon for coupon in self.booking.coupons_in_order if coupon.seat and not coupon.is_ended]
        return [
            (
                passenger,
                [f"{flights[each.flight_id]} {each.seat}" for each in seated if each.passenger_id == passenger.pk],
            )
            for passenger in self.booking.passengers.all()
        ]

    @property
    def grounded_flights(self) -> list[Flight]:
        """Those that the airline cancelled while the traveller was booked on them, and has not chosen what to do."""
        unused = {coupon.flight_id for coupon in self.booking.coupons.all() if coupon.is_unused}
        flights = (flight for part in self.slices for flight in part.flights)
        return [flight for flight in flights if flight.status == Flight.Status.CANCELLED and flight.pk in unused]

    @property
    def grounded_numbers(self) -> str:
        """`KV101, KV204`."""
        return ", ".join(flight.number for flight in self.grounded_flights)

    @property
    def changes(self) -> list[ItineraryChange]:
        """What the airline changed and the traveller has not answered."""
        live = {coupon.flight_id for coupon in self.booking.coupons.all() if coupon.is_live}
        return [change for change in self.booking.open_changes if change.flight_id in live]

    @property
    def is_grounded(self) -> bool:
        return bool(self.grounded_flights)

    @property
    def refunds(self) -> list[Refund]:
        return self.booking.refunds

    @property
    def money_moves(self) -> list[Payment | Refund]:
        """Payments and refunds in order of time."""
        return sorted([*self.booking.payments.all(), *self.refunds], key=lambda move: move.started_at)

    @property
    def costs_now(self) -> Decimal:
        """What was paid and does not go back."""
        return self.booking.amount_paid - self.booking.amount_refunded

    @property
    def was_refunded(self) -> bool:
        """Paid after the seats had gone: the money goes or went back."""
        return bool(self.refunds)

    @property
    def search_again_url(self) -> str:
        ends = [(part.flights[0], part.flights[-1]) for part in self.slices]
        return search_url(
            [(label(first.origin), label(last.destination), first.departs_on) for first, last in ends],
            party=self._party,
            cabin=self.booking.cabin,
        )


def _party_of(passengers: Iterable[Passenger]) -> Party:
    kinds = [passenger.type for passenger in passengers]
    return Party(kinds.count("adult"), kinds.count("child"), kinds.count("infant"))


def _route_and_day(flight: Flight) -> str:
    """From where to where, and when."""
    return f"{flight.origin.city.name} – {flight.destination.city.name}, {date_format(flight.departs_on, 'j F Y')}"
