"""The price of a held journey after its price guarantee has ended."""

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from airlines.services.offers import Offer, OfferClaim, price_held
from airlines.services.pricing import Party, TravellerType
from bookings.models import Booking, Coupon
from bookings.services import seat_fees


def reprice(*, booking: Booking, now: datetime) -> None:
    """Give a held booking the price of now and a new guarantee, which never outlasts the hold.

    The booking is locked. Raises NotOnSale where a flight cannot be bought any more.
    """
    offer = price_held(_claim_of(booking), now=now)
    booking.total = offer.total + _price_coupons(booking, offer)
    booking.price_guaranteed_until = min(now + settings.PRICE_GUARANTEE, booking.payment_required_by)
    booking.save(update_fields=["total", "price_guaranteed_until"])


def _claim_of(booking: Booking) -> OfferClaim:
    slices: dict[int, list[int]] = defaultdict(list)
    for segment in booking.segments.order_by("position"):
        slices[segment.slice].append(segment.flight_id)
    types = [passenger.type for passenger in booking.passengers.all()]
    return OfferClaim(
        slices=tuple(tuple(flights) for flights in slices.values()),
        cabin=booking.cabin,
        family=booking.family.code,
        party=Party(types.count("adult"), types.count("child"), types.count("infant")),
        total=booking.total,
    )


def _price_coupons(booking: Booking, offer: Offer) -> Decimal:
    """Returns what seats of one's choice cost beside the offer: they keep their price."""
    seats = Decimal()
    coupons = list(booking.coupons.select_related("passenger", "segment"))
    for coupon in coupons:
        price = offer.price.coupons_for(TravellerType(coupon.passenger.type))[coupon.segment.position]
        coupon.fare, coupon.total = price.fare, price.total
        before, coupon.taxes = coupon.taxes, [asdict(tax) for tax in price.taxes]
        seats += seat_fees.keep(coupon, before=before)
    Coupon.objects.bulk_update(coupons, ["fare", "taxes", "total"])
    return seats
