"""Finding a booking without an account, as who travels on one that somebody else made."""

from bookings.exceptions import BookingNotFound
from bookings.models import Booking
from bookings.services.travellers import letters_of


def find_booking(*, locator: str, family_name: str) -> Booking:
    """The booking with this locator on which somebody of this family name travels, however both are typed.

    Raises BookingNotFound, which does not say which of the two was wrong. Whoever offers this to strangers counts
    their attempts: locators can be tried by a machine.
    """
    booking = Booking.objects.filter(locator=locator.strip().upper()).prefetch_related("passengers").first()
    wanted = letters_of(family_name)
    names = {letters_of(each.family_name) for each in booking.passengers.all()} if booking else set()
    if booking is None or not wanted or wanted not in names:
        raise BookingNotFound
    return booking
