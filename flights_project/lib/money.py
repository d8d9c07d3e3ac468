"""Money is a `Decimal` in the deployment's one currency, rounded here and nowhere else."""

from decimal import ROUND_HALF_UP, Decimal
from typing import TypedDict

MINOR_DIGITS = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    0,
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
"""Decimal places of the currencies that do not have two (ISO 4217)."""
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
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), rounding=ROUND_HALF_UP)


def on_the_wire(amount: Decimal, currency: str) -> MoneyAmount:
    """`amount` as the API writes it: a string, so that no client reads it into a float by accident."""
    return {"amount": str(rounded(amount, currency)), "currency": currency}
