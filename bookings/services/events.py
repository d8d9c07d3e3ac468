"""What happens to a booking, for the programs of whoever sold it and for Prometheus."""

from datetime import datetime
from typing import Any

from airlines.models import Flight
from bookings.metrics import CHANGES
from bookings.models import Booking
from flights_project.lib.metrics import count_after_commit
from flights_project.lib.money import on_the_wire
from notifications.models import EventType
from notifications.services import events


def record(type: EventType, booking: Booking, *, now: datetime, **facts: Any) -> None:  # noqa: A002 -- as the API says
    """Write the event in the running transaction, with the booking as it is after it. `facts` say nothing personal."""
    count_after_commit(CHANGES.labels(type.value))
    about_booking = {
        "locator": booking.locator,
        "status": booking.status,
        "total": on_the_wire(booking.total, booking.currency),
    }
    events.record(owner=booking.owner_id, type=type, about=booking.locator, facts=about_booking | facts, now=now)


def record_of_flight(type: EventType, booking: Booking, flight: Flight, *, now: datetime) -> None:  # noqa: A002 -- likewise
    """As `record`, of a flight that `booking` is on, as it is after the change."""
    about_flight = {
        "id": flight.pk,
        "number": flight.number,
        "status": flight.status,
        "departs_at": flight.departs_at,
        "arrives_at": flight.arrives_at,
        "gate": flight.gate,
    }
    record(type, booking, flight=about_flight, now=now)
