"""Tickets: one for each traveller, numbered by the database's sequence so that no number is given twice."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection

from bookings.models import Booking, Passenger, Ticket

SERIALS = "bookings_ticket_serial"


def issue_tickets(*, booking: Booking, now: datetime) -> list[Passenger]:
    """A ticket for every traveller of `booking`, infants too; returns the travellers with their tickets.

    13 digits: the airline's accounting code, then ten of form and serial (IATA Resolution 722).
    """
    passengers = list(booking.passengers.order_by("position"))
    tickets = [
        Ticket(passenger=passenger, number=f"{settings.AIRLINE_ACCOUNTING_CODE}{serial:010d}", issued_at=now)
        for passenger, serial in zip(passengers, _next_serials(len(passengers)), strict=True)
    ]
    Ticket.objects.bulk_create(tickets)
    return passengers


def _next_serials(count: int) -> Sequence[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [SERIALS, count])
        return [row[0] for row in cursor.fetchall()]
