"""A booking's journey and price as they were sold, read back from segments and coupons."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

from airlines.models import Flight
from airlines.services.pricing import CouponPrice, JourneyPrice, TaxLine, TravellerPrice, TravellerType
from bookings.models import Booking, Coupon


@dataclass(frozen=True, slots=True)
class BookedSlice:
    """One direction of a booking's journey."""

    flights: tuple[Flight, ...]

    @property
    def duration(self) -> timedelta:
        return self.flights[-1].arrives_at - self.flights[0].departs_at

    @property
    def stops(self) -> int:
        return len(self.flights) - 1


def slices_of(booking: Booking) -> list[BookedSlice]:
    """The slices in order of travel; the booking comes from `with_journey()`."""
    segments = sorted(booking.segments.all(), key=lambda segment: segment.position)
    return [
        BookedSlice(tuple(segment.flight for segment in part))
        for _slice, part in groupby(segments, key=lambda segment: segment.slice)
    ]


def price_of(booking: Booking) -> JourneyPrice:
    """What each type of traveller was charged, coupon by coupon; the booking comes from `with_journey()`."""
    coupons: dict[int, list[Coupon]] = defaultdict(list)
    for coupon in booking.coupons.all():
        coupons[coupon.passenger_id].append(coupon)
    by_type: dict[str, list[int]] = defaultdict(list)
    for passenger in booking.passengers.all():
        by_type[passenger.type].append(passenger.pk)
    return JourneyPrice(
        tuple(
            TravellerPrice(kind, len(by_type[kind]), _coupon_prices(coupons[by_type[kind][0]]))
            for kind in TravellerType
            if kind in by_type
        )
    )


def _coupon_prices(coupons: Iterable[Coupon]) -> tuple[CouponPrice, ...]:
    return tuple(coupon_price(coupon) for coupon in sorted(coupons, key=lambda coupon: coupon.segment_id))


def coupon_price(coupon: Coupon) -> CouponPrice:
    """What one coupon cost, with its taxes line by line."""
    taxes = (TaxLine(**(tax | {"amount": Decimal(tax["amount"])})) for tax in coupon.taxes)
    return CouponPrice(coupon.fare, tuple(taxes))
