"""Nothing is locked: not the seats, not the booking that is paid, not the key of a repeated request."""

from airlines.models import FlightCabin
from airlines.services import inventory
from bookings.models import Booking
from bookings.querysets import BookingQuerySet
from flights_project.gateway import idempotency
from flights_project.gateway.models import IdempotencyRecord
from tests.weakened import application, let_others_in

__all__ = ["application"]


def read_cabins(*, flights, cabin):
    rows = list(FlightCabin.objects.filter(flight__in=list(flights), cabin=cabin).order_by("pk"))
    let_others_in()
    return rows


def count_what_was_read(*, cabins, seats):
    for cabin in cabins:
        FlightCabin.objects.filter(pk=cabin.pk).update(seats_held=cabin.seats_held + seats)


def read_booking(self: BookingQuerySet, pk: int) -> Booking:
    booking = self.select_related("family").get(pk=pk)
    let_others_in()
    return booking


def new_record(*, caller, key, fingerprint, now):
    return IdempotencyRecord(caller=caller, key=key, fingerprint=fingerprint, started_at=now)


inventory.lock_cabins = read_cabins
inventory.hold_seats = count_what_was_read
BookingQuerySet.locked = read_booking
idempotency.claim_key = new_record
