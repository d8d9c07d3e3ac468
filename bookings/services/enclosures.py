"""The files that go with mails about bookings: made when a mail is sent, of what is true then."""

from collections.abc import Sequence
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.text import MIMEText

from django.utils import timezone

from airlines.models import Flight
from bookings.models import Booking, Segment
from bookings.services.calendars import invitation_to
from bookings.services.e_tickets import e_ticket
from notifications.models import Message


def enclose(message: Message, names: Sequence[str]) -> list[MIMEBase]:
    """The files called `names` of the booking that the message is about.

    `e_ticket`: the receipt; none where the booking is not confirmed any more. `invitations`: one, or its withdrawal,
    for each flight that the message is about, as a calendar takes one at a time (RFC 5546, 3.2.2).
    """
    booking = Booking.objects.with_journey().get(locator=message.context["locator"])
    parts: list[MIMEBase] = []
    if "e_ticket" in names and booking.status == Booking.Status.CONFIRMED:
        parts.append(_receipt(booking))
    if "invitations" in names:
        parts += [_invitation(segment, booking) for segment in _concerned(message, booking)]
        parts += [_invitation(segment, booking) for segment in _withdrawn(message, booking)]
    return parts


def _receipt(booking: Booking) -> MIMEBase:
    part = MIMEApplication(e_ticket(booking), "pdf")
    part.add_header("Content-Disposition", "attachment", filename=f"e-ticket-{booking.locator}.pdf")
    return part


def _concerned(message: Message, booking: Booking) -> list[Segment]:
    """The flight of a message about one; of a cancellation what nobody flies any more; else the whole journey."""
    segments = list(booking.segments.all())
    if "flight" in message.context:
        return [segment for segment in segments if segment.flight_id == message.context["flight"]["id"]]
    if message.kind == "booking_cancelled":
        live = {coupon.segment_id for coupon in booking.coupons.all() if coupon.is_live}
        return [segment for segment in segments if segment.pk not in live]
    return segments


def _withdrawn(message: Message, booking: Booking) -> list[Segment]:
    """Flights that the booking has left and nothing has taken the place of: their entries go from calendars."""
    entries = message.context.get("withdrawn", [])
    flights = Flight.objects.with_places().in_bulk([entry["flight"] for entry in entries])
    return [
        Segment(pk=entry["segment"], booking=booking, flight=flights[entry["flight"]], sequence=entry["sequence"])
        for entry in entries
    ]


def _invitation(segment: Segment, booking: Booking) -> MIMEBase:
    """As calendars in mail programs expect it (RFC 6047, 2.4)."""
    method, content = invitation_to(segment, booking, now=timezone.now())
    part = MIMEText(content.decode(), "calendar", "utf-8")
    part.set_param("method", method)
    part.add_header("Content-Disposition", "attachment", filename=f"{segment.flight.number}.ics")
    return part
