"""Nobody is on two flights at the same time."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from airlines.models import Flight
from bookings.exceptions import AlreadyBooked, TravellerElsewhere
from bookings.models import Coupon
from bookings.services.travellers import Traveller


def lock_identities(travellers: Sequence[Traveller]) -> None:
    """Until the transaction ends nobody else books these people: a lock by name, for there is no row to lock yet.

    Taken in one order, so that two parties with the same people wait for each other and never for ever.
    """
    keys = sorted(int(traveller.identity[:15], 16) for traveller in travellers)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def refuse_elsewhere(travellers: Sequence[Traveller], flights: Sequence[Flight]) -> None:
    """Raises AlreadyBooked where a traveller is on one of `flights`, TravellerElsewhere where on one that overlaps."""
    overlapping = Q()
    for flight in flights:
        overlapping |= Q(flight__departs_at__lt=flight.arrives_at, flight__arrives_at__gt=flight.departs_at)
    coupon = (
        Coupon.objects.live()
        .filter(overlapping, identity__in=[traveller.identity for traveller in travellers])
        .select_related("flight", "passenger")
        .first()
    )
    if coupon is None:
        return
    who = next(each for each in travellers if each.identity == coupon.identity)
    name = f"{who.given_name} {who.family_name}"
    if coupon.flight_id in {flight.pk for flight in flights}:
        raise AlreadyBooked(f"{name} already has a seat on {coupon.flight.number} that day.", traveller=name)
    raise TravellerElsewhere(
        f"{name} is booked on {coupon.flight.number}, which flies at the same time.",
        traveller=name,
        flight=coupon.flight.number,
    )
