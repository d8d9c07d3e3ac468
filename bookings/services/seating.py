"""Choosing seats: all of a request or none of it, during the hold and afterwards until choice closes.

What is locked, in this order, before anything is checked: the booking, whose coupons change with it only; the cabins
of its flights in primary-key order, so that two parties who want each other's seats wait for each other and never for
ever. The constraint `nobody_on_anothers_seat` stands behind the lock.

During the hold the fee of a seat becomes a line of its coupon's price. After payment whoever has paid for a choice, or
has it in the fare, may choose again; where the choice costs something, it becomes an order that is paid first
(`seat_orders`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q

from airlines.exceptions import PriceChanged
from airlines.models import Flight
from airlines.services import inventory
from bookings.exceptions import (
    ExitRowNotAllowed,
    HoldExpired,
    InfantHasNoSeat,
    PaymentRunning,
    SeatChoiceClosed,
    SeatNotAvailable,
    SeatTaken,
)
from bookings.models import Booking, Coupon, OrderedSeat, Passenger
from bookings.models.bookings import takes_seat_choices
from bookings.querysets import CouponQuerySet
from bookings.services import events, seat_fees, seat_orders
from bookings.services.constraints import constraint_of
from bookings.services.holds import is_being_paid
from bookings.services.seat_maps import MapSeat, SeatMap, SeatState, seat_maps
from bookings.services.telling import tell_owner
from bookings.services.togetherness import Arrangement, Member, Place, Plan, seat_party, sit_side_by_side
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.money import on_the_wire
from notifications.models import EventType

EXIT_ROW_AGE = 15
"""Nobody younger sits at an exit (14 CFR 121.585(b)(2))."""

Choices = Mapping[tuple[int, int], str | None]
"""Seat names by flight id and position of the traveller; None lets a seat go."""


@dataclass(frozen=True, slots=True)
class Seated:
    """What `seat_together` did on one flight; `seats` are names by position of the traveller."""

    flight: Flight
    plan: Plan
    seats: dict[int, str | None]


@dataclass(frozen=True)
class Seating:
    """A booking whose seats can be chosen now, locked, with the maps of its flights."""

    booking: Booking
    coupons: dict[tuple[int, int], Coupon]
    now: datetime
    maps: dict[int, SeatMap] = field(default_factory=dict)

    def on(self, flight: int) -> list[Coupon]:
        """The coupons of a flight, infants' too, in the order of the travellers."""
        return [coupon for (pk, _position), coupon in self.coupons.items() if pk == flight]

    def to_seat(self, flight: int) -> list[Coupon]:
        """The coupons of a flight whose travellers need a seat and can still choose it."""
        return [
            coupon
            for coupon in self.on(flight)
            if coupon.passenger.type != Passenger.Type.INFANT and not is_closed(coupon, now=self.now)
        ]


def choose_seats(*, booking: Booking, choices: Choices, now: datetime, at_most: Decimal | None = None) -> Booking:
    """Seat travellers as `choices` say; whoever is not named stays. Two may swap in one request.

    Where the booking is paid already and a seat costs something, all of `choices` becomes the booking's open seat
    order, in the place of an earlier one, and happens when that is paid.

    Raises SeatTaken, SeatNotAvailable, ExitRowNotAllowed, SeatChoiceClosed, SeatChoiceNotIncluded, InfantHasNoSeat,
    PaymentRunning, HoldExpired, InvalidRequest for a flight or traveller that is not of the booking, and PriceChanged
    where the booking would cost more than `at_most`. Whatever is raised, nothing has changed.
    """
    with _all_or_nothing():
        seating = _open(booking, now)
        _seat(seating, choices, at_most)
        return seating.booking


def seat_together(*, booking: Booking, now: datetime, at_most: Decimal | None = None) -> list[Seated]:
    """Seat the party as close together as free seats allow, on every flight whose seats can still be chosen.

    Says for each what it did. Raises as `choose_seats`; SeatChoiceClosed where no flight is open.
    """
    with _all_or_nothing():
        seating = _open(booking, now)
        flights = dict.fromkeys(flight for flight, _position in seating.coupons)
        seated = [_plan(seating, flight) for flight in flights if seating.to_seat(flight)]
        if not seated:
            raise SeatChoiceClosed
        choices = {(each.flight.pk, position): seat for each in seated for position, seat in each.seats.items()}
        _seat(seating, choices, at_most)
        return seated


def coupons_to_seat(booking: Booking) -> CouponQuerySet:
    """The live coupons of a booking with what seating needs of them, by flight and traveller; infants' too."""
    return (
        Coupon.objects.filter(booking=booking)
        .live()
        .select_related("passenger", "flight", "segment__family", "seat")
        .order_by("segment__position", "passenger__position")
    )


def let_go_of_lost_seats(booking: Booking) -> None:
    """Cancelled coupons that are about to live again let go of seats that are not free any more. Cabins are locked."""
    here = {"flight": OuterRef("flight"), "seat": OuterRef("seat")}
    taken = Exists(Coupon.objects.live().filter(**here).exclude(booking=booking))
    ordered = Exists(OrderedSeat.objects.kept().filter(**here))
    is_blocked = Q(seat__isnull=False) & ~Q(seat__blocked_for="")
    in_another_airplane = Q(seat__isnull=False) & ~Q(seat__cabin__airplane=F("flight__airplane"))
    gone = booking.coupons.filter(taken | ordered | is_blocked | in_another_airplane)
    Coupon.objects.filter(pk__in=list(gone.values_list("pk", flat=True))).update(seat=None)


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    """A transaction, in which the constraints behind the lock say the same as the check under it."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint_of(error) not in ("nobody_on_anothers_seat", "nobody_orders_anothers_seat"):
            raise
        raise SeatTaken from error


def _open(booking: Booking, now: datetime) -> Seating:
    """Lock the booking and the cabins of its flights, and see what is free there."""
    locked = Booking.objects.locked(booking.pk)
    _refuse_unless_choosing(locked, now)
    inventory.lock_cabins(flights=locked.segments.values_list("flight", flat=True), cabin=locked.cabin)
    coupons = {(coupon.flight_id, coupon.passenger.position): coupon for coupon in coupons_to_seat(locked)}
    flights = {coupon.flight_id: coupon.flight for coupon in coupons.values()}
    return Seating(locked, coupons, now, seat_maps(flights=list(flights.values()), cabin=locked.cabin, booking=locked))


def _refuse_unless_choosing(booking: Booking, now: datetime) -> None:
    if booking.status not in (Booking.Status.HELD, Booking.Status.CONFIRMED):
        raise SeatChoiceClosed
    if is_being_paid(booking):
        raise PaymentRunning
    if booking.status == Booking.Status.HELD and now >= booking.payment_required_by:
        raise HoldExpired


def _seat(seating: Seating, choices: Choices, at_most: Decimal | None) -> None:
    _refuse_strangers(seating, choices)
    wanted = {seating.coupons[key]: _found(seating, key[0], name) for key, name in choices.items()}
    changed = {coupon: seat for coupon, seat in wanted.items() if coupon.seat_id != (seat.pk if seat else None)}
    for coupon, seat in changed.items():
        _refuse_seat(seating, coupon, seat)
    _refuse_two_on_a_seat(seating, changed)
    booking = seating.booking
    fees = {
        coupon: seat_fees.charge(coupon, is_seated=seat is not None, currency=booking.currency)
        for coupon, seat in changed.items()
    }
    due = sum(fees.values(), Decimal())
    _refuse_beyond(booking, due, at_most)
    seat_orders.drop_open_order(booking=booking, now=seating.now)
    if due and booking.status == Booking.Status.CONFIRMED:
        seats = {coupon: seat.pk if seat else None for coupon, seat in changed.items()}
        seat_orders.order_seats(booking=booking, seats=seats, fees=fees, now=seating.now)
    else:
        booking.total += due
        _write(booking, changed)
        if changed and booking.status == Booking.Status.CONFIRMED:
            tell_owner("seats_changed", booking, subject=f"{seating.now:%Y%m%d%H%M%S%f}", now=seating.now)
        if changed:
            events.record(EventType.BOOKING_SEATS_CHANGED, booking, now=seating.now)


def _refuse_strangers(seating: Seating, choices: Choices) -> None:
    unknown = [key for key in choices if key not in seating.coupons]
    if unknown:
        flight, position = unknown[0]
        raise InvalidRequest({"seats": [f"Traveller {position} of this booking is not on flight {flight}."]})


def _found(seating: Seating, flight: int, name: str | None) -> MapSeat | None:
    if name is None:
        return None
    seat = seating.maps[flight].seats.get(name.upper())
    if seat is None:
        raise SeatNotAvailable(
            f"There is no seat {name} in this cabin of the airplane.", **_facts(seating, flight, name)
        )
    return seat


def _facts(seating: Seating, flight: int, seat: str) -> dict[str, str]:
    return {"seat": seat, "flight": seating.maps[flight].flight.number}


def _refuse_seat(seating: Seating, coupon: Coupon, seat: MapSeat | None) -> None:
    if is_closed(coupon, now=seating.now):
        raise SeatChoiceClosed(flight=coupon.flight.number)
    if coupon.passenger.type == Passenger.Type.INFANT:
        raise InfantHasNoSeat(traveller=str(coupon.passenger))
    if seat is None:
        return
    facts = _facts(seating, coupon.flight_id, seat.name)
    if seat.state == SeatState.TAKEN:
        raise SeatTaken(f"Seat {seat.name} on {coupon.flight.number} is taken.", **facts)
    if seat.state == SeatState.BLOCKED:
        raise SeatNotAvailable(f"Seat {seat.name} on {coupon.flight.number} is not for sale.", **facts)
    if seat.is_exit_row and not may_sit_at_exit(coupon, seating.on(coupon.flight_id)):
        raise ExitRowNotAllowed(
            f"{coupon.passenger} may not sit at the exit in {seat.name}.", traveller=str(coupon.passenger), **facts
        )


def is_closed(coupon: Coupon, *, now: datetime) -> bool:
    """Whether a coupon's seat is settled: checked in, or its flight leaves soon, has left or was cancelled."""
    return not coupon.is_early or not takes_seat_choices(coupon.flight, now)


def may_sit_at_exit(coupon: Coupon, on_flight: Iterable[Coupon]) -> bool:
    """Adults of `EXIT_ROW_AGE` on the day of the flight, without an infant of `on_flight` on their lap."""
    who = coupon.passenger
    laps = {each.passenger.with_adult for each in on_flight if each.passenger.type == Passenger.Type.INFANT}
    day, born = coupon.flight.departs_on, who.born_on
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return who.type == Passenger.Type.ADULT and who.position not in laps and age >= EXIT_ROW_AGE


def _refuse_two_on_a_seat(seating: Seating, changed: Mapping[Coupon, MapSeat | None]) -> None:
    """Nobody takes a companion's seat unless the companion leaves it in the same request."""
    kept = {(coupon.flight_id, coupon.seat_id) for coupon in seating.coupons.values() if coupon not in changed}
    for coupon, seat in changed.items():
        if seat is not None and (coupon.flight_id, seat.pk) in kept:
            raise SeatTaken(
                f"Seat {seat.name} on {coupon.flight.number} is taken.", **_facts(seating, coupon.flight_id, seat.name)
            )
        kept.add((coupon.flight_id, seat.pk if seat else None))


def _refuse_beyond(booking: Booking, due: Decimal, at_most: Decimal | None) -> None:
    total = booking.total + due
    if at_most is not None and total > at_most:
        raise PriceChanged(
            f"With these seats the booking costs {total} {booking.currency}.",
            total=on_the_wire(total, booking.currency),
            previous_total=on_the_wire(booking.total, booking.currency),
        )


def _write(booking: Booking, changed: Mapping[Coupon, MapSeat | None]) -> None:
    """Seats that pass from one to another are left first: the constraint looks at every row by itself."""
    wanted = {(coupon.flight_id, seat.pk) for coupon, seat in changed.items() if seat}
    leaving = [coupon.pk for coupon in changed if (coupon.flight_id, coupon.seat_id) in wanted]
    if leaving:
        Coupon.objects.filter(pk__in=leaving).update(seat=None)
    for coupon, seat in changed.items():
        coupon.seat_id = seat.pk if seat else None
    Coupon.objects.bulk_update(changed, ["seat", "taxes", "total"])
    booking.save(update_fields=["total"])


def _plan(seating: Seating, flight: int) -> Seated:
    cabin = seating.maps[flight]
    on_flight, travellers = seating.on(flight), seating.to_seat(flight)
    now = {coupon.passenger.position: str(coupon.seat) if coupon.seat else None for coupon in travellers}
    places = places_in(cabin)
    sitting = [places[name] for name in now.values() if name in places]
    if len(sitting) == len(travellers) and sit_side_by_side(sitting):
        kept = {position: places[name] for position, name in now.items() if name}
        return Seated(cabin.flight, Plan(arrangement=Arrangement.KEPT, places=kept), now)
    plan = seat_party(party=members_of(travellers, on_flight), free=list(places.values()))
    return Seated(cabin.flight, plan, now | {position: place.name for position, place in plan.places.items()})


def members_of(coupons: Iterable[Coupon], on_flight: Sequence[Coupon]) -> list[Member]:
    """The travellers of `coupons` as somebody who seats them has to know them; `on_flight` are all of the booking."""
    return [
        Member(
            position=coupon.passenger.position,
            is_child=coupon.passenger.type == Passenger.Type.CHILD,
            may_sit_at_exit=may_sit_at_exit(coupon, on_flight),
        )
        for coupon in coupons
    ]


def places_in(cabin: SeatMap, *, taken: bool = False) -> dict[str, Place]:
    """The seats that the booking may have, by name: free ones and its own; with `taken` all seats."""
    return {
        seat.name: Place(
            name=seat.name,
            row=row.number,
            column=cabin.layout.replace("-", "").index(seat.letter),
            block=block,
            position=seat.position,
            is_exit_row=seat.is_exit_row,
        )
        for row in cabin.rows
        for block, seats in enumerate(row.blocks)
        for seat in seats
        if taken or seat.state in (SeatState.FREE, SeatState.YOURS)
    }
