"""Sending a traveller once more what they need, to the address on file or to the right one."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from bookings.exceptions import NothingToSend
from bookings.models import Booking, DeskAct
from bookings.services.acting import Mandate
from bookings.services.telling import tell_owner
from flights_project.lib.errors import InvalidRequest

KINDS = {Booking.Status.HELD: "booking_held", Booking.Status.CONFIRMED: "booking_confirmed"}
"""What is sent: how to pay, or the confirmation with its documents."""


@transaction.atomic
def resend(*, booking: Booking, email: str, mandate: Mandate, now: datetime) -> DeskAct:
    """Send the booking's letter of now to `email`; where that is another address than so far, it is the booking's from
    now on. Each time is a message of its own, whatever was sent before.

    Locks the booking. Raises NothingToSend for a booking that is over, InvalidRequest for what is no address.
    """
    locked = Booking.objects.locked(booking.pk)
    if earlier := mandate.earlier():
        return earlier
    try:
        validate_email(email)
        kind = KINDS[Booking.Status(locked.status)]
    except ValidationError as error:
        raise InvalidRequest({"email": [str(message) for message in error.messages]}) from error
    except KeyError as error:
        raise NothingToSend from error
    is_corrected = email.casefold() != locked.contact_email.casefold()
    if is_corrected:
        locked.contact_email = email
        locked.save(update_fields=["contact_email"])
    until = locked.payment_required_by if kind == "booking_held" else None
    tell_owner(kind, locked, subject=mandate.key.hex, now=now, useful_until=until)
    return mandate.record(DeskAct.Kind.RESEND, locked, now=now, corrected_address=is_corrected)
