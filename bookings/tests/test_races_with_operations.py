"""A flight is cancelled, delayed or gets a gate at the moment that somebody does something about a booking on it. What
was looked at before a lock is looked at again under it; the controls show what happens where it is not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import current_thread
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from airlines.models import FareFamily
from airlines.services import inventory, operations
from airlines.tests.factories import make_flight
from airlines.tests.races import PATIENCE, how_many_wait, outcome, unlocked_cabins
from bookings.exceptions import NotDividable, QuoteOutdated, SeatChoiceClosed
from bookings.models import Booking, ItineraryChange, Refund
from bookings.querysets import ItineraryChangeQuerySet
from bookings.services import cancellation, dividing, irregular_days
from bookings.services.acting import Mandate
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.dividing import divide_booking
from bookings.services.holds import Contact
from bookings.services.irregular_days import cancel_flight, change_gate, delay_flight
from bookings.services.itinerary_changes import open_changes
from bookings.services.proposals import accept_for_all, propose
from bookings.services.reconciliation import reconcile
from bookings.services.seating import choose_seats
from bookings.tests.factories import adult, make_booking
from flights_project.local.server import wait_until
from notifications.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def flight(now):
    flight = make_flight(departs_at=now + timedelta(days=5), number="KV101")
    FareFamily.objects.update(refund_percent=40, seat_choice_included=True)
    return flight


@pytest.fixture
def booking(traveller, flight, now):
    return make_booking(traveller, flight, now=now, travellers=[adult(), adult()])


@pytest.fixture
def cancel_it(flight, now):
    return lambda: cancel_flight(flight=flight, now=now)


@pytest.fixture
def unlocked(monkeypatch):
    """Cabins are read, and not locked."""
    monkeypatch.setattr(inventory, "lock_cabins", unlocked_cabins)


class TestGivingUpAFlightThatIsCancelled:
    """By the fare 60 percent are kept; where the airline cancels, nothing is."""

    @pytest.fixture
    def give_up(self, booking, now):
        quote = quote_cancellation(booking=booking, now=now)
        return lambda: confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

    def test_first_nothing_is_kept(self, race, give_up, cancel_it):
        outcomes = race(irregular_days, "booked_on", first=cancel_it, second=give_up)

        assert outcomes == ("done", QuoteOutdated.__name__)
        assert not Refund.objects.exists()
        assert ItineraryChange.objects.get().status == "open"

    def test_afterwards_nobody_is_left_to_be_told(self, race, give_up, cancel_it):
        outcomes = race(cancellation, "_return_seats", first=give_up, second=cancel_it)

        assert outcomes == ("done", "done")
        assert Refund.objects.get().amount == 3200
        assert not ItineraryChange.objects.exists()

    @pytest.mark.usefixtures("unlocked")
    def test_control_without_the_lock_of_the_cabins_the_airline_keeps_what_it_owes(self, race, give_up, cancel_it):
        race(cancellation, "_return_seats", first=give_up, second=cancel_it)

        assert Refund.objects.get().amount == 3200
        assert Message.objects.filter(kind="flight_cancelled").exists()


class TestSplittingABookingOfAFlightThatIsCancelled:
    @pytest.fixture
    def split(self, booking, agent, now):
        mandate = Mandate(by=agent, reason="They called.", key=uuid4())
        contact = Contact(email="other@example.com")
        return lambda: divide_booking(booking=booking, passengers=[1], contact=contact, mandate=mandate, now=now)

    def test_first_is_refused(self, race, split, cancel_it):
        outcomes = race(irregular_days, "open_changes", first=cancel_it, second=split)

        assert outcomes == ("done", NotDividable.__name__)
        assert Booking.objects.count() == ItineraryChange.objects.open().count() == 1

    def test_afterwards_both_bookings_are_told(self, race, split, cancel_it):
        outcomes = race(dividing, "_move_money", first=split, second=cancel_it)

        assert outcomes == ("done", "done")
        assert Booking.objects.count() == ItineraryChange.objects.open().count() == 2
        assert Message.objects.filter(kind="flight_cancelled", recipient="other@example.com").exists()
        assert reconcile() == []

    @pytest.mark.usefixtures("unlocked")
    def test_control_without_the_lock_of_the_cabins_who_was_split_off_is_not_told(self, race, split, cancel_it):
        outcomes = race(dividing, "_move_money", first=split, second=cancel_it)

        assert outcomes == ("done", "done")
        assert Booking.objects.count() == 2
        assert not Message.objects.filter(kind="flight_cancelled", recipient="other@example.com").exists()


class TestChoosingASeatOnAFlightThatIsCancelled:
    @pytest.fixture
    def choose(self, booking, flight, now):
        return lambda: choose_seats(booking=booking, choices={(flight.pk, 0): "10A"}, now=now)

    def test_is_refused(self, race, booking, choose, cancel_it):
        outcomes = race(irregular_days, "booked_on", first=cancel_it, second=choose)

        assert outcomes == ("done", SeatChoiceClosed.__name__)
        assert not booking.coupons.filter(seat__isnull=False).exists()

    @pytest.mark.usefixtures("unlocked")
    def test_control_without_the_lock_of_the_cabins_a_seat_is_chosen(self, race, booking, choose, cancel_it):
        assert race(irregular_days, "booked_on", first=cancel_it, second=choose) == ("done", "done")
        assert booking.coupons.filter(seat__isnull=False).exists()


@pytest.mark.usefixtures("booking")
class TestTwoChangesOfAFlightAtOnce:
    def test_the_second_gate_is_told_also_where_nobody_knew_of_the_first(self, race, flight, now):
        outcomes = race(
            operations,
            "announce",
            first=lambda: change_gate(flight=flight, gate="12", now=now),
            second=lambda: change_gate(flight=flight, gate="14", now=now),
        )

        assert outcomes == ("done", "done")
        told = Message.objects.filter(kind="gate_changed").values_list("context__was_gate", flat=True)
        assert set(told) == {"12"}

    def test_the_second_delay_says_when_the_flight_left_by_the_first(self, race, flight, now):
        def delay(hours):
            departs_at = flight.departs_at + timedelta(hours=hours)
            arrives_at = departs_at + timedelta(hours=2)
            return lambda: delay_flight(flight=flight, departs_at=departs_at, arrives_at=arrives_at, now=now)

        assert race(irregular_days, "booked_on", first=delay(2), second=delay(3)) == ("done", "done")

        told = Message.objects.filter(kind="flight_delayed")
        times = told.values_list("context__was_departs", "context__flight__departs")
        assert set(times) == {("12:00", "14:00"), ("14:00", "15:00")}


class TestWritingManyChangesAtOnce:
    """Three bookings wait, written in one order and named in the other. One of them is held by somebody else, until
    both who want all three have one of the two others, if they do not all begin with the same."""

    @pytest.fixture
    def changes(self, traveller, flight, now):
        bookings = [make_booking(traveller, flight, now=now) for _ in range(3)]
        keys = [UUID(int=3), UUID(int=2), UUID(int=1)]
        waiting = [
            ItineraryChange(
                pk=key, booking=booking, flight=flight, cause="flight_cancelled", proposed=[1], opened_at=now
            )
            for key, booking in zip(keys, bookings, strict=True)
        ]
        return ItineraryChange.objects.bulk_create(waiting)

    @pytest.fixture
    def acts(self, changes, flight, agent, now):
        causes = {change.booking_id: ItineraryChange.Cause.MISSED for change in changes}

        @transaction.atomic
        def another_cause():
            open_changes(flight=flight.pk, causes=causes, now=now)

        return {
            "accepted by staff": lambda: accept_for_all(flight=flight, by=agent, now=now),
            "another cause": another_cause,
        }

    @pytest.fixture
    def with_a_new_proposal(self, changes, flight, now):
        def outcomes(act):
            with ThreadPoolExecutor(1, "first") as one, ThreadPoolExecutor(1, "second") as other:
                with transaction.atomic():
                    ItineraryChange.objects.select_for_update().get(pk=changes[1].pk)
                    begun = one.submit(outcome, act)
                    assert wait_until(lambda: how_many_wait() == 1, PATIENCE)
                    ended = other.submit(outcome, lambda: propose(flight=flight, now=now))
                    assert wait_until(lambda: how_many_wait() == 2, PATIENCE)
                return {begun.result(PATIENCE), ended.result(PATIENCE)}

        return outcomes

    @pytest.mark.parametrize("act", ["accepted by staff", "another cause"])
    def test_never_deadlocks(self, with_a_new_proposal, acts, act):
        assert with_a_new_proposal(acts[act]) == {"done"}

    @pytest.mark.parametrize("act", ["accepted by staff", "another cause"])
    def test_control_locked_in_the_order_of_writing_it_does(self, with_a_new_proposal, acts, act, monkeypatch):
        def lock(changes):
            order = "-pk" if current_thread().name.startswith("first") else "pk"
            return changes.order_by(order).select_for_update(of=("self",), no_key=True)

        monkeypatch.setattr(ItineraryChangeQuerySet, "locked", lock)

        assert with_a_new_proposal(acts[act]) == {"done", "OperationalError"}
