"""Tickets: one for each traveller, numbered by the database's sequence so that no number is given twice."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from bookings.models import Booking, Passenger, Ticket
from flights_project.lib.statements import columns, fetch, insert, instance

SERIALS = "bookings_ticket_serial"
PASSENGERS = f"""
    SELECT {columns(Passenger, "passenger")} FROM bookings_passenger passenger WHERE booking_id = %s ORDER BY position
"""  # noqa: S608 -- made of our own names


def issue_tickets(*, booking: Booking, now: datetime) -> list[Passenger]:
    """A ticket for every traveller of `booking`, infants too; returns the travellers with their tickets.

    13 digits: the airline's accounting code, then ten of form and serial (IATA Resolution 722).
    """
    passengers = [instance(Passenger, row) for row in fetch(PASSENGERS, [booking.pk])]
    tickets = [
        Ticket(passenger=passenger, number=f"{settings.AIRLINE_ACCOUNTING_CODE}{serial:010d}", issued_at=now)
        for passenger, serial in zip(passengers, _next_serials(len(passengers)), strict=True)
    ]
    insert(tickets)
    return passengers


def _next_serials(count: int) -> Sequence[int]:
    return [row[0] for row in fetch("SELECT nextval(%s) FROM generate_series(1, %s)", [SERIALS, count])]
