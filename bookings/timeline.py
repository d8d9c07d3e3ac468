"""What has happened to a trip and what comes next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from airlines.models import Flight
from bookings.models import Booking, Coupon, ItineraryChange
from bookings.trips import Trip
from flights_project.gateway.templatetags.flights import money

AHEAD = 8
"""Moments to come that are shown at once: check-in, departure and landing, there and back."""


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    zone: str
    """Of the place where it happens."""
    words: str
    is_past: bool = False
    is_next: bool = False


def timeline_of(trip: Trip) -> list[Moment]:
    """The moments of a trip in order, with the one that comes next; those of flights once they are paid for."""
    moments = sorted(_moments(trip), key=lambda moment: moment.at)
    past = [moment for moment in moments if moment.at <= trip.now]
    ahead = moments[len(past) :]
    return [
        Moment(each.at, each.zone, each.words, is_past=each in past, is_next=each is next(iter(ahead), None))
        for each in moments
    ]


def folded(moments: list[Moment]) -> tuple[list[Moment], list[Moment]]:
    """What is shown of a course at once, and what is further ahead."""
    shown = sum(moment.is_past for moment in moments) + AHEAD
    return moments[:shown], moments[shown:]


def _moments(trip: Trip) -> Iterator[Moment]:
    booking, zone = trip.booking, trip.first_zone
    yield Moment(booking.held_at, zone, _("Seats held"))
    if booking.confirmed_at:
        yield Moment(booking.confirmed_at, zone, _("Paid, tickets issued"))
    if booking.ended_at:
        words = _("Cancelled") if booking.status == Booking.Status.CANCELLED else _("Not paid in time")
        yield Moment(booking.ended_at, zone, words)
    elif booking.status == Booking.Status.HELD and not trip.is_being_paid:
        yield Moment(booking.payment_required_by, zone, _("Pay by then, or the seats go back on sale"))
    yield from _changed(trip)
    yield from _given_up(trip)
    for refund in trip.refunds:
        yield Moment(refund.started_at, zone, _("%(amount)s on the way back to you") % {"amount": money(refund.amount)})
    if booking.status == Booking.Status.CONFIRMED:
        yield from _flying(trip)


def _changed(trip: Trip) -> Iterator[Moment]:
    """What the airline changed, and what became of it; where the money went back, the refund says so."""
    answers = {
        ItineraryChange.Status.KEPT: _("The flight was kept"),
        ItineraryChange.Status.MOVED: _("Moved to other flights"),
    }
    for change in trip.booking.changes.all():
        yield Moment(change.opened_at, trip.first_zone, _what_changed(change))
        if change.closed_at and change.status in answers:
            yield Moment(change.closed_at, trip.first_zone, answers[ItineraryChange.Status(change.status)])


def _what_changed(change: ItineraryChange) -> str:
    match change.cause:
        case ItineraryChange.Cause.CANCELLED:
            words = _("We had to cancel %(number)s")
        case ItineraryChange.Cause.SEATS | ItineraryChange.Cause.NO_SEAT:
            words = _("Another airplane flies %(number)s")
        case _:
            words = _("%(number)s leaves at another time")
    return words % {"number": change.flight.number}


def _given_up(trip: Trip) -> Iterator[Moment]:
    """Each cancellation of a part: whose, and which flights. The one that ended the booking is told by itself."""
    if not any(coupon.status == Coupon.Status.CANCELLED for coupon in trip.booking.coupons.all()):
        return
    quotes = trip.booking.cancellation_quotes.exclude(confirmed_at=None).exclude(confirmed_at=trip.booking.ended_at)
    for quote in quotes.prefetch_related("coupons__passenger", "coupons__flight"):
        coupons = sorted(quote.coupons.all(), key=lambda coupon: (coupon.passenger.position, coupon.flight.departs_at))
        travellers = ", ".join(dict.fromkeys(str(coupon.passenger) for coupon in coupons))
        flights = ", ".join(dict.fromkeys(coupon.flight.number for coupon in coupons))
        words = _("Cancelled for %(travellers)s: %(flights)s") % {"travellers": travellers, "flights": flights}
        if quote.confirmed_at:
            yield Moment(quote.confirmed_at, trip.first_zone, words)


def _flying(trip: Trip) -> Iterator[Moment]:
    """Check-in, departures and landings of what is still flown."""
    for part in trip.slices:
        flights = [flight for flight in part.flights if _is_flown(trip, flight)]
        if flights:
            yield from _checking_in(flights[0])
        for flight in flights:
            names = {"number": flight.number, "city": flight.origin.city.name, "code": flight.origin.iata}
            yield Moment(flight.departs_at, flight.origin.zone, _("%(number)s leaves %(city)s (%(code)s)") % names)
            names |= {"city": flight.destination.city.name, "code": flight.destination.iata}
            yield Moment(
                flight.arrives_at, flight.destination.zone, _("%(number)s lands in %(city)s (%(code)s)") % names
            )


def _checking_in(flight: Flight) -> Iterator[Moment]:
    zone = flight.origin.zone
    opens = flight.departs_at - settings.CHECK_IN_OPENS_BEFORE_DEPARTURE
    closes = flight.departs_at - settings.CHECK_IN_CLOSES_BEFORE_DEPARTURE
    yield Moment(opens, zone, _("Check-in for %(number)s opens") % {"number": flight.number})
    yield Moment(closes, zone, _("Check-in for %(number)s closes") % {"number": flight.number})


def _is_flown(trip: Trip, flight: Flight) -> bool:
    return flight.status != Flight.Status.CANCELLED and flight.pk not in trip.cancelled_flights
