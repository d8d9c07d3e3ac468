"""Money is a `Decimal` in the deployment's one currency, rounded here and nowhere else."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import TypedDict

MINOR_DIGITS = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    0,
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
"""Decimal places of the currencies that do not have two (ISO 4217)."""
SYMBOLS = {"INR": "₹", "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "AUD": "A$", "CAD": "C$", "SGD": "S$"}
"""Of the currencies that have one which everybody knows; the others are written by their code."""
INDIAN_GROUPS = re.compile(r"(?<=\d)(?=(\d\d)*\d{3}$)")
"""Where the digits of rupees are parted: before the last three, and before each pair before them."""
MINOR_DIGITS_KEPT = 2
"""Decimal places of every amount in the database: a currency with more would be rounded twice."""


class MoneyAmount(TypedDict):
    """Money on the wire: `{"amount": "4500.00", "currency": "INR"}`."""

    amount: str
    currency: str


def minor_digits(currency: str) -> int:
    return MINOR_DIGITS.get(currency, 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """`amount` to the currency's minor unit, halves away from zero as fares and taxes are rounded."""
    return amount.quantize(_minor_unit(currency), rounding=ROUND_HALF_UP)


@cache
def _minor_unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-minor_digits(currency))


def written(amount: Decimal, currency: str) -> str:
    """As people read it, in English and in Hindi: `₹1,00,000`, `₹4,500.50`, `€1,200`.

    Minor units only where there are any; rupees in lakhs and crores, other currencies in thousands.
    """
    exact = rounded(amount, currency)
    if exact == exact.to_integral_value():
        exact = exact.quantize(Decimal(1))
    whole, point, minor = str(abs(exact)).partition(".")
    grouped = INDIAN_GROUPS.sub(",", whole) if currency == "INR" else f"{int(whole):,}"
    sign = "−" if exact < 0 else ""
    return f"{sign}{SYMBOLS.get(currency, f'{currency} ')}{grouped}{point}{minor}"


def hundredths(amount: Decimal) -> int:
    """`amount` as a whole number, for sorting and comparing many."""
    return int(amount.scaleb(MINOR_DIGITS_KEPT))


def of_hundredths(number: int) -> Decimal:
    """The amount that is so many hundredths."""
    return Decimal(number).scaleb(-MINOR_DIGITS_KEPT)


def text_of_hundredths(number: int, currency: str) -> str:
    """What `on_the_wire` says of so many hundredths, which are rounded and not below zero, in less time."""
    digits = minor_digits(currency)
    whole, minor = divmod(number, 100)
    return f"{whole}.{minor:02}{'0' * (digits - MINOR_DIGITS_KEPT)}" if digits else str(whole)


def on_the_wire(amount: Decimal, currency: str) -> MoneyAmount:
    """`amount` as the API writes it: a string, so that no client reads it into a float by accident."""
    return {"amount": str(rounded(amount, currency)), "currency": currency}
