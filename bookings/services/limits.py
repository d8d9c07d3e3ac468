"""How much one person or one address may hold or book, so that nobody empties a flight without paying."""

from datetime import datetime

from django.conf import settings

from bookings.exceptions import BookingLimitReached, TooManyHolds
from bookings.models import Booking
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role


def refuse_beyond_limits(*, owner: User, address: str | None, now: datetime) -> None:
    """Raises BookingLimitReached, TooManyHolds. Integrators book for others and have no limit.

    Locks the owner, so that two requests at once cannot both be the last one allowed; an address is shared by many
    people and not worth a lock: it is a limit against abuse.
    """
    if owner.groups.filter(name=Role.INTEGRATOR).exists():
        return
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    in_quarter, held = Booking.objects.of(owner).counts_against_limits(now)
    per_quarter = settings.BOOKINGS_PER_USER_PER_QUARTER
    if per_quarter is not None and in_quarter >= per_quarter:
        raise BookingLimitReached(limit=per_quarter)
    if not settings.RATE_LIMITS:
        return
    if held >= settings.OPEN_HOLDS_PER_USER:
        raise TooManyHolds(limit=settings.OPEN_HOLDS_PER_USER)
    if address and Booking.objects.held().filter(held_from=address).count() >= settings.OPEN_HOLDS_PER_ADDRESS:
        raise TooManyHolds(limit=settings.OPEN_HOLDS_PER_ADDRESS)
