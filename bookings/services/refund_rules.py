"""What is given back for an unused coupon: pure calculation, no database.

The fare comes back by the share that its family names. Taxes of an unused flight come back whole; a carrier
surcharge (YQ, YR) is not a tax and follows the fare. Everything comes back within 24 hours of booking where the
journey was booked seven days or more ahead (14 CFR 259.5(b)(4)), and whenever the airline cancels a flight of the
journey, or moves it so much that the traveller does not accept it: then of all its flights that were not made (14 CFR
260.6; Regulation (EC) 261/2004, Article 8(1)(a)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from airlines.services.pricing import CouponPrice
from flights_project.lib.money import rounded

COOLING_OFF = timedelta(hours=24)
COOLING_OFF_BOOKED_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CouponRefund:
    """`refund` goes back and `penalty` is kept; together they are what the coupon cost."""

    refund: Decimal
    penalty: Decimal


def refund_share(
    *, refund_percent: int, booked_at: datetime, first_departure: datetime, now: datetime, changed_by_airline: bool
) -> int:
    """The percentage of fare and surcharges that comes back."""
    booked_ahead = first_departure - booked_at >= COOLING_OFF_BOOKED_AHEAD
    if changed_by_airline or (booked_ahead and now - booked_at <= COOLING_OFF):
        return 100
    return refund_percent


def refund_coupon(price: CouponPrice, *, share: int, currency: str) -> CouponRefund:
    """What comes back of one coupon at `share` percent, rounded line by line."""
    refund = rounded(price.fare * share / 100, currency)
    for tax in price.taxes:
        refund += tax.amount if tax.refundable else rounded(tax.amount * share / 100, currency)
    return CouponRefund(refund, price.total - refund)


def in_all(refunds: Sequence[CouponRefund]) -> CouponRefund:
    return CouponRefund(
        sum((each.refund for each in refunds), Decimal()), sum((each.penalty for each in refunds), Decimal())
    )
