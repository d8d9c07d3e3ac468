"""What the owner of a booking is told, and the facts that the words are made of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from airlines.models import Flight
from bookings.models import Booking, Coupon, ItineraryChange, Passenger, Segment
from flights_project.lib import clock
from flights_project.lib.money import on_the_wire
from notifications.services.outbox import tell


def tell_owner(
    kind: str,
    booking: Booking,
    *,
    now: datetime,
    segments: Sequence[Segment] | None = None,
    passengers: Sequence[Passenger] | None = None,
    coupons: Iterable[Coupon] | None = None,
    subject: str = "",
    useful_until: datetime | None = None,
    flight: Flight | None = None,
    **facts: Any,
) -> None:
    """Write one message to the booking's contact and its owner's inbox, in the running transaction.

    It is about the booking, or about `subject` of it, and in the owner's language; `flight` is the one that it is
    about, where it is about one. Segments, passengers and coupons are read where the caller does not have them.
    """
    with translation.override(booking.owner.language):
        context = booking_facts(
            booking,
            journey_of(booking) if segments is None else segments,
            _party_of(booking) if passengers is None else passengers,
            _seated_of(booking) if coupons is None else coupons,
        )
        about_flight = {"flight": flight_facts(flight)} if flight else {}
    tell(
        kind=kind,
        subject=f"{booking.locator} {subject}".strip(),
        recipient=booking.contact_email,
        reader=booking.owner,
        phone=booking.contact_phone,
        context=context | facts | about_flight,
        now=now,
        useful_until=useful_until,
    )


def tell_cancelled_flight(
    booking: Booking, flight: Flight, *, segments: Sequence[Segment], now: datetime, **more: Any
) -> None:
    """The airline cancelled a flight of the booking: what its traveller can choose. Once for each flight."""
    tell_owner(
        "flight_cancelled",
        booking,
        subject=about(flight, "cancelled"),
        flight=flight,
        segments=segments,
        is_paid=booking.confirmed_at is not None,
        rest_url=settings.SITE_URL + reverse("cancel", args=[booking.locator])
        if _has_rest(segments, flight, now)
        else "",
        now=now,
        **more,
    )


def _has_rest(segments: Sequence[Segment], flight: Flight, now: datetime) -> bool:
    """Whether another slice than that of `flight` is still to be flown."""
    grounded = {segment.slice for segment in segments if segment.flight_id == flight.pk}
    return any(segment.slice not in grounded and segment.flight.departs_at > now for segment in segments)


def tell_delayed_flight(
    booking: Booking, flight: Flight, was: datetime, change: ItineraryChange | None, *, now: datetime, **journey: Any
) -> None:
    """The airline moved a flight of the booking, which left at `was`: both times, and where there is something to
    choose. Once for each time that it is moved."""
    left_at = was.astimezone(clock.zone(flight.origin.zone))
    with translation.override(booking.owner.language):
        journey |= {"was_departs": f"{left_at:%H:%M}", "was_departs_on": day_of(left_at)}
    tell_owner(
        "flight_delayed",
        booking,
        subject=about(flight, f"r{flight.revision}"),
        flight=flight,
        now=now,
        useful_until=flight.arrives_at,
        change=change_facts(booking, change),
        **journey,
    )


def change_facts(booking: Booking, change: ItineraryChange | None) -> dict[str, str] | None:
    """Where the traveller chooses what to do about a change, if there is something to choose."""
    if change is None:
        return None
    return {"cause": change.cause, "url": settings.SITE_URL + reverse("change", args=[booking.locator, change.pk])}


def about(flight: Flight, what: str) -> str:
    """A message's subject: `KV101 2026-12-20 r2`."""
    return f"{flight.number} {flight.departs_on} {what}"


def journey_of(booking: Booking) -> list[Segment]:
    """The flights of a booking with their places, in order of travel."""
    return Segment.objects.journey(booking)


def _party_of(booking: Booking) -> list[Passenger]:
    return list(booking.passengers.select_related("ticket").order_by("position"))


def _seated_of(booking: Booking) -> Iterable[Coupon]:
    """Nobody has a seat to be told of before the booking is paid."""
    return booking.coupons.select_related("seat") if booking.confirmed_at else []


def booking_facts(
    booking: Booking, segments: Sequence[Segment], passengers: Sequence[Passenger], coupons: Iterable[Coupon]
) -> dict[str, Any]:
    """Plain JSON, in the language of now: what any message about a booking may say."""
    seats = _seats(segments, coupons)
    return {
        "locator": booking.locator,
        "trip_url": settings.SITE_URL + reverse("trip", args=[booking.locator]),
        "pay_url": settings.SITE_URL + reverse("pay", args=[booking.locator]),
        "total": on_the_wire(booking.total, booking.currency),
        "cabin": str(booking.get_cabin_display()),
        "family": booking.family.name,
        "payment_required_by": _instant(booking.payment_required_by, segments[0].flight.origin.zone),
        "flights": [flight_facts(segment.flight) for segment in segments],
        "passengers": [
            {
                "name": str(passenger),
                "type": passenger.type,
                "ticket": _ticket(booking, passenger),
                "seats": seats.get(passenger.pk, []),
            }
            for passenger in passengers
        ],
    }


def flight_facts(flight: Flight) -> dict[str, Any]:
    """A flight in its airports' local times, in the language of now."""
    departs = flight.departs_at.astimezone(clock.zone(flight.origin.zone))
    arrives = flight.arrives_at.astimezone(clock.zone(flight.destination.zone))
    return {
        "id": flight.pk,
        "number": flight.number,
        "origin": flight.origin.iata,
        "origin_city": flight.origin.city.name,
        "origin_airport": flight.origin.name,
        "origin_terminal": flight.origin_terminal,
        "destination": flight.destination.iata,
        "destination_city": flight.destination.city.name,
        "destination_airport": flight.destination.name,
        "destination_terminal": flight.destination_terminal,
        "gate": flight.gate,
        "departs_on": day_of(departs),
        "departs": f"{departs:%H:%M}",
        "arrives": f"{arrives:%H:%M}",
        "day_offset": clock.day_offset(departs, arrives),
    }


def day_of(local: datetime) -> str:
    """`Sat 5 Dec 2026`, in the language of now."""
    return date_format(local.date(), _("D j M Y"))


def _instant(instant: datetime, zone: str) -> str:
    local = instant.astimezone(clock.zone(zone))
    return f"{clock.on_the_wall(instant, zone)}, {day_of(local)}"


def _ticket(booking: Booking, passenger: Passenger) -> str:
    return str(passenger.ticket) if booking.confirmed_at else ""


def _seats(segments: Sequence[Segment], coupons: Iterable[Coupon]) -> Mapping[int, list[str]]:
    """`KV101 12A` for each flight on which a traveller has a seat, by the traveller's id."""
    numbers = {segment.pk: segment.flight.number for segment in segments}
    order = list(numbers)
    seats = defaultdict(list)
    seated = [coupon for coupon in coupons if coupon.seat is not None and coupon.is_live]
    for coupon in sorted(seated, key=lambda coupon: order.index(coupon.segment_id)):
        seats[coupon.passenger_id].append(f"{numbers[coupon.segment_id]} {coupon.seat}")
    return seats
