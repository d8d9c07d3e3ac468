"""What the owner of a booking is told, and the facts that the words are made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from airlines.models import Flight
from bookings.models import Booking, Passenger, Segment
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
    subject: str = "",
    **facts: Any,
) -> None:
    """Write one message to the booking's contact, in the running transaction. It is about the booking, or about
    `subject` of it. Segments and passengers are read where the caller does not have them at hand."""
    if segments is None:
        flights = booking.segments.select_related("flight__origin__city", "flight__destination__city")
        segments = list(flights.order_by("position"))
    if passengers is None:
        passengers = list(booking.passengers.select_related("ticket").order_by("position"))
    tell(
        kind=kind,
        subject=f"{booking.locator} {subject}".strip(),
        recipient=booking.contact_email,
        context=booking_facts(booking, segments, passengers) | facts,
        now=now,
    )


def booking_facts(booking: Booking, segments: Sequence[Segment], passengers: Sequence[Passenger]) -> dict[str, Any]:
    """Plain JSON: what any message about a booking may say."""
    return {
        "locator": booking.locator,
        "trip_url": settings.SITE_URL + reverse("trip", args=[booking.locator]),
        "pay_url": settings.SITE_URL + reverse("pay", args=[booking.locator]),
        "total": on_the_wire(booking.total, booking.currency),
        "cabin": booking.get_cabin_display(),
        "family": booking.family.name,
        "payment_required_by": _instant(booking.payment_required_by, segments[0].flight.origin.zone),
        "flights": [flight_facts(segment.flight) for segment in segments],
        "passengers": [
            {"name": str(passenger), "type": passenger.type, "ticket": _ticket(booking, passenger)}
            for passenger in passengers
        ],
    }


def flight_facts(flight: Flight) -> dict[str, Any]:
    """A flight in its airports' local times."""
    departs = flight.departs_at.astimezone(clock.zone(flight.origin.zone))
    arrives = flight.arrives_at.astimezone(clock.zone(flight.destination.zone))
    return {
        "number": flight.number,
        "origin": flight.origin.iata,
        "origin_city": flight.origin.city.name,
        "origin_airport": flight.origin.name,
        "origin_terminal": flight.origin_terminal,
        "destination": flight.destination.iata,
        "destination_city": flight.destination.city.name,
        "destination_airport": flight.destination.name,
        "destination_terminal": flight.destination_terminal,
        "departs_on": f"{departs:%a %-d %b %Y}",
        "departs": f"{departs:%H:%M}",
        "arrives": f"{arrives:%H:%M}",
        "day_offset": clock.day_offset(departs, arrives),
    }


def _instant(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(clock.zone(zone)):%H:%M %Z, %a %-d %b %Y}"


def _ticket(booking: Booking, passenger: Passenger) -> str:
    return str(passenger.ticket) if booking.confirmed_at else ""
