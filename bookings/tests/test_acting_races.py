"""Staff and travellers at once on the same booking: each race with a control that shows it without the lock."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, BrokenBarrierError, Event
from uuid import uuid4

import pytest

from airlines.models import FareFamily
from airlines.services import inventory
from airlines.tests.factories import make_flight
from airlines.tests.races import PATIENCE, at_once, unlocked_cabins
from bookings.models import Booking, Payment, Refund
from bookings.querysets import BookingQuerySet
from bookings.services import dividing, name_corrections, waivers
from bookings.services.acting import Mandate
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.check_in import check_in
from bookings.services.dividing import divide_booking
from bookings.services.holds import Contact
from bookings.services.name_corrections import correct_name
from bookings.services.payment import pay
from bookings.services.reconciliation import reconcile
from bookings.services.refunds import pay_refunds
from bookings.services.seating import choose_seats
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


def read_unlocked(monkeypatch):
    monkeypatch.setattr(BookingQuerySet, "locked", lambda rows, pk: rows.select_related("family", "owner").get(pk=pk))


@pytest.fixture
def unlocked(monkeypatch):
    """Everybody reads the booking as it was, and goes on when all have."""
    all_have_read = Barrier(AT_ONCE, timeout=PATIENCE)
    read_unlocked(monkeypatch)
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


class TestPayingForSeatsWhileTravellersAreSplitOff:
    """The fee of a seat becomes part of its coupon's price and of the booking's total, which a split divides."""

    @pytest.fixture
    def split(self, booking, flight, mandate, now):
        FareFamily.objects.update(seat_fee=150)
        choose_seats(booking=booking, choices={(flight.pk, 0): "4A", (flight.pk, 1): "4B"}, now=now)
        contact = Contact(email="a@example.com")
        return lambda n: divide_booking(booking=booking, passengers=[n], contact=contact, mandate=mandate(), now=now)

    @pytest.fixture
    def pay_fees(self, booking, now):
        return lambda: pay(booking=booking, gateway="sandbox", token="tok_ok", now=now)

    def test_adds_up_whoever_comes_first(self, split, pay_fees):
        outcomes = at_once(lambda n: split(n) if n else pay_fees(), clients=3)

        assert outcomes.keys() <= {"done", "NotDividable", "PaymentRunning"}
        assert not Payment.objects.exclude(status=Payment.Status.SUCCEEDED).exists()
        assert sum(booking.total for booking in Booking.objects.all()) == 12300
        assert sum(payment.amount for payment in Payment.objects.all()) == 12300
        assert reconcile() == []

    def test_control_without_the_lock_a_fee_is_lost(self, split, pay_fees, monkeypatch):
        """Who splits reads the total before the payment and looks whether one runs after it."""
        has_read, is_paid = Barrier(2, timeout=PATIENCE), Event()
        refuse_unless_quiet = dividing._refuse_unless_quiet

        def look_when_it_is_paid(booking):
            has_read.wait()
            assert is_paid.wait(PATIENCE)
            refuse_unless_quiet(booking)

        def pay_when_it_is_read():
            has_read.wait()
            pay_fees()
            is_paid.set()

        read_unlocked(monkeypatch)
        monkeypatch.setattr(inventory, "lock_cabins", unlocked_cabins)
        monkeypatch.setattr(dividing, "_refuse_unless_quiet", look_when_it_is_paid)

        outcomes = at_once(lambda n: split(n) if n else pay_when_it_is_read(), clients=2)

        assert outcomes == {"done": 2}
        assert sum(booking.total for booking in Booking.objects.all()) == 12000
        assert sum(payment.amount for payment in Payment.objects.all()) == 12300


class TestCorrectingSeveralTravellersToOnePerson:
    @pytest.fixture
    def correct(self, traveller, flight, mandate, now):
        """Each books a flight of their own at the same time, under a name that is one letter off."""
        right = adult(family_name="Rao")
        bookings = [
            make_booking(
                traveller,
                make_flight(departs_at=flight.departs_at),
                now=now,
                travellers=[adult(family_name="Rao" + letter)],
            )
            for letter in "abcd"
        ]
        return lambda n: correct_name(booking=bookings[n], position=0, corrected=right, mandate=mandate(), now=now)

    def test_is_done_for_one(self, correct):
        assert at_once(correct, clients=AT_ONCE) == {"done": 1, "TravellerElsewhere": AT_ONCE - 1}

    def test_control_without_the_lock_on_the_person_one_flies_twice_at_once(self, correct, monkeypatch):
        all_have_looked = Barrier(AT_ONCE, timeout=PATIENCE)
        look = name_corrections.refuse_elsewhere

        def look_together(*args, by):
            look(*args, by=by)
            all_have_looked.wait()

        monkeypatch.setattr(name_corrections, "lock_identities", lambda identities: None)
        monkeypatch.setattr(name_corrections, "refuse_elsewhere", look_together)

        assert at_once(correct, clients=AT_ONCE) == {"done": AT_ONCE}
