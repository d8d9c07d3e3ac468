"""What a traveller chooses when the airline changed a flight: accept, other flights, or money back.

Each locks the booking first. Of two choices at once the second finds the change answered: the same choice again is the
same answer, another one is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation

from airlines.models import Flight
from bookings.exceptions import ChangeClosed, ChangeRenewed, NothingProposed
from bookings.models import Booking, Coupon, ItineraryChange
from bookings.services import cancellation, events
from bookings.services.fair_shares import Way
from bookings.services.itinerary_changes import Status, close, close_answered
from bookings.services.rebooking import Moved, move_booking
from bookings.services.relief import relieve
from bookings.services.rerouting import Part, Timetable, part_from
from bookings.services.telling import flight_facts, tell_owner
from flights_project.gateway.models import User
from flights_project.lib.money import on_the_wire
from notifications.models import EventType


@transaction.atomic
def accept(*, change: ItineraryChange, by: User, now: datetime, offered: str | None = None) -> ItineraryChange:
    """What is proposed, or where nothing is, the flight as it is now; later moves count from its time of now. `by` is
    whoever does it, `offered` what they saw of it (`offer_of`), None for whatever it is.

    Locks the flights of the journey, so that none of them is changed at that moment. Raises ChangeRenewed where it is
    not what they saw any more, NothingProposed, ChangeClosed, PaymentRunning, and as `move_booking` where the proposal
    cannot be had.
    """
    locked = _lock(change)
    if locked.status in (Status.KEPT, Status.MOVED):
        return locked
    _refuse_closed(locked)
    _refuse_renewed(offered, _lock_offer(locked))
    if locked.proposed:
        return _move(locked, locked.proposed, by, now)
    if "accept" not in locked.available_choices:
        raise NothingProposed
    close(change=locked, status=Status.KEPT, by=by, now=now)
    locked.booking.segments.filter(flight=locked.flight_id).update(agreed_departs_at=None)
    return _fresh(locked)


@transaction.atomic
def move(
    *, change: ItineraryChange, flights: Sequence[int], by: User, now: datetime, offered: str | None = None
) -> ItineraryChange:
    """All travellers fly `flights` (ids, in order) instead, free. `offered` is what they saw: of these flights
    (`offer_to_move`), or of the change alone (`offer_of`).

    Locks these flights, and those of the journey. Raises ChangeRenewed as `accept`, ChangeClosed, and as
    `move_booking`.
    """
    locked = _lock(change)
    if locked.status == Status.MOVED and _is_flown(locked, flights):
        return locked
    _refuse_closed(locked)
    _refuse_renewed(offered, _lock_offer(locked, flights), offer_of(locked))
    return _move(locked, flights, by, now)


@transaction.atomic
def refund(*, change: ItineraryChange, by: User, now: datetime) -> ItineraryChange:
    """All money back of every flight of the booking that was not made. Raises ChangeClosed, PaymentRunning."""
    locked = _lock(change)
    if locked.status == Status.REFUNDED:
        return locked
    _refuse_closed(locked)
    checked_in = locked.booking.coupons.filter(status=Coupon.Status.CHECKED_IN)
    checked_in.filter(flight__departs_at__gt=now).update(status=Coupon.Status.OPEN)
    quote = cancellation.quote_cancellation(booking=locked.booking, now=now)
    cancellation.confirm_cancellation(booking=locked.booking, quote_id=quote.pk, by=by, now=now)
    return _fresh(locked)


def offer_of(change: ItineraryChange) -> str:
    """What `accept` agrees to now: the flights (ids, in order of travel) with their revisions, `17.2-31.0`."""
    named = _about(change)
    return _with_revisions(named, Flight.objects.filter(pk__in=named))


def offer_to_move(change: ItineraryChange, flights: Iterable[Flight]) -> str:
    """What `move` to `flights`, as they were read, agrees to: the changed flight and these, with their revisions."""
    return "-".join(f"{flight.pk}.{flight.revision}" for flight in (change.flight, *flights))


def _lock_offer(change: ItineraryChange, flights: Sequence[int] = ()) -> str:
    """As `offer_of`, or `offer_to_move` to `flights`; from then on none of them changes until the transaction ends, nor
    any other flight of the booking: what is chosen has to fit what is flown before and after."""
    named = [change.flight_id, *flights] if flights else _about(change)
    journey = change.booking.segments.values("flight")
    locked = Flight.objects.filter(Q(pk__in=named) | Q(pk__in=journey)).order_by("pk").select_for_update(no_key=True)
    return _with_revisions(named, locked)


def _about(change: ItineraryChange) -> list[int]:
    return change.proposed or [change.flight_id]


def _with_revisions(named: Sequence[int], flights: QuerySet[Flight]) -> str:
    revisions = dict(flights.values_list("pk", "revision"))
    return "-".join(f"{pk}.{revisions.get(pk, '')}" for pk in named)


def _refuse_renewed(seen: str | None, *now_offered: str) -> None:
    if seen is not None and seen not in now_offered:
        raise ChangeRenewed


def refund_of(change: ItineraryChange, *, now: datetime) -> Decimal:
    """What `refund` would give back now; nothing is written."""
    if change.status != Status.OPEN:
        return Decimal()
    return cancellation.worth_of_all(booking=change.booking, now=now)


def ways_of(change: ItineraryChange, *, now: datetime) -> list[Way]:
    """Other flights that have seats for the whole party now, the best first."""
    part = part_of(change)
    if change.status != Status.OPEN or part is None:
        return []
    timetable = Timetable(now)
    ways = timetable.ways(part, without=not_again(change))
    return [way for way in ways if all(timetable.seats_left[flight] >= part.seats for flight in way.taking)]


def part_of(change: ItineraryChange) -> Part | None:
    """What of the journey the change is about; None where nobody is on the flight any more."""
    return part_from(Booking.objects.with_journey().get(pk=change.booking_id), change.flight_id)


def not_again(change: ItineraryChange) -> int | None:
    """A flight that leaves at another time is no choice beside itself; one before a missed connection may be."""
    return None if change.cause == ItineraryChange.Cause.MISSED else change.flight_id


def _lock(change: ItineraryChange) -> ItineraryChange:
    """The change as it is under the lock of its booking."""
    booking = Booking.objects.locked(change.booking_id)
    locked = booking.changes.select_related("flight").get(pk=change.pk)
    locked.booking = booking
    return locked


def _refuse_closed(change: ItineraryChange) -> None:
    if change.status != Status.OPEN:
        raise ChangeClosed


def _is_flown(change: ItineraryChange, flights: Sequence[int]) -> bool:
    live = set(Coupon.objects.live().filter(booking=change.booking_id).values_list("flight", flat=True))
    return set(flights) <= live


def _fresh(change: ItineraryChange) -> ItineraryChange:
    change.refresh_from_db(fields=["status", "closed_at", "decided_by", "ordered_at"])
    return change


def _move(change: ItineraryChange, flights: Sequence[int], by: User, now: datetime) -> ItineraryChange:
    part = part_of(change)
    if part is None:
        raise ChangeClosed
    part.booking.owner = change.booking.owner
    moved = move_booking(part=part, flights=flights, by=by, now=now)
    close(change=change, status=Status.MOVED, by=by, now=now)
    close_answered(booking=change.booking, status=Status.WITHDRAWN, by=by, now=now)
    relieve(flights=[flight.pk for flight in moved.left], cabin=change.booking.cabin, now=now)
    _tell_moved(part.booking, change, moved, now)
    return _fresh(change)


def _tell_moved(booking: Booking, change: ItineraryChange, moved: Moved, now: datetime) -> None:
    """With the journey as it is now, and the entries that go from calendars."""
    with translation.override(booking.owner.language):
        left = [flight_facts(flight) for flight in moved.left]
    tell_owner(
        "booking_moved",
        booking,
        subject=str(change.pk),
        now=now,
        left=left,
        withdrawn=[asdict(entry) for entry in moved.withdrawn],
        seats_lost=moved.seats_lost,
        given_back=on_the_wire(moved.given_back, booking.currency) if moved.given_back else None,
    )
    numbers = [flight.number for flight in moved.left]
    events.record(EventType.BOOKING_MOVED, booking, change=str(change.pk), left=numbers, now=now)
