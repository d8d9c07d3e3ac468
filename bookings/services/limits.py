"""How much one person or one address may hold or book, so that nobody empties a flight without paying."""

from datetime import datetime

from django.conf import settings

from bookings.exceptions import BookingLimitReached, TooManyHolds
from bookings.models import Booking
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.lib.statements import fetch

LOCK_IF_LIMITED = """
    SELECT id FROM gateway_user person
    WHERE id = %s AND NOT EXISTS (
        SELECT FROM gateway_user_groups member
        JOIN auth_group ON auth_group.id = member.group_id
        WHERE member.user_id = person.id AND auth_group.name = %s
    )
    FOR NO KEY UPDATE
"""
"""Asks and locks in one: a row comes back for a person with limits, who is locked until the transaction ends."""


def refuse_beyond_limits(*, owner: User, address: str | None, now: datetime) -> None:
    """Raises BookingLimitReached, TooManyHolds. Integrators book for others and have no limit.

    Locks the owner, so that two requests at once cannot both be the last one allowed; an address is shared by many
    people and not worth a lock: it is a limit against abuse.
    """
    if not fetch(LOCK_IF_LIMITED, [owner.pk, Role.INTEGRATOR]):
        return
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
