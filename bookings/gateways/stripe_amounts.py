"""Amounts as Stripe writes them: whole numbers of the smallest unit, https://docs.stripe.com/currencies."""

from decimal import Decimal

from flights_project.lib.money import MINOR_DIGITS

STRIPE_DIGITS = MINOR_DIGITS | {"ISK": 2, "UGX": 2, "MGA": 0}
"""Where Stripe counts otherwise than ISO 4217. Of three decimals the last must be a zero: we keep two."""


def to_stripe(amount: Decimal, currency: str) -> int:
    """Raises ValueError where the currency has no unit that small: nobody is charged a rounded amount."""
    units = amount.scaleb(STRIPE_DIGITS.get(currency, 2))
    if units != units.to_integral_value():
        raise ValueError(f"{amount} {currency} is not a whole number of the smallest unit.")
    return int(units)


def from_stripe(units: int, currency: str) -> Decimal:
    """`currency` as Stripe writes it, in small letters, or as we do."""
    return Decimal(units).scaleb(-STRIPE_DIGITS.get(currency.upper(), 2))
