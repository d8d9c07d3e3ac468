"""Staff and travellers at once on the same booking: each race with a control that shows it without the lock."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, BrokenBarrierError
from uuid import uuid4

import pytest

from airlines.models import FareFamily
from airlines.tests.factories import make_flight
from airlines.tests.races import at_once
from bookings.models import Booking, Payment, Refund
from bookings.querysets import BookingQuerySet
from bookings.services import waivers
from bookings.services.acting import Mandate
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.check_in import check_in
from bookings.services.dividing import divide_booking
from bookings.services.holds import Contact
from bookings.services.name_corrections import correct_name
from bookings.services.reconciliation import reconcile
from bookings.services.refunds import pay_refunds
from bookings.services.travellers import Traveller
from bookings.services.waivers import waive_penalty
from bookings.tests.factories import adult, make_booking

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 4


@pytest.fixture
def flight(now):
    flight = make_flight(departs_at=now + timedelta(hours=20))
    FareFamily.objects.update(refund_percent=40)
    return flight


@pytest.fixture
def booking(traveller, flight, now):
    return make_booking(traveller, flight, now=now, travellers=[adult(), adult(), adult()])


@pytest.fixture
def mandate(agent):
    return lambda: Mandate(by=agent, reason="She called.", key=uuid4())


@pytest.fixture
def kept(booking, now):
    """A cancelled booking of which 7,200 was kept."""
    quote = quote_cancellation(booking=booking, now=now)
    confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)
    return booking


@pytest.fixture
def unlocked(monkeypatch):
    """Everybody reads the booking as it was, and goes on when all have."""
    all_have_read = Barrier(AT_ONCE, timeout=10)
    monkeypatch.setattr(BookingQuerySet, "locked", lambda rows, pk: rows.select_related("family", "owner").get(pk=pk))
    kept_of = waivers.kept_of

    def read_together(booking):
        found = list(kept_of(booking))
        with suppress(BrokenBarrierError):
            all_have_read.wait()
        return found

    monkeypatch.setattr(waivers, "kept_of", read_together)


def waived():
    return sum(refund.amount for refund in Refund.objects.filter(reason="waived"))


class TestWaivingTwice:
    def test_gives_everything_back_once(self, kept, mandate, now):
        outcomes = at_once(
            lambda _n: waive_penalty(booking=kept, amount=None, mandate=mandate(), now=now), clients=AT_ONCE
        )

        assert outcomes == {"done": 1, "NothingToWaive": AT_ONCE - 1}
        assert waived() == 7200
        assert reconcile() == []

    def test_control_without_the_lock_it_is_given_back_several_times(self, kept, mandate, unlocked, now):
        at_once(
            lambda _n: waive_penalty(booking=kept, amount=Decimal(2000), mandate=mandate(), now=now), clients=AT_ONCE
        )

        assert waived() > 2000
        assert reconcile() != []

    def test_the_same_form_is_one_waiver(self, kept, mandate, now):
        form = mandate()

        outcomes = at_once(
            lambda _n: waive_penalty(booking=kept, amount=Decimal(100), mandate=form, now=now), clients=AT_ONCE
        )

        assert outcomes == {"done": AT_ONCE}
        assert waived() == 100


def test_splitting_the_same_form_makes_one_booking(booking, mandate, now):
    form, contact = mandate(), Contact(email="a@example.com")

    outcomes = at_once(
        lambda _n: divide_booking(booking=booking, passengers=[1], contact=contact, mandate=form, now=now),
        clients=AT_ONCE,
    )

    assert outcomes == {"done": AT_ONCE}
    assert Booking.objects.count() == 2
    assert reconcile() == []


def test_split_cancelled_checked_in_corrected_and_paid_back_at_once_it_adds_up(booking, mandate, flight, now):
    quote = quote_cancellation(booking=booking, now=now, passengers=[2])
    who = booking.passengers.get(position=1)
    right = Traveller(type="", given_name=who.given_name + "a", family_name=who.family_name, born_on=who.born_on)
    acts = [
        lambda: divide_booking(
            booking=booking, passengers=[1], contact=Contact(email="a@example.com"), mandate=mandate(), now=now
        ),
        lambda: confirm_cancellation(booking=booking, quote_id=quote.pk, now=now),
        lambda: check_in(booking=booking, now=now),
        lambda: correct_name(booking=booking, position=1, corrected=right, mandate=mandate(), now=now),
        lambda: pay_refunds(now=now),
        lambda: pay_refunds(now=now),
    ]

    outcomes = at_once(lambda n: acts[n](), clients=len(acts))

    expected = {"done", "NotDividable", "QuoteOutdated", "CheckInClosed", "NameNotCorrectable", "InvalidRequest"}
    assert outcomes.keys() <= expected
    assert outcomes["done"] >= 3
    assert reconcile() == []
    assert sum(payment.amount for payment in Payment.objects.all()) == 12000
