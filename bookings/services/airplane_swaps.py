"""Another airplane flies a flight: everybody who had chosen a seat is seated anew, in the same transaction.

What is locked, in this order, before anything is seen: all bookings with somebody on the flight in primary-key order,
the flight, its cabins. Parties that can keep all of their seats do; the others are seated by `reseating`, who booked
first first. What was paid for a seat that cannot be had, nor one of its kind, goes back. Who lost what they had chosen,
or may have no seat at all, may choose (`choices`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from airlines.models import Airplane, Flight, FlightCabin
from airlines.services import operations
from bookings.models import Booking, Coupon, ItineraryChange, Refund
from bookings.services import events, seat_fees
from bookings.services.denied_boarding import overbooked_cabins
from bookings.services.holds import is_being_paid
from bookings.services.itinerary_changes import open_changes
from bookings.services.proposals import propose
from bookings.services.refunds import give_back
from bookings.services.reseating import Reseated, Sitter, parts, reseat, same_seats
from bookings.services.seat_maps import SeatMap, seat_map
from bookings.services.seat_orders import drop_open_order
from bookings.services.seating import members_of, places_in
from bookings.services.telling import about, change_facts, tell_owner
from bookings.services.togetherness import Place
from flights_project.lib.money import on_the_wire
from notifications.models import EventType

Seats = dict[str, Place]
Cause = ItineraryChange.Cause

TRIES = 20
"""To find that nobody comes onto the flight between the locks of its bookings and of its cabins."""


@dataclass(frozen=True, slots=True)
class CabinSwap:
    """What a swap did to a cabin: its seats before and after, and numbers of travellers."""

    cabin: FlightCabin
    seats_before: int
    changed: int
    """Who has another seat, or none any more."""
    lost: int
    """Who of them has none of the kind that they had."""

    @property
    def seats_lost(self) -> int:
        return max(0, self.seats_before - self.cabin.seats)


@dataclass(frozen=True, slots=True)
class Swap:
    """How many bookings were told, and what became of each cabin that was on sale before."""

    told: int
    cabins: Sequence[CabinSwap]

    @property
    def seats_lost(self) -> int:
        return sum(each.seats_lost for each in self.cabins)


@transaction.atomic
def swap_airplane(*, flight: Flight, airplane: Airplane, now: datetime) -> Swap:
    """`airplane` flies `flight`. Told is whose seats have changed, and who may choose what to do about it.

    Raises FlightClosed, InvalidRequest, see `operations.swap`.
    """
    locked = _lock(flight)
    before = Flight.objects.get(pk=flight.pk)
    seats_before = {cabin.cabin: cabin.seats for cabin in before.cabins.all()}
    parties = {booking: _sitting(booking, flight) for booking in locked}
    cabins = {booking.cabin for booking in locked}
    had = {cabin: places_in(seat_map(flight=before, cabin=cabin), taken=True) for cabin in cabins}
    swapped = operations.swap(flight=flight, airplane=airplane)
    Coupon.objects.live().filter(flight=flight).update(seat=None)
    for booking in locked:
        if not is_being_paid(booking):
            drop_open_order(booking=booking, now=now)
    maps = {cabin: seat_map(flight=swapped, cabin=cabin) for cabin in had}
    free = {cabin: places_in(drawn) for cabin, drawn in maps.items()}
    found = _seat_all({each: _sitters(each, parties[each], had[each.cabin], flight) for each in locked}, free)
    anew = [Anew(each, parties[each], had[each.cabin], found[each], maps[each.cabin]) for each in locked]
    written = [_write(each, now) for each in anew]
    told = _tell_all(written, swapped, now)
    there = [cabin for cabin in swapped.cabins.order_by("pk") if cabin.cabin in seats_before]
    return Swap(told, [_what_became_of(cabin, seats_before[cabin.cabin], written) for cabin in there])


def _lock(flight: Flight) -> list[Booking]:
    """All bookings with somebody on the flight, then the flight and its cabins: from then on nobody comes onto it.

    A booking is never locked after a cabin, so where one came in between all are let go and locked again.
    """
    on_it = Coupon.objects.live().filter(flight=flight).values("booking")
    bookings = Booking.objects.filter(pk__in=on_it).select_for_update(of=("self",), no_key=True)
    for _attempt in range(TRIES):
        with transaction.atomic():
            locked = list(bookings.select_related("family", "owner").order_by("pk"))
            operations.lock_flight(flight)
            if not Booking.objects.filter(pk__in=on_it).exclude(pk__in=[each.pk for each in locked]).exists():
                return locked
            transaction.set_rollback(True)
    raise RuntimeError(f"{flight} is sold faster than its bookings can be locked")


def _sitting(booking: Booking, flight: Flight) -> list[Coupon]:
    """Who of it has a seat on the flight."""
    coupons = Coupon.objects.live().filter(booking=booking, flight=flight, seat__isnull=False)
    return list(coupons.select_related("passenger", "seat", "flight").order_by("passenger__position"))


def _sitters(booking: Booking, coupons: Sequence[Coupon], had: Seats, flight: Flight) -> list[Sitter]:
    everybody = list(Coupon.objects.live().filter(booking=booking, flight=flight).select_related("passenger", "flight"))
    members = {member.position: member for member in members_of(coupons, everybody)}
    return [
        Sitter(members[coupon.passenger.position], had[str(coupon.seat)])
        for coupon in coupons
        if str(coupon.seat) in had
    ]


def _seat_all(
    sitters: Mapping[Booking, Sequence[Sitter]], free: Mapping[str, Seats]
) -> dict[Booking, dict[int, Reseated]]:
    """New seats of all parties; `free` is used up. Whole parties that keep their seats come first."""
    found: dict[Booking, dict[int, Reseated]] = {}
    first = [booking for booking, party in sitters.items() if same_seats(party, free[booking.cabin])]
    rest = sorted(sitters.keys() - first, key=lambda booking: (booking.held_at, booking.pk))
    for booking in [*first, *rest]:
        party, places = sitters[booking], free[booking.cabin]
        found[booking] = reseat(party, places.values()) if party else {}
        for each in found[booking].values():
            if each.place is not None:
                del places[each.place.name]
    return found


@dataclass(frozen=True, slots=True)
class Anew:
    """A booking with the coupons of those who had a seat, the places that they had, what each of them gets, and the new
    airplane's cabin."""

    booking: Booking
    coupons: Sequence[Coupon]
    had: Mapping[str, Place]
    found: Mapping[int, Reseated]
    drawn: SeatMap

    def name_of(self, coupon: Coupon) -> str:
        """Of the seat that its traveller gets; empty for none."""
        seat = self.found.get(coupon.passenger.position)
        return seat.place.name if seat and seat.place else ""

    def is_lost(self, coupon: Coupon) -> bool:
        """Whether its traveller has neither the seat nor one of its kind."""
        seat = self.found.get(coupon.passenger.position)
        return seat is None or not seat.keeps_its_worth

    @property
    def lost(self) -> list[Coupon]:
        return [coupon for coupon in self.coupons if self.is_lost(coupon)]

    @property
    def is_apart(self) -> bool:
        """Whether who sat together does not any more."""
        before = [self.had[str(coupon.seat)] for coupon in self.coupons if str(coupon.seat) in self.had]
        return parts(before, [each.place for each in self.found.values() if each.place])


@dataclass(frozen=True, slots=True)
class Written:
    """What a booking has now; `changed` travellers have another seat, or none any more."""

    booking: Booking
    changed: int
    seats_lost: Sequence[str]
    may_choose: bool
    """What was chosen, or to sit together, could not be kept."""
    given_back: Decimal


def _write(anew: Anew, now: datetime) -> Written:
    """Write the new seats, and give back what was paid for those that could not be had."""
    booking, lost = anew.booking, anew.lost
    names = [f"{coupon.passenger}, {coupon.flight.number} {coupon.seat}" for coupon in lost]
    changed = sum(str(coupon.seat) != anew.name_of(coupon) for coupon in anew.coupons)
    was_chosen = any(coupon.seat_fee is not None or booking.family.seat_choice_included for coupon in lost)
    may_choose = was_chosen or anew.is_apart
    for coupon in anew.coupons:
        name = anew.name_of(coupon)
        coupon.seat_id = anew.drawn.seats[name].pk if name else None
    back = Decimal() if is_being_paid(booking) else sum((seat_fees.take_off(coupon) for coupon in lost), Decimal())
    Coupon.objects.bulk_update(anew.coupons, ["seat", "taxes", "total"])
    if back:
        booking.total -= back
        booking.save(update_fields=["total"])
    if back and booking.status == Booking.Status.CONFIRMED:
        give_back(booking=booking, total=back, reason=Refund.Reason.SEAT_LOST, now=now)
    return Written(booking, changed, names, may_choose, back)


def _tell_all(written: Sequence[Written], flight: Flight, now: datetime) -> int:
    """Whose booking is paid and sits elsewhere, or may choose; returns how many."""
    paid = [each for each in written if each.booking.status == Booking.Status.CONFIRMED]
    causes = _causes(paid, flight)
    changes = open_changes(flight=flight.pk, causes=causes, now=now)
    if Cause.NO_SEAT in causes.values():
        propose(flight=flight, now=now)
    told = [each for each in paid if each.changed or each.booking.pk in changes]
    for each in told:
        _tell(each, flight, changes.get(each.booking.pk), now)
    return len(told)


def _causes(paid: Sequence[Written], flight: Flight) -> dict[int, ItineraryChange.Cause]:
    """Who may choose and why, by booking. Who had no seat in the airplane before, and has one now, may keep it."""
    behind = {party.booking.pk for cabin in overbooked_cabins(flight) for party in cabin.behind}
    waiting = ItineraryChange.objects.open().filter(flight=flight, cause=Cause.NO_SEAT)
    relieved = waiting.values_list("booking", flat=True)
    may_keep = {*relieved, *(each.booking.pk for each in paid if each.may_choose)}
    return dict.fromkeys(may_keep, Cause.SEATS) | dict.fromkeys(behind, Cause.NO_SEAT)


def _tell(written: Written, flight: Flight, change: ItineraryChange | None, now: datetime) -> None:
    booking, back = written.booking, written.given_back
    tell_owner(
        "airplane_changed",
        booking,
        subject=about(flight, f"r{flight.revision}"),
        flight=flight,
        now=now,
        useful_until=flight.arrives_at,
        seats_lost=list(written.seats_lost),
        given_back=on_the_wire(back, booking.currency) if back else None,
        change=change_facts(booking, change),
    )
    if written.changed:
        events.record(EventType.BOOKING_SEATS_CHANGED, booking, now=now)


def _what_became_of(cabin: FlightCabin, seats_before: int, written: Iterable[Written]) -> CabinSwap:
    own = [each for each in written if each.booking.cabin == cabin.cabin]
    changed, lost = sum(each.changed for each in own), sum(len(each.seats_lost) for each in own)
    return CabinSwap(cabin, seats_before, changed, lost)
