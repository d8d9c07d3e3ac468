"""Seats that are broken, or that the crew or the balance needs: nobody chooses them, and they are not for sale.

What is locked, in this order: the airplane, which whoever gives a flight to it waits for (`fleet.seats_for_sale`), so
that no flight comes with the seats of before; the cabins of its flights to come, in primary-key order.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from airlines.models import Airplane, Flight, FlightCabin, Seat
from airlines.services.announcements import announce
from airlines.services.changes import status_of
from airlines.services.fleet import lock_airplane, seats_for_sale

BATCH = 500


@transaction.atomic
def write_seat(*, seat: Seat, now: datetime) -> int:
    """Write whether `seat` is at an exit, and what it is blocked for. Each flight to come has one more for sale, or one
    fewer; returns how many that are.

    Where more are sold than there are then, the limit of overbooking is exceeded until travellers leave. Who sits on
    the seat stays there until somebody moves them.
    """
    airplane = seat.cabin.airplane
    lock_airplane(airplane.pk)
    seat.save(update_fields=["is_exit_row", "blocked_for"])
    there = seats_for_sale([airplane.pk])[airplane.pk][seat.cabin.cabin]
    changed = [cabin for cabin in _to_come(airplane, seat.cabin.cabin, now) if cabin.seats != there]
    for cabin in changed:
        cabin.fit(seats=there, limit=cabin.limit)
    FlightCabin.objects.bulk_update(changed, ["capacity", "overbooking", "excess"], BATCH)
    announce(status_of(cabin.flight) for cabin in changed)
    return len(changed)


def _to_come(airplane: Airplane, cabin: str, now: datetime) -> Sequence[FlightCabin]:
    flights = Flight.objects.filter(airplane=airplane, status__in=Flight.FOR_SALE, departs_at__gt=now)
    return FlightCabin.objects.filter(flight__in=flights, cabin=cabin).locked()
