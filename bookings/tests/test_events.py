"""Every change of a booking is an event of its transaction; each carries what programs decide by."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from airlines.models import FareFamily
from airlines.tests.factories import make_flight
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.expiry import expire_holds
from bookings.services.holds import release_hold
from bookings.services.irregular_days import cancel_flight, change_gate, delay_flight
from bookings.services.payment import pay
from bookings.services.refunds import pay_refunds
from bookings.services.seating import choose_seats
from bookings.tests.factories import make_booking, make_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, fares={"light": 6000})


@pytest.fixture
def program(as_key, integrator_key):
    return as_key(integrator_key)


def told(program):
    return [(each["type"], each["data"]) for each in program.get("/api/v1/events/").json()["results"]]


def test_held_and_paid(program, integrator, flight, now):
    booking = make_booking(integrator, flight, now=now)

    (held, first), (confirmed, second) = told(program)
    assert (held, confirmed) == ("booking.held", "booking.confirmed")
    assert first["status"] == "held"
    assert first["payment_required_by"] == "2026-11-20T06:50:00Z"
    assert second == {
        "locator": booking.locator,
        "status": "confirmed",
        "total": {"amount": str(booking.total), "currency": "INR"},
    }


def test_declined(program, integrator, flight, now):
    payment = pay(booking=make_hold(integrator, flight, now=now), gateway="sandbox", token="tok_declined", now=now)

    kind, facts = told(program)[-1]
    assert (kind, facts["status"], facts["payment"]) == ("payment.failed", "held", str(payment.pk))
    assert facts["decline_code"]


def test_expired(program, integrator, flight, now, settings):
    make_hold(integrator, flight, now=now)
    expire_holds(now=now + settings.HOLD_LIFETIME)

    kind, facts = told(program)[-1]
    assert (kind, facts["status"]) == ("booking.expired", "expired")


def test_let_go(program, integrator, flight, now):
    release_hold(booking=make_hold(integrator, flight, now=now), now=now)

    kind, facts = told(program)[-1]
    assert (kind, facts["status"]) == ("booking.cancelled", "cancelled")


def test_cancelled_and_refunded(program, integrator, flight, now):
    booking = make_booking(integrator, flight, now=now)
    later = now + timedelta(hours=1)
    quote = quote_cancellation(booking=booking, now=later)
    confirm_cancellation(booking=booking, quote_id=quote.pk, now=later)
    pay_refunds(now=later)

    cancelled, refunded = told(program)[-2:]
    assert (cancelled[0], cancelled[1]["refund"]["amount"]) == ("booking.cancelled", str(quote.refund))
    assert (refunded[0], refunded[1]["refund"]["amount"]) == ("refund.paid", str(quote.refund))


def test_flights_that_change(program, integrator, traveller, flight, now):
    booking = make_booking(integrator, flight, now=now)
    make_booking(traveller, flight, now=now)
    later = {"departs_at": flight.departs_at + timedelta(hours=1), "arrives_at": flight.arrives_at + timedelta(hours=1)}
    delay_flight(flight=flight, **later, now=now)
    change_gate(flight=flight, gate="A1", now=now)
    change_gate(flight=flight, gate="B2", now=now)
    cancel_flight(flight=flight, now=now)

    delayed, moved, cancelled = told(program)[-3:]
    assert [delayed[0], moved[0], cancelled[0]] == ["flight.delayed", "flight.gate_changed", "flight.cancelled"]
    assert delayed[1]["locator"] == booking.locator
    assert delayed[1]["flight"]["departs_at"] == later["departs_at"].isoformat().replace("+00:00", "Z")
    assert (moved[1]["flight"]["gate"], cancelled[1]["flight"]["status"]) == ("B2", "cancelled")


def test_seated(program, integrator, flight, now):
    FareFamily.objects.update(seat_choice_included=True)
    booking = make_hold(integrator, flight, now=now)
    choose_seats(booking=booking, choices={(flight.pk, 0): "5A"}, now=now)
    choose_seats(booking=booking, choices={(flight.pk, 0): "5A"}, now=now)

    assert [kind for kind, _facts in told(program)] == ["booking.held", "booking.seats_changed"]


def test_nothing_personal_is_in_any_of_it(program, integrator, flight, now):
    booking = make_booking(integrator, flight, now=now)

    words = program.get("/api/v1/events/").content.decode().casefold()
    traveller = booking.passengers.get()
    for personal in (traveller.given_name, traveller.family_name, booking.contact_email, booking.contact_phone):
        assert personal.casefold() not in words


def test_changes_are_counted_when_they_are_committed(
    integrator, traveller, flight, now, django_capture_on_commit_callbacks
):
    def counted(name, **labels):
        return REGISTRY.get_sample_value(name, labels) or 0

    confirmed = counted("flights_booking_changes_total", type="booking.confirmed")
    paid = counted("flights_payments_total", result="succeeded")
    with django_capture_on_commit_callbacks(execute=True):
        make_booking(traveller, flight, now=now)
    make_booking(integrator, flight, now=now)  # never committed

    assert counted("flights_booking_changes_total", type="booking.confirmed") == confirmed + 1
    assert counted("flights_payments_total", result="succeeded") == paid + 1
