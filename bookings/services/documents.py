"""What a traveller takes away from a booking, by page and API alike."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import translation

from bookings.models import Booking, Document
from bookings.services.calendars import calendar_of
from bookings.services.e_tickets import e_ticket


@dataclass(frozen=True, slots=True)
class WrittenDocument:
    name: str
    media_type: str
    content: bytes


def write_document(booking: Booking, document: Document, *, now: datetime) -> WrittenDocument:
    """One of `booking.documents`, in the owner's language; the booking comes from `with_journey()`."""
    with translation.override(booking.owner.language):
        match document:
            case Document.E_TICKET:
                return WrittenDocument(f"e-ticket-{booking.locator}.pdf", "application/pdf", e_ticket(booking))
            case Document.CALENDAR:
                content = calendar_of(booking, now=now)
                return WrittenDocument(f"flights-{booking.locator}.ics", "text/calendar; charset=utf-8", content)
