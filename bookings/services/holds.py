"""Holding a journey: all its flights or none, at the price of the offer, for a party that is told apart.

What is locked: the owner's row where a limit is counted, then the cabins of all flights in primary-key order. Both
before anything is checked; both until the booking is written.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from airlines.services import inventory, offers
from airlines.services.offers import Offer, OfferClaim
from airlines.services.pricing import TravellerType
from bookings.exceptions import AlreadyBooked, BookingLimitReached, NotReleasable
from bookings.models import Booking, Coupon, Passenger, Payment, Segment
from bookings.services.constraints import constraint_of
from bookings.services.telling import tell_owner
from bookings.services.travellers import Traveller, check_travellers
from flights_project.gateway.models import User
from flights_project.lib import clock
from flights_project.lib.locators import new_locator

LOCATOR_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where the booking's messages go."""

    email: str
    phone: str = ""


def hold_seats(
    *, offer: OfferClaim, travellers: Sequence[Traveller], contact: Contact, owner: User, now: datetime
) -> Booking:
    """Hold every flight of `offer` for `travellers` until `payment_required_by`, at the offer's total.

    Raises PriceChanged with a fresh offer, SeatsGone, NotOnSale, InvalidRequest for travellers who do not fit the
    offer, AlreadyBooked, BookingLimitReached. Whatever is raised, nothing is held.
    """
    for _attempt in range(LOCATOR_TRIES):
        try:
            return _hold(offer=offer, travellers=travellers, contact=contact, owner=owner, now=now)
        except IntegrityError as error:
            match constraint_of(error):
                case "booking_locator_once":
                    continue  # somebody has this locator: the next one is another
                case "nobody_twice_on_a_flight":
                    raise AlreadyBooked from error
            raise
    raise RuntimeError("no free record locator found")


@transaction.atomic
def _hold(
    *, offer: OfferClaim, travellers: Sequence[Traveller], contact: Contact, owner: User, now: datetime
) -> Booking:
    _refuse_beyond_limit(owner, now)
    cabins = inventory.lock_cabins(flights=offer.flights, cabin=offer.cabin)
    accepted = offers.accept(offer, now=now)
    last_flight = accepted.slices[-1].destination_flight
    party = check_travellers(
        travellers,
        party=offer.party,
        last_flight_on=last_flight.departs_on,
        today=clock.local_date(now, accepted.slices[0].origin_flight.origin.zone),
    )
    inventory.hold_seats(cabins=cabins, seats=offer.party.seats)
    return _write_booking(accepted, party, contact, owner, now)


def _refuse_beyond_limit(owner: User, now: datetime) -> None:
    """Locks the owner, so that two requests at once cannot both be the last one allowed."""
    limit = settings.BOOKINGS_PER_USER_PER_QUARTER
    if limit is None:
        return
    locked = User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if locked.groups.filter(name=User.INTEGRATOR_GROUP).exists():
        return
    if Booking.objects.of(owner).counted_in_quarter(now).count() >= limit:
        raise BookingLimitReached(limit=limit)


def _write_booking(offer: Offer, party: Sequence[Traveller], contact: Contact, owner: User, now: datetime) -> Booking:
    booking = Booking.objects.create(
        locator=new_locator(),
        owner=owner,
        cabin=offer.cabin,
        family=offer.family,
        seats=offer.party.seats,
        currency=settings.CURRENCY,
        total=offer.total,
        contact_email=contact.email,
        contact_phone=contact.phone,
        held_at=now,
        price_guaranteed_until=now + settings.PRICE_GUARANTEE,
        payment_required_by=now + settings.HOLD_LIFETIME,
    )
    segments = Segment.objects.bulk_create(_segments(booking, offer))
    passengers = Passenger.objects.bulk_create(
        Passenger(
            booking=booking,
            position=position,
            type=traveller.type,
            title=traveller.title,
            given_name=traveller.given_name,
            family_name=traveller.family_name,
            born_on=traveller.born_on,
            with_adult=traveller.with_adult,
        )
        for position, traveller in enumerate(party)
    )
    Coupon.objects.bulk_create(_coupons(booking, offer, party, passengers, segments))
    tell_owner("booking_held", booking, segments=segments, passengers=passengers, now=now)
    return booking


def _segments(booking: Booking, offer: Offer) -> list[Segment]:
    flights = [(index, flight) for index, part in enumerate(offer.slices) for flight in part.flights]
    return [
        Segment(booking=booking, flight=flight, slice=index, position=position, family=offer.family)
        for position, (index, flight) in enumerate(flights)
    ]


def _coupons(
    booking: Booking,
    offer: Offer,
    party: Sequence[Traveller],
    passengers: Sequence[Passenger],
    segments: Sequence[Segment],
) -> list[Coupon]:
    return [
        Coupon(
            booking=booking,
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
