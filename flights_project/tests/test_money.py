from decimal import Decimal

import pytest

from flights_project.gateway.templatetags.flights import price_tag
from flights_project.lib.money import of_hundredths, on_the_wire, text_of_hundredths, written


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("0", "INR", "₹0"),
        ("999", "INR", "₹999"),
        ("4500.00", "INR", "₹4,500"),
        ("4500.5", "INR", "₹4,500.50"),
        ("100000", "INR", "₹1,00,000"),
        ("12345678.90", "INR", "₹1,23,45,678.90"),
        ("-1250", "INR", "−₹1,250"),
        ("1234567.89", "EUR", "€1,234,567.89"),
        ("100000.4", "JPY", "¥100,000"),
        ("1500", "THB", "THB 1,500"),
    ],
)
def test_money_is_written_as_people_read_it(amount, currency, expected):
    assert written(Decimal(amount), currency) == expected


@pytest.mark.parametrize(
    ("number", "currency"), [(0, "INR"), (7, "EUR"), (450_050, "INR"), (1500, "JPY"), (1250, "KWD")]
)
def test_hundredths_are_written_as_amounts_are_on_the_wire(number, currency):
    assert text_of_hundredths(number, currency) == on_the_wire(of_hundredths(number), currency)["amount"]


@pytest.mark.parametrize(
    ("amount", "expected"), [("4500", "₹4,500"), ("4500.5", '₹4,500<span class="minor">.50</span>')]
)
def test_a_price_among_others_is_exact_and_its_paise_are_small(amount, expected):
    assert price_tag(Decimal(amount)) == expected
