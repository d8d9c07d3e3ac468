from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlines.services.pricing import CouponPrice, TaxLine
from bookings.services.refund_rules import refund_coupon, refund_share

BOOKED = datetime(2026, 11, 20, 6, tzinfo=UTC)


def share(*, ahead=timedelta(days=30), after=timedelta(days=2), percent=40, changed_by_airline=False):
    return refund_share(
        refund_percent=percent,
        booked_at=BOOKED,
        first_departure=BOOKED + ahead,
        now=BOOKED + after,
        changed_by_airline=changed_by_airline,
    )


@pytest.mark.parametrize(
    ("ahead", "after", "expected"),
    [
        (timedelta(days=7), timedelta(hours=24), 100),
        (timedelta(days=7), timedelta(hours=24, seconds=1), 40),
        (timedelta(days=7) - timedelta(seconds=1), timedelta(hours=1), 40),
    ],
)
def test_all_comes_back_within_a_day_of_booking_a_week_ahead(ahead, after, expected):
    assert share(ahead=ahead, after=after) == expected


def test_all_comes_back_when_the_airline_cancels():
    assert share(percent=0, changed_by_airline=True) == 100


@pytest.mark.parametrize(("percent", "refund"), [(0, "300.00"), (40, "2060.00"), (100, "4700.00")])
def test_taxes_come_back_and_surcharges_follow_the_fare(percent, refund):
    price = CouponPrice(
        Decimal(4000), (TaxLine("IN", "Fee", Decimal(300), True), TaxLine("YQ", "Fuel", Decimal(400), False))
    )

    result = refund_coupon(price, share=percent, currency="INR")

    assert (str(result.refund), result.refund + result.penalty) == (refund, price.total)


@given(st.decimals(0, 99999, places=2), st.decimals(0, 9999, places=2), st.booleans(), st.integers(0, 100))
def test_refund_and_penalty_are_what_it_cost(fare, tax, refundable, percent):
    price = CouponPrice(fare, (TaxLine("XX", "Tax", tax, refundable),))

    result = refund_coupon(price, share=percent, currency="INR")

    assert result.refund + result.penalty == price.total
    assert result.refund >= 0
    assert result.penalty >= 0
