"""Moving a confirmed booking to other flights, free: all its travellers at once, in one transaction, or nobody.

What is locked, in this order, before anything is checked: the booking and its flights, with those that it takes (by the
caller, `choices`), the identities of its travellers, the cabins of all flights that it leaves or takes, in primary-key
order.

The tickets are revalidated: they keep their numbers. Each coupon that is left becomes `exchanged`, and new ones carry
its value (`carried_value`), so that what was paid is neither more nor less, and a later refund finds it. Chosen seats
are carried over (`reseating`); the fee of one that could not be had goes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest

from django.conf import settings
from django.db.models import F

from airlines.models import Flight, FlightCabin
from airlines.models.fares import SEAT_CHOICE_CODE
from airlines.services import inventory
from airlines.services.pricing import CouponPrice
from airlines.services.reference import current
from bookings.exceptions import ChangeClosed, FlightsDoNotFit, PaymentRunning
from bookings.models import Booking, Coupon, Refund, Segment
from bookings.services.carried_value import carry_over
from bookings.services.holds import is_being_paid
from bookings.services.journeys import coupon_price
from bookings.services.refunds import give_back
from bookings.services.rerouting import Part
from bookings.services.reseating import Reseated, Sitter, reseat
from bookings.services.seat_fees import put_on
from bookings.services.seat_maps import SeatMap, seat_maps
from bookings.services.seat_orders import drop_open_order
from bookings.services.seating import members_of, places_in
from bookings.services.whereabouts import lock_identities, refuse_elsewhere
from flights_project.gateway.models import User

MAY_LEAVE = (Coupon.Status.OPEN, Coupon.Status.CHECKED_IN)
OUT_OF_THE_WAY = 100
"""Added to positions while they are renumbered: no journey has so many flights."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An entry in calendars that no flight has taken the place of."""

    flight: int
    segment: int
    sequence: int


@dataclass(slots=True)
class Moved:
    """What a move did: the flights that were left, the seats that could not be had again, the money for them."""

    left: list[Flight]
    withdrawn: list[Withdrawn] = field(default_factory=list)
    seats_lost: list[str] = field(default_factory=list)
    given_back: Decimal = Decimal()

    def lose(self, coupon: Coupon) -> None:
        """The seat of `coupon` could not be had again, nor one of its kind."""
        self.given_back += coupon.seat_fee or Decimal()
        if coupon.seat is not None:
            self.seats_lost.append(f"{coupon.passenger}, {coupon.flight.number} {coupon.seat}")


@dataclass(frozen=True, slots=True)
class Carried:
    """What a new coupon has of a seat: the seat (id), and what was paid for the choice."""

    seat: int | None = None
    fee: Decimal = Decimal()


def move_booking(*, part: Part, flights: Sequence[int], by: User, now: datetime) -> Moved:
    """Everybody on `part` of a booking that is locked flies `flights` (ids, in order) instead. `by` is whoever does it.

    A flight that is in `part` already is kept as it is. Raises FlightsDoNotFit, SeatsGone, AlreadyBooked,
    TravellerElsewhere, PaymentRunning, and ChangeClosed where somebody has boarded. Whoever calls rolls back.
    """
    booking = part.booking
    if is_being_paid(booking):
        raise PaymentRunning
    drop_open_order(booking=booking, now=now)
    kept = {flight.pk for flight in part.flights} & set(flights)
    leaving = [coupon for coupon in part.coupons if coupon.flight_id not in kept]
    if not leaving or any(coupon.status not in MAY_LEAVE for coupon in leaving):
        raise ChangeClosed
    cabins = _lock(part, flights, leaving)
    wanted = _read(part, flights, now)
    moved = Moved([flight for flight in part.flights if flight.pk not in kept])
    taken = [flight for flight in wanted if flight.pk not in kept]
    seats = _carry_seats(part, leaving, taken, moved)
    Coupon.objects.filter(pk__in=[coupon.pk for coupon in leaving]).update(status=Coupon.Status.EXCHANGED)
    names = {coupon.identity: str(coupon.passenger) for coupon in leaving}
    refuse_elsewhere(names, taken, by=by)
    _count_seats(cabins, moved.left, taken, part.seats)
    _issue(part, leaving, taken, _renumber(part, wanted, moved), seats)
    _give_fees_back(booking, moved, now)
    return moved


def _lock(part: Part, flights: Sequence[int], leaving: Sequence[Coupon]) -> list[FlightCabin]:
    lock_identities(coupon.identity for coupon in leaving)
    return inventory.lock_cabins(flights={*flights, *(flight.pk for flight in part.flights)}, cabin=part.booking.cabin)


def _read(part: Part, flights: Sequence[int], now: datetime) -> list[Flight]:
    """The flights as they are under the lock, in order. Raises FlightsDoNotFit where they cannot be flown instead."""
    found = Flight.objects.with_places().in_bulk(list(flights))
    if len(found) != len(flights) or not flights:
        raise FlightsDoNotFit
    wanted = [found[pk] for pk in flights]
    booked, closes_after = part.flights, now + settings.SALE_CLOSES_BEFORE_DEPARTURE
    is_same_way = (wanted[0].origin_id, wanted[-1].destination_id) == (booked[0].origin_id, booked[-1].destination_id)
    on_sale = all(flight.status in Flight.FOR_SALE and flight.departs_at > closes_after for flight in wanted)
    along = [*([part.before.flight] if part.before else []), *wanted]
    connects = current().network.connects(
        [(flight.origin_id, flight.destination_id) for flight in along],
        [(flight.departs_at.timestamp(), flight.arrives_at.timestamp()) for flight in along],
    )
    in_time = part.after is None or wanted[-1].arrives_at < part.after.flight.departs_at
    if not (is_same_way and on_sale and connects and in_time):
        raise FlightsDoNotFit
    return wanted


def _count_seats(cabins: Sequence[FlightCabin], left: Sequence[Flight], taken: Sequence[Flight], seats: int) -> None:
    """Raises SeatsGone where one of `taken` has fewer left, or has no such cabin."""
    gone, new = {flight.pk for flight in left}, {flight.pk for flight in taken}
    inventory.return_sold_seats(cabins=[cabin for cabin in cabins if cabin.flight_id in gone], seats=seats)
    onto = [cabin for cabin in cabins if cabin.flight_id in new]
    if len(onto) != len(new):
        raise FlightsDoNotFit
    inventory.sell_seats(cabins=onto, seats=seats)


def _renumber(part: Part, wanted: Sequence[Flight], moved: Moved) -> dict[int, Segment]:
    """The booking's segments become those of its journey of now; returns the part's by flight. Rows are kept as far as
    they go, since calendars know the flights by them."""
    booking, first = part.booking, part.segments[0].position
    kept = {segment.flight_id: segment for segment in part.segments}
    spare = [segment for segment in part.segments if segment.flight_id not in {flight.pk for flight in wanted}]
    later = list(booking.segments.filter(position__gt=part.segments[-1].position).values_list("pk", flat=True))
    booking.segments.filter(position__gte=first).update(position=F("position") + OUT_OF_THE_WAY)
    segments = {}
    for position, flight in enumerate(wanted, start=first):
        segment = kept.get(flight.pk) or (_take_over(spare.pop(0), flight) if spare else _new(part, flight))
        segment.position = position
        segment.save()
        segments[flight.pk] = segment
    for segment in spare:
        moved.withdrawn.append(Withdrawn(segment.flight_id, segment.pk, segment.sequence))
        segment.coupons.update(segment=segments[wanted[-1].pk])
        segment.delete()
    shift = len(wanted) - len(part.segments) - OUT_OF_THE_WAY
    booking.segments.filter(pk__in=later).update(position=F("position") + shift)
    return segments


def _take_over(segment: Segment, flight: Flight) -> Segment:
    segment.sequence = _above(segment)
    segment.flight, segment.reminder, segment.reminded_at = flight, Segment.Reminder.NONE, None
    segment.agreed_departs_at = None
    return segment


def _above(segment: Segment) -> int:
    """A sequence above all that calendars were told of the flight, its cancellation too (`calendars`)."""
    return segment.sequence + segment.flight.revision + 2


def _new(part: Part, flight: Flight) -> Segment:
    like = part.segments[0]
    return Segment(booking=part.booking, flight=flight, slice=like.slice, family_id=like.family_id)


def _issue(
    part: Part,
    leaving: Sequence[Coupon],
    taken: Sequence[Flight],
    segments: Mapping[int, Segment],
    seats: Mapping[tuple[int, int], Carried],
) -> None:
    """New coupons for each traveller, with the value of those that are left and the seats that were found."""
    network, currency = current().network, part.booking.currency
    kilometres = [max(1, round(network.km(flight.origin_id, flight.destination_id))) for flight in taken]
    coupons = []
    for passenger in part.travellers:
        own = [coupon for coupon in leaving if coupon.passenger_id == passenger.pk]
        prices = carry_over([_without_seat(coupon) for coupon in own], kilometres=kilometres, currency=currency)
        for flight, price in zip(taken, prices, strict=True):
            carried = seats.get((flight.pk, passenger.pk), Carried())
            coupons.append(_instead(own[0], segments[flight.pk], flight, price, carried))
    Coupon.objects.bulk_create(coupons)


def _instead(left: Coupon, segment: Segment, flight: Flight, price: CouponPrice, carried: Carried) -> Coupon:
    """The coupon on another flight of whoever had the one that is left, with the seat that was found."""
    coupon = Coupon(
        booking_id=left.booking_id,
        passenger_id=left.passenger_id,
        segment=segment,
        flight=flight,
        identity=left.identity,
        status=Coupon.Status.OPEN,
        fare=price.fare,
        taxes=[asdict(tax) for tax in price.taxes],
        total=price.total,
        seat_id=carried.seat,
    )
    put_on(coupon, carried.fee)
    return coupon


def _without_seat(coupon: Coupon) -> CouponPrice:
    price = coupon_price(coupon)
    return replace(price, taxes=tuple(tax for tax in price.taxes if tax.code != SEAT_CHOICE_CODE))


def _carry_seats(
    part: Part, leaving: Sequence[Coupon], taken: Sequence[Flight], moved: Moved
) -> dict[tuple[int, int], Carried]:
    """Seats and fees by flight and traveller (ids): of the first flight that is left on the first that is taken, and
    so on. What cannot be had goes into `moved`."""
    maps = seat_maps(flights=[*moved.left, *taken], cabin=part.booking.cabin, booking=part.booking)
    carried: dict[tuple[int, int], Carried] = {}
    for old, new in zip_longest(moved.left, taken):
        on_old = [coupon for coupon in leaving if old and coupon.flight_id == old.pk]
        found = _reseat(on_old, maps[old.pk], maps[new.pk]) if old and new else {}
        for coupon in on_old:
            seat = found.get(coupon.passenger.position)
            if new and (coupon.seat_id is None or (seat and seat.keeps_its_worth)):
                fee = coupon.seat_fee or Decimal()
            else:
                fee = Decimal()
                moved.lose(coupon)
            if new:
                place = seat.place if seat else None
                carried[new.pk, coupon.passenger_id] = Carried(
                    maps[new.pk].seats[place.name].pk if place else None, fee
                )
    return carried


def _reseat(coupons: Sequence[Coupon], had: SeatMap, cabin: SeatMap) -> dict[int, Reseated]:
    """New seats for those who have chosen one, by position of the traveller."""
    places = places_in(had)
    members = {member.position: member for member in members_of(coupons, coupons)}
    party = [
        Sitter(members[coupon.passenger.position], places[str(coupon.seat)])
        for coupon in coupons
        if coupon.seat is not None and str(coupon.seat) in places
    ]
    return reseat(party, places_in(cabin).values()) if party else {}


def _give_fees_back(booking: Booking, moved: Moved, now: datetime) -> None:
    if moved.given_back:
        booking.total -= moved.given_back
        booking.save(update_fields=["total"])
        give_back(booking=booking, total=moved.given_back, reason=Refund.Reason.SEAT_LOST, now=now)
