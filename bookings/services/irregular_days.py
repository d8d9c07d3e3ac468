"""Days on which a flight does not go as planned: it changes, and everybody booked on it is told, in one transaction.

The flight and its cabins are locked first (`airlines.services.operations`), before anything is read of it. A payment
that succeeds at that moment waits for the cabins before it tells its traveller, and so tells what is true then
(`settlement`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from airlines.models import Flight
from airlines.services import operations
from airlines.services.reference import current
from bookings.models import Booking, Coupon, ItineraryChange, Segment
from bookings.services.events import record_of_flight
from bookings.services.itinerary_changes import OF_SEATS, open_changes
from bookings.services.proposals import propose
from bookings.services.reminders import take_back_reminders
from bookings.services.rerouting import breaks_connection
from bookings.services.telling import about, change_facts, tell_cancelled_flight, tell_delayed_flight, tell_owner
from notifications.models import EventType


@transaction.atomic
def delay_flight(*, flight: Flight, departs_at: datetime, arrives_at: datetime, now: datetime) -> int:
    """The flight leaves at another time; its reminders follow. Returns how many bookings were told.

    Where it leaves `MOVED_MUCH` or more from when its travellers bought or last accepted it, be it by many small moves,
    or breaks a connection, they may choose (`choices`).

    Raises FlightClosed, InvalidRequest, ValidationError, see `operations.move`.
    """
    before = operations.lock_flight(flight).departs_at
    moved = operations.move(flight=flight, departs_at=departs_at, arrives_at=arrives_at, now=now)
    take_back_reminders(flight=moved, now=now)
    return _tell_moved(moved, before, now)


@transaction.atomic
def retime_flight(*, flight: Flight, departs_at: datetime, arrives_at: datetime, now: datetime) -> int:
    """The timetable says other times from now on: as `delay_flight`, but the flight is as scheduled as before, and who
    flies on it is told only where it moves by `SCHEDULE_CHANGE_TOLD` or more, or who may choose. Returns how many
    bookings were told.

    Raises as `delay_flight`.
    """
    before = operations.lock_flight(flight)
    becomes = Flight.Status.SCHEDULED
    moved = operations.move(flight=flight, departs_at=departs_at, arrives_at=arrives_at, becomes=becomes, now=now)
    take_back_reminders(flight=moved, now=now)
    return _tell_moved(moved, before.departs_at, now, everybody=moves_far(before, departs_at, arrives_at))


def moves_far(flight: Flight, departs_at: datetime, arrives_at: datetime) -> bool:
    """Whether new times are so far from the flight's own that its travellers have to be told."""
    by = max(abs(departs_at - flight.departs_at), abs(arrives_at - flight.arrives_at))
    return by >= settings.SCHEDULE_CHANGE_TOLD


def _tell_moved(moved: Flight, before: datetime, now: datetime, *, everybody: bool = True) -> int:
    """Both times, and what they may choose, to everybody booked on it or only to who may; returns how many bookings."""
    _remember_agreed(moved, before)
    booked = booked_on(moved)
    causes = _moved_much(booked, moved)
    changes = open_changes(flight=moved.pk, causes=causes, now=now)
    if ItineraryChange.Cause.MISSED in causes.values():
        propose(flight=moved, now=now)
    told = [booking for booking in booked if everybody or booking.pk in causes]
    for booking in told:
        journey = _as_prefetched(booking, moved)
        tell_delayed_flight(booking, moved, before, changes.get(booking.pk), now=now, **journey)
        record_of_flight(EventType.FLIGHT_DELAYED, booking, moved, now=now)
    return len(told)


def _remember_agreed(flight: Flight, departed_at: datetime) -> None:
    """What was bought or held is when it left until now, for whom it has not been moved since."""
    counted = (Booking.Status.HELD, Booking.Status.CONFIRMED)
    bought = Segment.objects.filter(flight=flight, booking__status__in=counted, agreed_departs_at=None)
    bought.update(agreed_departs_at=departed_at)


@transaction.atomic
def change_gate(*, flight: Flight, gate: str, now: datetime) -> int:
    """The flight leaves from `gate`. Returns how many bookings were told: nobody of the first gate that it gets, which
    later messages name.

    Raises FlightClosed, ValidationError.
    """
    was = operations.lock_flight(flight).gate
    moved = operations.assign_gate(flight=flight, gate=gate)
    if was in {"", gate}:
        return 0
    booked = booked_on(moved)
    for booking in booked:
        _tell("gate_changed", booking, moved, now, was_gate=was)
        record_of_flight(EventType.FLIGHT_GATE_CHANGED, booking, moved, now=now)
    return len(booked)


@transaction.atomic
def cancel_flight(*, flight: Flight, now: datetime) -> int:
    """The flight does not go. Coupons stay live until their travellers choose; whoever had checked in can choose, too.
    Other flights are proposed to everybody at once (`proposals`).

    Holds that are not paid end with the next round of `expiry`. Returns how many bookings were told.
    Raises FlightClosed.
    """
    grounded = operations.cancel(flight=flight)
    aboard = (Coupon.Status.CHECKED_IN, Coupon.Status.BOARDED)
    Coupon.objects.filter(flight=grounded, status__in=aboard).update(status=Coupon.Status.OPEN)
    booked = booked_on(grounded)
    causes = {booking.pk: ItineraryChange.Cause.CANCELLED for booking in booked}
    changes = open_changes(flight=grounded.pk, causes=causes, now=now)
    propose(flight=grounded, now=now)
    for booking in booked:
        facts = change_facts(booking, changes.get(booking.pk))
        tell_cancelled_flight(booking, grounded, now=now, change=facts, **_as_prefetched(booking, grounded))
        record_of_flight(EventType.FLIGHT_CANCELLED, booking, grounded, now=now)
    return len(booked)


@transaction.atomic
def write_to_travellers(*, flight: Flight, headline: str, body: str, key: str, now: datetime) -> int:
    """Staff's own words to everybody booked on the flight; returns to how many bookings. The same `key` is the same
    letter: it is written once however often it is sent."""
    concerned = Flight.objects.with_places().get(pk=flight.pk)
    booked = booked_on(concerned)
    for booking in booked:
        _tell("flight_note", booking, concerned, now, what=key, headline=headline, body=body)
    return len(booked)


def booked_on(flight: Flight) -> Sequence[Booking]:
    """The confirmed bookings that somebody still flies on, with all that a message says."""
    return list(
        Booking.objects.filter(
            pk__in=Coupon.objects.live().filter(flight=flight).values("booking"), status=Booking.Status.CONFIRMED
        )
        .with_journey()
        .select_related("family", "owner")
        .order_by("pk")
    )


def _moved_much(booked: Sequence[Booking], flight: Flight) -> dict[int, ItineraryChange.Cause]:
    """Who may choose because of a new time, by booking: whose connection it breaks, who agreed to quite another time,
    and who may choose already: where the flight can be made again, to keep it is a choice."""
    network = current().network
    causes = {}
    for booking in booked:
        if breaks_connection(booking, flight.pk, network):
            causes[booking.pk] = ItineraryChange.Cause.MISSED
        elif _is_far_from_agreed(booking, flight) or _waits_for(booking, flight):
            causes[booking.pk] = ItineraryChange.Cause.MOVED
    return causes


def _is_far_from_agreed(booking: Booking, flight: Flight) -> bool:
    agreed = next(each.agreed_departs_at for each in booking.segments.all() if each.flight_id == flight.pk)
    return agreed is not None and abs(flight.departs_at - agreed) >= settings.MOVED_MUCH


def _waits_for(booking: Booking, flight: Flight) -> bool:
    """Whether an earlier change of the flight's time is not answered yet."""
    return any(change.flight_id == flight.pk and change.cause not in OF_SEATS for change in booking.open_changes)


def _tell(kind: str, booking: Booking, flight: Flight, now: datetime, *, what: str = "", **facts: Any) -> None:
    """About `what` of the flight, or about its revision: so that every change is told and none twice."""
    subject = about(flight, what or f"r{flight.revision}")
    facts |= _as_prefetched(booking, flight)
    tell_owner(kind, booking, subject=subject, flight=flight, now=now, useful_until=flight.arrives_at, **facts)


def _as_prefetched(booking: Booking, flight: Flight) -> dict[str, Any]:
    """The booking's journey with those of its travellers who are on `flight`, for `tell_owner`."""
    coupons = booking.coupons.all()
    on_it = {coupon.passenger_id for coupon in coupons if coupon.flight_id == flight.pk and coupon.is_live}
    passengers = [passenger for passenger in booking.passengers.all() if passenger.pk in on_it]
    return {"segments": booking.segments.all(), "passengers": passengers, "coupons": coupons}
