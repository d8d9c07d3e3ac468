"""Prices of fares. Every change of a price goes through `set_prices`: by staff, in bulk, by the pricing rules.

Fares are locked in primary-key order, and each change names the price that it leaves: what somebody else has changed
meanwhile is left alone and reported. Triggers keep the history, with the reason that stands in the row.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from airlines.exceptions import FareChanged
from airlines.models import FlightFare
from airlines.services.announcements import announce
from airlines.services.changes import Leg, price, price_of
from flights_project.lib.money import on_the_wire

PricedBy = FlightFare.PricedBy
WHERE_IT_IS_SOLD = (
    "pk",
    "flight_cabin__flight",
    "flight_cabin__cabin",
    "family__code",
    "flight_cabin__flight__origin",
    "flight_cabin__flight__destination",
    "flight_cabin__flight__departs_on",
)


class NewPrice(NamedTuple):
    """A fare's new price, and the one that it leaves."""

    fare: int
    amount_before: Decimal
    priced_by_before: str
    amount: Decimal
    priced_by: str
    reason: str

    @property
    def leaves(self) -> tuple[Decimal, str]:
        return self.amount_before, self.priced_by_before


def fixed_price(fare: FlightFare, amount: Decimal, reason: str = "") -> NewPrice:
    """Staff's own price for `fare` as it was read: the pricing rules leave it alone until it is given back to them."""
    return NewPrice(fare.pk, fare.amount, fare.priced_by, amount, PricedBy.STAFF, reason)


@transaction.atomic
def change_fare(
    *, fare: FlightFare, amount: Decimal, instead_of: Decimal | None = None, reason: str = ""
) -> FlightFare:
    """A new price of staff's own, live at once. Floor and ceiling do not bind who names one price for one fare.

    Raises ValidationError for a negative one, FareChanged where the fare does not cost `instead_of` any more.
    """
    locked = FlightFare.objects.filter(pk=fare.pk).locked().first()
    if locked is None:
        raise FareChanged("This fare has been taken off sale.", amount=None)
    if instead_of is not None and locked.amount != instead_of:
        now = on_the_wire(locked.amount, settings.CURRENCY)
        raise FareChanged(f"It costs {now['amount']} {now['currency']} now.", amount=now)
    price = fixed_price(locked, amount, reason)
    locked.amount = amount
    locked.full_clean(validate_unique=False)
    set_prices([price])
    fare.refresh_from_db()
    return fare


@transaction.atomic
def set_prices(prices: Sequence[NewPrice], *, wait: bool = True) -> set[int]:
    """Give fares their new prices; returns those (ids) that now have them.

    Left alone are fares that no longer have the price that they should leave, and, unless it should `wait`, those
    that somebody else is changing right now. A fare that goes to the pricing rules without a reference takes the
    price that it leaves for one.
    """
    rows = FlightFare.objects.filter(pk__in=[new.fare for new in prices]).locked(skip_locked=not wait)
    found = {pk: (amount, priced_by) for pk, amount, priced_by in rows.values_list("pk", "amount", "priced_by")}
    taken = [new for new in prices if found.get(new.fare) == new.leaves]
    written = [new for new in taken if (new.amount, new.priced_by) != new.leaves]
    if written:
        _write(written)
        _announce(written)
    return {new.fare for new in taken}


def _write(prices: Sequence[NewPrice]) -> None:
    """One statement, however many; the rows are locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE airlines_flightfare AS fare
               SET amount = new.amount,
                   priced_by = new.priced_by,
                   reason = new.reason,
                   reference_amount = CASE WHEN new.priced_by = 'rules'
                                           THEN coalesce(fare.reference_amount, fare.amount)
                                           ELSE fare.reference_amount END
              FROM unnest(%s::bigint[], %s::numeric[], %s::text[], %s::text[])
                   AS new (id, amount, priced_by, reason)
             WHERE fare.id = new.id
            """,
            [
                [new.fare for new in prices],
                [new.amount for new in prices],
                [str(new.priced_by) for new in prices],
                [new.reason for new in prices],
            ],
        )


def _announce(prices: Iterable[NewPrice]) -> None:
    moved = {new.fare: new for new in prices if new.amount != new.amount_before}
    rows = FlightFare.objects.filter(pk__in=moved).order_by("pk").values_list(*WHERE_IT_IS_SOLD) if moved else ()
    announce(
        price(
            flight=flight,
            leg=Leg(*leg),
            cabin=cabin,
            family=family,
            amount=moved[fare].amount,
            previous=moved[fare].amount_before,
        )
        for fare, flight, cabin, family, *leg in rows
    )


@transaction.atomic
def take_off_sale(fares: Iterable[FlightFare]) -> None:
    """Delete `fares`: nobody can buy at them any more."""
    rows = FlightFare.objects.filter(pk__in=[fare.pk for fare in fares])
    announce(price_of(fare, amount=None, previous=fare.amount) for fare in rows.with_journey())
    rows.delete()
