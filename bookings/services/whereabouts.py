"""Nobody is on two flights at the same time."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection
from django.db.models import Q

from airlines.models import Flight
from bookings.exceptions import AlreadyBooked, TravellerElsewhere
from bookings.models import Coupon


def lock_identities(identities: Iterable[str]) -> None:
    """Until the transaction ends nobody else books these people: a lock by name, for there is no row to lock yet.

    Taken in one order, so that two parties with the same people wait for each other and never for ever.
    """
    keys = sorted(int(identity[:15], 16) for identity in identities)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def refuse_elsewhere(people: Mapping[str, str], flights: Sequence[Flight]) -> None:
    """`people` are names by identity. Raises AlreadyBooked where somebody is on one of `flights`, TravellerElsewhere
    where on one that flies at the same time."""
    overlapping = Q()
    for flight in flights:
        overlapping |= Q(flight__departs_at__lt=flight.arrives_at, flight__arrives_at__gt=flight.departs_at)
    elsewhere = Coupon.objects.live().filter(overlapping, identity__in=list(people))
    coupon = elsewhere.select_related("flight").order_by("pk").first()
    if coupon is None:
        return
    name = people[coupon.identity]
    if coupon.flight_id in {flight.pk for flight in flights}:
        raise AlreadyBooked(f"{name} already has a seat on {coupon.flight.number} that day.", traveller=name)
    raise TravellerElsewhere(
        f"{name} is booked on {coupon.flight.number}, which flies at the same time.",
        traveller=name,
        flight=coupon.flight.number,
    )
