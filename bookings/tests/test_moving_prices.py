"""A price that moves does not move for somebody who holds it, nor while they pay."""

import pytest

from airlines.models import FlightFare
from airlines.services.repricing import reprice_flights
from airlines.tests.factories import fare_of, make_flight, make_pricing_rule
from bookings.gateways.sandbox import SandboxGateway
from bookings.models import Booking
from bookings.services.payment import pay
from bookings.tests.factories import make_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    """Ten seats; each that is taken makes the others dearer."""
    make_pricing_rule("Steep", load={0: 100, 10: 150, 20: 200})
    flight = make_flight(departs_at=in_a_month, seats=10)
    FlightFare.objects.update(priced_by="rules", reference_amount=4000)
    return flight


@pytest.fixture
def booking(traveller, flight, now):
    return make_hold(traveller, flight, now=now)


def test_a_hold_makes_the_next_one_dearer_and_keeps_its_own_price(booking, flight, now):
    assert reprice_flights(flights=[flight.pk], now=now) == 1

    assert fare_of(flight).amount == 6000
    booking.refresh_from_db()
    assert (booking.total, booking.coupons.get().fare) == (4000, 4000)
    assert pay(booking=booking, gateway="sandbox", token="tok_ok", now=now).amount == 4000


def test_a_price_that_moves_while_a_payment_runs_is_not_the_payers(booking, flight, now, monkeypatch):
    """The gateway's answer comes after the price has moved and after the guarantee would have ended."""
    changed = []
    charge = SandboxGateway.charge

    def reprice_and_charge(self, **order):
        changed.append(reprice_flights(flights=[flight.pk], now=now))
        return charge(self, **order)

    monkeypatch.setattr(SandboxGateway, "charge", reprice_and_charge)
    paid = pay(booking=booking, gateway="sandbox", token="tok_ok", now=now)

    booking.refresh_from_db()
    assert changed == [1]
    assert (paid.status, paid.amount, booking.total) == ("succeeded", 4000, 4000)
    assert booking.status == Booking.Status.CONFIRMED
    assert fare_of(flight).amount == 6000
