"""What a seat of one's choice costs: a line of the coupon's price, with a code of its own.

The line is no tax and does not come back by itself: it follows the fare when the coupon is cancelled.
"""

from dataclasses import asdict
from decimal import Decimal

from django.utils.translation import gettext_noop

from airlines.models.fares import SEAT_CHOICE_CODE
from airlines.services.pricing import TaxLine
from bookings.exceptions import SeatChoiceNotIncluded
from bookings.models import Coupon
from flights_project.lib.money import rounded


def charge(coupon: Coupon, *, is_seated: bool, currency: str) -> Decimal:
    """Put the line on a held coupon that gets a seat, take it off one that lets its seat go; returns what the total
    gains. Not saved.

    Of a sold coupon it returns what has to be paid for the seat, and nothing is given back. Raises
    SeatChoiceNotIncluded where the fare sells no seat choice.
    """
    is_held = coupon.status == Coupon.Status.HELD
    if not is_seated:
        return -take_off(coupon) if is_held else Decimal()
    if coupon.seat_fee is not None:
        return Decimal()
    price = coupon.segment.family.price_of_a_seat
    if price is None:
        raise SeatChoiceNotIncluded(traveller=str(coupon.passenger), flight=coupon.flight.number)
    fee = rounded(price, currency)
    return put_on(coupon, fee) if is_held else fee


def keep(coupon: Coupon, *, before: list[dict[str, object]]) -> Decimal:
    """After a coupon was priced again, its line of `before` stays; returns what it adds to the price. Not saved."""
    lines = [line for line in before if line["code"] == SEAT_CHOICE_CODE]
    amount = sum((Decimal(str(line["amount"])) for line in lines), Decimal())
    coupon.taxes = [*coupon.taxes, *lines]
    coupon.total += amount
    return amount


def put_on(coupon: Coupon, amount: Decimal) -> Decimal:
    """The line of a seat that costs `amount`, which is returned; none where it costs nothing. Not saved."""
    if amount:
        line = TaxLine(SEAT_CHOICE_CODE, gettext_noop("Seat choice"), amount, refundable=False)
        coupon.taxes = [*coupon.taxes, asdict(line)]
        coupon.total += amount
    return amount


def take_off(coupon: Coupon) -> Decimal:
    """The line of a seat, which is returned, goes. Not saved."""
    amount = coupon.seat_fee or Decimal()
    coupon.taxes = [line for line in coupon.taxes if line["code"] != SEAT_CHOICE_CODE]
    coupon.total -= amount
    return amount
