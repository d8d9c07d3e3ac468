from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlines.models import Airport, City, FareFamily, Flight, TaxRule
from airlines.services.pricing import FlightTerms, Party, TravellerType, price_coupon, price_journey, taxes_of

LIGHT = FareFamily(code="light", name="Light", child_percent=75, infant_percent=10)
FEE = TaxRule(code="IN", name="Development fee", amount=Decimal(300))
GST = TaxRule(code="K3", name="GST", percent=Decimal(5), infants_pay=True)


def terms(amount: str, *taxes: TaxRule) -> FlightTerms:
    return FlightTerms(Decimal(amount), LIGHT, taxes)


def flight(origin_country: str = "IN", destination_country: str = "IN") -> Flight:
    return Flight(
        origin=Airport(pk=1, city=City(country=origin_country)),
        destination=Airport(pk=2, city=City(country=destination_country)),
    )


@pytest.mark.parametrize(
    ("traveller", "fare", "total"),
    [
        (TravellerType.ADULT, "4000.00", "4500.00"),
        (TravellerType.CHILD, "3000.00", "3450.00"),
        (TravellerType.INFANT, "400.00", "420.00"),
    ],
)
def test_each_type_pays_its_part_of_the_fare_and_its_own_taxes(traveller, fare, total):
    price = price_coupon(traveller, terms("4000", FEE, GST), "INR")

    assert (str(price.fare), str(price.total)) == (fare, total)


def test_taxes_of_a_journey_are_one_line_for_each_code():
    price = price_journey(party=Party(2, 1), flights=[terms("1000", FEE), terms("2000", FEE, GST)], currency="INR")

    assert [(tax.code, tax.amount) for tax in price.taxes] == [("IN", Decimal(1800)), ("K3", Decimal(275))]
    assert price.base == Decimal(8250)
    assert price.total == Decimal(8250) + 1800 + 275


def test_currencies_without_minor_units_are_rounded_to_whole_ones():
    assert price_coupon(TravellerType.CHILD, terms("999.90", GST), "JPY").total == Decimal(788)


@given(
    st.builds(Party, st.integers(1, 9), st.integers(0, 8), st.integers(0, 4)),
    st.lists(st.decimals(0, 99999, places=2), min_size=1, max_size=6),
)
def test_the_total_is_base_and_taxes_and_what_all_travellers_pay(party, amounts):
    price = price_journey(party=party, flights=[terms(str(amount), FEE, GST) for amount in amounts], currency="INR")

    assert price.total == price.base + sum(tax.amount for tax in price.taxes)
    assert price.total == sum(each.count * each.total for each in price.travellers)
    assert sum(each.count for each in price.travellers) == party.travellers


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        (TaxRule(), True),
        (TaxRule(reach="domestic"), True),
        (TaxRule(reach="international"), False),
        (TaxRule(origin_country="IN"), True),
        (TaxRule(origin_country="GB"), False),
        (TaxRule(cabin="economy"), True),
        (TaxRule(cabin="business"), False),
        (TaxRule(origin_id=1), True),
        (TaxRule(origin_id=2), False),
    ],
)
def test_a_tax_applies_where_all_of_its_conditions_hold(rule, applies):
    assert (rule in taxes_of(flight(), "economy", [rule])) is applies
