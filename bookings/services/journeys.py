"""A booking's journey and price as they were sold, read back from segments and coupons."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

from airlines.services.offers import FlightsInOrder
from airlines.services.pricing import CouponPrice, JourneyPrice, TaxLine, TravellerPrice, TravellerType
from bookings.models import Booking, Coupon


class BookedSlice(FlightsInOrder):
    """One direction of a booked journey, by its flights in order."""


def slices_of(booking: Booking) -> list[BookedSlice]:
    """The slices in order of travel; the booking comes from `with_journey()`."""
    segments = sorted(booking.segments.all(), key=lambda segment: segment.position)
    return [
        BookedSlice(tuple(segment.flight for segment in part))
        for _slice, part in groupby(segments, key=lambda segment: segment.slice)
    ]


def price_of(booking: Booking) -> JourneyPrice:
    """What travellers were charged, coupon by coupon; the booking comes from `with_journey()`.

    Travellers of a type who chose seats are told apart from those who did not.
    """
    coupons: dict[int, list[Coupon]] = defaultdict(list)
    for coupon in booking.coupons_in_order:
        coupons[coupon.passenger_id].append(coupon)
    alike = Counter(
        (TravellerType(passenger.type), _coupon_prices(coupons[passenger.pk])) for passenger in booking.passengers.all()
    )
    order = list(TravellerType)
    prices = [TravellerPrice(kind, count, price) for (kind, price), count in alike.items()]
    return JourneyPrice(tuple(sorted(prices, key=lambda price: order.index(price.traveller))))


def _coupon_prices(coupons: Iterable[Coupon]) -> tuple[CouponPrice, ...]:
    """Of an exchanged coupon others carry the value."""
    return tuple(coupon_price(coupon) for coupon in coupons if coupon.status != Coupon.Status.EXCHANGED)


def coupon_price(coupon: Coupon) -> CouponPrice:
    """What one coupon cost, with its taxes line by line."""
    taxes = (TaxLine(**(tax | {"amount": Decimal(tax["amount"])})) for tax in coupon.taxes)
    return CouponPrice(coupon.fare, tuple(taxes))
