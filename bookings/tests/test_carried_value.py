"""The value of exchanged coupons: nothing is gained or lost, whatever the way."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlines.services.pricing import CouponPrice, TaxLine
from bookings.services.carried_value import carry_over


def price(fare, *taxes):
    return CouponPrice(Decimal(fare), tuple(TaxLine(code, code, Decimal(amount), kind) for code, amount, kind in taxes))


def test_one_for_one_costs_the_same():
    before = price("4000.00", ("IN", "400.00", True), ("YQ", "100.50", False))

    assert carry_over([before], kilometres=[1148], currency="INR") == [before]


def test_each_flight_gets_its_share_by_kilometres():
    [first, second] = carry_over([price("4000", ("IN", "100", True))], kilometres=[300, 100], currency="INR")

    assert (first.fare, second.fare) == (3000, 1000)
    assert [tax.amount for tax in (*first.taxes, *second.taxes)] == [75, 25]


def test_two_become_one_with_each_tax_once():
    [whole] = carry_over(
        [price("10", ("IN", "1", True)), price("20", ("IN", "2", True), ("YQ", "3", False))],
        kilometres=[5],
        currency="INR",
    )

    assert whole == price("30", ("IN", "3", True), ("YQ", "3", False))


@pytest.mark.parametrize("currency", ["INR", "JPY"])
@given(
    fares=st.lists(st.integers(0, 10**7), min_size=1, max_size=3),
    taxes=st.lists(st.tuples(st.sampled_from(["IN", "YQ", "K3"]), st.integers(1, 10**5)), max_size=4),
    kilometres=st.lists(st.integers(1, 15_000), min_size=1, max_size=3),
)
def test_the_sum_stays_and_nothing_is_negative(currency, fares, taxes, kilometres):
    minor = Decimal("0.01") if currency == "INR" else Decimal(1)
    lines = [(code, amount * minor, code != "YQ") for code, amount in taxes]
    before = [price(fare * minor, *lines) for fare in fares]

    after = carry_over(before, kilometres=kilometres, currency=currency)

    assert sum(each.total for each in after) == sum(each.total for each in before)
    assert sum(each.fare for each in after) == sum(each.fare for each in before)
    assert all(each.fare >= 0 and all(tax.amount > 0 for tax in each.taxes) for each in after)
