"""Holding a journey: all its flights or none, at the price of the offer, for a party that is told apart.

What is locked, in this order, before anything is checked and until the booking is written: the owner, of whom limits
are counted; the identities of the travellers, so that nobody is booked on two flights at once by two requests; the
cabins of all flights in primary-key order.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from airlines.services import inventory, offers
from airlines.services.offers import Offer, OfferClaim
from airlines.services.pricing import TravellerType
from bookings.exceptions import AlreadyBooked, NotReleasable
from bookings.models import Booking, Coupon, Passenger, Payment, Segment
from bookings.services import events
from bookings.services.constraints import constraint_of
from bookings.services.limits import refuse_beyond_limits
from bookings.services.telling import tell_owner
from bookings.services.travellers import Traveller, check_travellers, names_of
from bookings.services.whereabouts import lock_identities, refuse_elsewhere
from flights_project.gateway.models import User
from flights_project.lib import clock
from flights_project.lib.locators import new_locator
from flights_project.lib.statements import insert, next_ids
from notifications.models import EventType

LOCATOR_TRIES = 5
PHONE = re.compile(r"^\+?[0-9][0-9 ()/.-]{4,18}\Z")
"""Digits, with the signs that people write between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where the booking's messages go."""

    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who holds: whose booking it is, where messages go, and the network address of the request."""

    owner: User
    contact: Contact
    address: str | None


def hold_seats(
    *,
    offer: OfferClaim,
    travellers: Sequence[Traveller],
    contact: Contact,
    owner: User,
    now: datetime,
    address: str | None = None,
) -> Booking:
    """Hold every flight of `offer` for `travellers` until `payment_required_by`, at the offer's total.

    The booking comes with its journey, as from `with_journey()`.

    `address` is where the request came from, if from a network. Raises PriceChanged with a fresh offer, SeatsGone,
    NotOnSale, InvalidRequest for travellers who do not fit the offer, AlreadyBooked, TravellerElsewhere,
    BookingLimitReached, TooManyHolds. Whatever is raised, nothing is held.
    """
    for _attempt in range(LOCATOR_TRIES):
        try:
            return _hold(offer, travellers, Buyer(owner, contact, address), now)
        except IntegrityError as error:
            match constraint_of(error):
                case "booking_locator_once":
                    continue  # somebody has this locator: the next one is another
                case "nobody_twice_on_a_flight":
                    raise AlreadyBooked from error
            raise
    raise RuntimeError("no free record locator found")


@transaction.atomic
def _hold(offer: OfferClaim, travellers: Sequence[Traveller], buyer: Buyer, now: datetime) -> Booking:
    refuse_beyond_limits(owner=buyer.owner, address=buyer.address, now=now)
    lock_identities(each.identity for each in travellers)
    cabins = inventory.lock_cabins(flights=offer.flights, cabin=offer.cabin)
    accepted = offers.accept(offer, now=now)
    flights = accepted.flights
    party = check_travellers(
        travellers,
        party=offer.party,
        last_flight_on=flights[-1].departs_on,
        today=clock.local_date(now, flights[0].origin.zone),
    )
    refuse_elsewhere(names_of(party), flights, by=buyer.owner)
    inventory.hold_seats(cabins=cabins, seats=offer.party.seats)
    return _write_booking(accepted, party, buyer, now)


def _write_booking(offer: Offer, party: Sequence[Traveller], buyer: Buyer, now: datetime) -> Booking:
    """All its rows refer to each other, so their ids come first: two round trips, however many rows there are."""
    flights, people = len(offer.flights), len(party)
    [[key], segment_keys, passenger_keys, coupon_keys] = next_ids(
        [(Booking, 1), (Segment, flights), (Passenger, people), (Coupon, flights * people)]
    )
    booking = _booking(key, offer, buyer, now)
    segments, passengers = _segments(segment_keys, booking, offer), _passengers(passenger_keys, booking, party)
    coupons = _coupons(coupon_keys, offer, party, passengers, segments)
    insert([booking], segments, passengers, coupons)
    booking.remember(segments=segments, passengers=passengers, coupons=coupons, payments=[], seat_orders=[], changes=[])
    tell_owner(
        "booking_held",
        booking,
        segments=segments,
        passengers=passengers,
        now=now,
        useful_until=booking.payment_required_by,
    )
    events.record(EventType.BOOKING_HELD, booking, payment_required_by=booking.payment_required_by, now=now)
    return booking


def _booking(key: int, offer: Offer, buyer: Buyer, now: datetime) -> Booking:
    return Booking(
        pk=key,
        locator=new_locator(),
        owner=buyer.owner,
        cabin=offer.cabin,
        family=offer.family,
        seats=offer.party.seats,
        currency=settings.CURRENCY,
        total=offer.total,
        contact_email=buyer.contact.email,
        contact_phone=buyer.contact.phone,
        held_from=buyer.address,
        held_at=now,
        price_guaranteed_until=now + settings.PRICE_GUARANTEE,
        payment_required_by=now + settings.HOLD_LIFETIME,
    )


def _passengers(keys: Sequence[int], booking: Booking, party: Sequence[Traveller]) -> list[Passenger]:
    return [
        Passenger(
            pk=key,
            booking=booking,
            position=position,
            type=traveller.type,
            title=traveller.title,
            given_name=traveller.given_name,
            family_name=traveller.family_name,
            born_on=traveller.born_on,
            with_adult=traveller.with_adult,
        )
        for key, (position, traveller) in zip(keys, enumerate(party), strict=True)
    ]


def _segments(keys: Sequence[int], booking: Booking, offer: Offer) -> list[Segment]:
    flights = [(index, flight) for index, part in enumerate(offer.slices) for flight in part.flights]
    return [
        Segment(pk=key, booking=booking, flight=flight, slice=index, position=position, family=offer.family)
        for key, (position, (index, flight)) in zip(keys, enumerate(flights), strict=True)
    ]


def _coupons(
    keys: Sequence[int],
    offer: Offer,
    party: Sequence[Traveller],
    passengers: Sequence[Passenger],
    segments: Sequence[Segment],
) -> list[Coupon]:
    ids = iter(keys)
    return [
        Coupon(
            pk=next(ids),
            booking=segment.booking,
            passenger=passenger,
            segment=segment,
            flight=segment.flight,
            identity=traveller.identity,
            status=Coupon.Status.HELD,
            fare=price.fare,
            taxes=[asdict(tax) for tax in price.taxes],
            total=price.total,
        )
        for traveller, passenger in zip(party, passengers, strict=True)
        for segment, price in zip(segments, offer.price.coupons_for(TravellerType(traveller.type)), strict=True)
    ]


@transaction.atomic
def release_hold(*, booking: Booking, now: datetime) -> Booking:
    """The owner lets an unpaid hold go. Raises NotReleasable where it is paid, gone, or being paid."""
    locked = Booking.objects.locked(booking.pk)
    if locked.status != Booking.Status.HELD or is_being_paid(locked):
        raise NotReleasable
    give_back(locked, becomes=Booking.Status.CANCELLED, now=now)
    events.record(EventType.BOOKING_CANCELLED, locked, now=now)
    return locked


def is_being_paid(booking: Booking) -> bool:
    return booking.payments.filter(status=Payment.Status.STARTED).exists()


def give_back(booking: Booking, *, becomes: Booking.Status, now: datetime) -> None:
    """End a hold: its seats can be sold to others. The caller has locked the booking and seen that it is held."""
    coupons = booking.coupons.filter(status=Coupon.Status.HELD)
    flights = list(booking.segments.values_list("flight_id", flat=True))
    cabins = inventory.lock_cabins(flights=flights, cabin=booking.cabin)
    inventory.release_held_seats(cabins=cabins, seats=booking.seats)
    coupons.update(status=Coupon.Status.CANCELLED)
    booking.status, booking.ended_at = becomes, now
    booking.save(update_fields=["status", "ended_at"])
