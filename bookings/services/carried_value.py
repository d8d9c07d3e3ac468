"""What exchanged coupons cost is carried over to those that take their place: pure calculation, no database.

Nothing is gained or lost: each new coupon gets its share of the fare and of every tax by its kilometres, as fares are
prorated, so that a later refund gives back of each flight what was paid for that part of the way.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate, pairwise

from airlines.services.pricing import CouponPrice, TaxLine
from flights_project.lib.money import rounded


def carry_over(prices: Sequence[CouponPrice], *, kilometres: Sequence[int], currency: str) -> list[CouponPrice]:
    """The sum of `prices` as the prices of new coupons, one for each of `kilometres`, in `currency`'s units."""
    fares = _split(sum((price.fare for price in prices), Decimal()), kilometres, currency)
    lines: dict[tuple[str, str, bool], Decimal] = {}
    for tax in (tax for price in prices for tax in price.taxes):
        key = (tax.code, tax.name, tax.refundable)
        lines[key] = lines.get(key, Decimal()) + tax.amount
    split = {key: _split(amount, kilometres, currency) for key, amount in lines.items()}
    return [
        CouponPrice(
            fare,
            tuple(
                TaxLine(code, name, amounts[index], refundable)
                for (code, name, refundable), amounts in split.items()
                if amounts[index]
            ),
        )
        for index, fare in enumerate(fares)
    ]


def _split(amount: Decimal, shares: Sequence[int], currency: str) -> list[Decimal]:
    """Parts of `amount` in proportion to `shares`. The running sum is rounded, so that the parts make up the whole."""
    whole = sum(shares)
    sums = [rounded(amount * so_far / whole, currency) for so_far in accumulate(shares)]
    return [after - before for before, after in pairwise([Decimal(), *sums[:-1], amount])]
