"""Moving to other flights while others want the same seats, or while those flights are changed. The controls take the
locks away, and show what each is for."""

from datetime import timedelta
from threading import Barrier

import pytest

from airlines.exceptions import SeatsGone
from airlines.models import FareFamily, FlightCabin
from airlines.services import inventory, operations
from airlines.tests.factories import AirplaneFactory, claim_for, economy, make_flight
from airlines.tests.races import CLIENTS, PATIENCE, at_once, unlocked_cabins
from bookings.exceptions import ChangeClosed, FlightsDoNotFit, QuoteOutdated
from bookings.models import Coupon, ItineraryChange
from bookings.querysets import BookingQuerySet
from bookings.services import cancellation, choices, irregular_days, rebooking
from bookings.services.airplane_swaps import swap_airplane
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.choices import accept, move, offer_of
from bookings.services.holds import Contact, hold_seats
from bookings.services.irregular_days import cancel_flight, delay_flight
from bookings.services.reconciliation import reconcile
from bookings.services.seating import choose_seats
from bookings.tests.factories import adult, make_booking, make_hold, make_journey
from flights_project.gateway.models import User
from notifications.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

SEATS = 5


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


@pytest.fixture
def other(in_a_month):
    """The same way, three hours later."""
    return make_flight(departs_at=in_a_month + timedelta(hours=3), number="KV103")


@pytest.fixture
def last(in_a_month):
    """Likewise, with few seats."""
    return make_flight(departs_at=in_a_month + timedelta(hours=4), seats=SEATS, number="KV105")


@pytest.fixture
def booking(traveller, flight, now):
    return make_booking(traveller, flight, now=now)


@pytest.fixture
def move_to(booking, traveller, now):
    """The choice of another flight, once there is something to choose."""

    def choose(flight):
        change = ItineraryChange.objects.get(booking=booking, status="open")
        return lambda: move(change=change, flights=[flight.pk], by=traveller, now=now)

    return choose


def unlocked_booking(bookings, pk):
    return bookings.select_related("family", "owner").get(pk=pk)


def delay(flight, now, hours=5):
    moved = flight.departs_at + timedelta(hours=hours)
    return delay_flight(flight=flight, departs_at=moved, arrives_at=moved + timedelta(hours=2), now=now)


def flies(booking):
    return list(booking.coupons.live().values_list("flight__number", flat=True))


class TestForTheLastSeats:
    """Who moves, who accepts what staff proposed, and who buys, all at once."""

    @pytest.fixture
    def want_a_seat(self, flight, last, now):
        owners = [User.objects.create_user(f"client{n}@example.com") for n in range(CLIENTS)]
        people, claim = [adult() for _ in owners], claim_for([last], now=now)
        for owner in owners:
            make_booking(owner, flight, now=now)
        cancel_flight(flight=flight, now=now)
        ItineraryChange.objects.update(proposed=[last.pk])
        changes = {change.booking.owner: change for change in ItineraryChange.objects.select_related("booking__owner")}

        def want(n):
            owner = owners[n]
            if n % 3 == 0:
                move(change=changes[owner], flights=[last.pk], by=owner, now=now)
            elif n % 3 == 1:
                accept(change=changes[owner], by=owner, now=now)
            else:
                contact = Contact(email=owner.email)
                hold_seats(offer=claim, travellers=[people[n]], contact=contact, owner=owner, now=now)

        return want

    def test_exactly_those_are_given(self, want_a_seat, last):
        assert at_once(want_a_seat) == {"done": SEATS, SeatsGone.__name__: CLIENTS - SEATS}

        cabin = FlightCabin.objects.get(flight=last)
        assert cabin.seats_held + cabin.seats_sold == Coupon.objects.live().filter(flight=last).count() == SEATS
        assert ItineraryChange.objects.filter(status="moved").count() == cabin.seats_sold
        assert reconcile() == []

    def test_control_without_locks_and_guard_what_others_took_is_forgotten(self, want_a_seat, last, monkeypatch):
        """All read the same number of free seats, and write how many are taken by that."""
        all_have_looked = Barrier(CLIENTS, timeout=PATIENCE)

        def look_together(**asked):
            cabins = unlocked_cabins(**asked)
            all_have_looked.wait()
            return cabins

        def unguarded(cabins, *, held=0, sold=0):
            for cabin in cabins:
                counted = {"seats_held": cabin.seats_held + held, "seats_sold": cabin.seats_sold + sold}
                FlightCabin.objects.filter(pk=cabin.pk).update(**counted)
            return True

        monkeypatch.setattr(choices, "_lock_offer", lambda change, flights=(): offer_of(change))
        monkeypatch.setattr(inventory, "lock_cabins", look_together)
        monkeypatch.setattr(inventory, "_count", unguarded)

        assert at_once(want_a_seat) == {"done": CLIENTS}
        assert Coupon.objects.live().filter(flight=last).count() > SEATS
        assert reconcile() != []


class TestMovingInOppositeDirections:
    @pytest.fixture
    def cross_over(self, flight, other, now):
        """Travellers of two delayed flights who move to the other one of them."""
        owners = [User.objects.create_user(f"client{n}@example.com") for n in range(CLIENTS)]
        for n, owner in enumerate(owners):
            make_booking(owner, [flight, other][n % 2], now=now)
        delay(flight, now)
        delay(other, now)
        changes = {change.booking.owner: change for change in ItineraryChange.objects.select_related("booking__owner")}

        def cross(n):
            to = [other, flight][n % 2]
            move(change=changes[owners[n]], flights=[to.pk], by=owners[n], now=now)

        return cross

    def test_never_deadlocks(self, cross_over):
        assert at_once(cross_over) == {"done": CLIENTS}
        assert reconcile() == []

    def test_control_locked_in_the_order_of_the_journey_two_deadlock(self, cross_over, flight, monkeypatch):
        """First what is left, then what is taken, when both have locked what they leave."""
        both_have_one = Barrier(2, timeout=PATIENCE)

        def lock_one_by_one(part, flights, leaving):
            cabins = part.booking.cabin
            left = list(FlightCabin.objects.filter(flight__in=part.flights, cabin=cabins).locked())
            both_have_one.wait()
            return [*left, *FlightCabin.objects.filter(flight__in=flights, cabin=cabins).locked()]

        monkeypatch.setattr(choices, "_lock_offer", lambda change, flights=(): offer_of(change))
        monkeypatch.setattr(rebooking, "_lock", lock_one_by_one)

        assert at_once(cross_over, clients=2) == {"done": 1, "OperationalError": 1}


class TestAgainstACancellationOfTheBooking:
    @pytest.fixture
    def cancel(self, booking, flight, now):
        cancel_flight(flight=flight, now=now)
        quote = quote_cancellation(booking=booking, now=now)
        return lambda: confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

    def test_which_comes_first_the_move_finds_the_change_answered(self, race, booking, cancel, move_to, other):
        outcomes = race(cancellation, "_return_seats", first=cancel, second=move_to(other))

        assert outcomes == ("done", ChangeClosed.__name__)
        assert flies(booking) == []
        assert reconcile() == []

    def test_which_comes_second_it_finds_other_flights(self, race, booking, cancel, move_to, other):
        outcomes = race(rebooking, "refuse_elsewhere", first=move_to(other), second=cancel)

        assert outcomes == ("done", QuoteOutdated.__name__)
        assert flies(booking) == ["KV103"]
        assert reconcile() == []

    def test_control_without_the_lock_of_the_booking_it_is_cancelled_and_flies(
        self, race, monkeypatch, booking, cancel, move_to, other
    ):
        monkeypatch.setattr(BookingQuerySet, "locked", unlocked_booking)
        monkeypatch.setattr(inventory, "lock_cabins", unlocked_cabins)

        outcomes = race(cancellation, "_return_seats", first=cancel, second=move_to(other))

        assert outcomes[1] == "done"
        assert outcomes[0] == "RuntimeError" or reconcile() != []


class TestOntoAFlightThatIsCancelled:
    @pytest.fixture
    def offered(self, booking, flight, now):
        cancel_flight(flight=flight, now=now)

    @pytest.mark.usefixtures("offered")
    def test_first_nobody_comes_onto_it(self, race, booking, move_to, other, now):
        outcomes = race(
            irregular_days, "booked_on", first=lambda: cancel_flight(flight=other, now=now), second=move_to(other)
        )

        assert outcomes == ("done", FlightsDoNotFit.__name__)
        assert flies(booking) == ["KV101"]
        assert ItineraryChange.objects.get().status == "open"

    @pytest.mark.usefixtures("offered")
    @pytest.mark.parametrize("locked", [True, False])
    def test_afterwards_who_has_come_is_told_and_chooses_again(
        self, race, monkeypatch, booking, move_to, other, now, locked
    ):
        """Without the locks nobody tells them that the flight, which they have just chosen, does not go."""
        if not locked:
            monkeypatch.setattr(choices, "_lock_offer", lambda change, flights=(): offer_of(change))
            monkeypatch.setattr(inventory, "lock_cabins", unlocked_cabins)

        outcomes = race(
            rebooking, "refuse_elsewhere", first=move_to(other), second=lambda: cancel_flight(flight=other, now=now)
        )

        assert outcomes == ("done", "done")
        assert flies(booking) == ["KV103"]
        assert ItineraryChange.objects.filter(flight=other, status="open").exists() is locked
        about_it = Message.objects.filter(kind="flight_cancelled", subject__contains="KV103")
        assert about_it.exists() is locked


class TestOntoAFlightWhoseAirplaneIsSwapped:
    """With a seat that the party takes along, in the rows that only one of the airplanes has."""

    @pytest.fixture
    def swap(self, booking, flight, other, now):
        FareFamily.objects.update(seat_choice_included=True)
        choose_seats(booking=booking, choices={(flight.pk, 0): "25A"}, now=now)
        cancel_flight(flight=flight, now=now)
        smaller = AirplaneFactory(cabins=[economy(1, 20)])
        return lambda: swap_airplane(flight=other, airplane=smaller, now=now)

    @pytest.fixture
    def seat(self, booking):
        return lambda: str(booking.coupons.live().get().seat)

    def test_first_the_seat_is_one_of_the_new_airplane(self, race, swap, move_to, other, seat):
        outcomes = race(operations, "swap", first=swap, second=move_to(other))

        assert outcomes == ("done", "done")
        assert seat() == "20A"
        assert reconcile() == []

    @pytest.mark.parametrize("locked", [True, False])
    def test_afterwards_who_has_come_is_seated_anew(self, race, monkeypatch, swap, move_to, other, seat, locked):
        if not locked:
            monkeypatch.setattr(choices, "_lock_offer", lambda change, flights=(): offer_of(change))
            monkeypatch.setattr(inventory, "lock_cabins", unlocked_cabins)

        outcomes = race(rebooking, "refuse_elsewhere", first=move_to(other), second=swap)

        assert outcomes == ("done", "done")
        assert seat() == ("20A" if locked else "25A")
        assert (reconcile() == []) is locked


class TestAConnection:
    """Of two flights, of which the second is cancelled; its traveller moves to an earlier one, ninety minutes after the
    first has landed, which is delayed by too little to choose for that alone."""

    @pytest.fixture
    def earlier(self, in_a_month):
        return make_flight("BOM", "GOI", departs_at=in_a_month + timedelta(hours=3.5), number="KV203")

    @pytest.fixture
    def booking(self, traveller, flight, in_a_month, now):
        onward = make_flight("BOM", "GOI", departs_at=in_a_month + timedelta(hours=6), number="KV206")
        booking = make_journey(traveller, [flight, onward], now=now)
        cancel_flight(flight=onward, now=now)
        return booking

    @pytest.fixture
    def delay_the_first(self, flight, now):
        return lambda: delay(flight, now, hours=0.8)

    def test_that_a_delay_has_broken_is_refused(self, race, booking, move_to, delay_the_first, earlier):
        outcomes = race(irregular_days, "booked_on", first=delay_the_first, second=move_to(earlier))

        assert outcomes == ("done", FlightsDoNotFit.__name__)
        assert flies(booking) == ["KV101", "KV206"]

    @pytest.mark.parametrize("locked", [True, False])
    def test_that_a_delay_breaks_afterwards_can_be_chosen_anew(
        self, race, monkeypatch, booking, move_to, delay_the_first, earlier, locked
    ):
        """Without the lock of the first flight nobody sees that the one which was chosen cannot be reached."""
        if not locked:
            monkeypatch.setattr(choices, "_lock_offer", lambda change, flights=(): offer_of(change))

        outcomes = race(rebooking, "refuse_elsewhere", first=move_to(earlier), second=delay_the_first)

        assert outcomes == ("done", "done")
        assert flies(booking) == ["KV101", "KV203"]
        causes = ItineraryChange.objects.filter(booking=booking, status="open").values_list("cause", flat=True)
        assert list(causes) == (["connection_missed"] if locked else [])


def test_a_sale_that_has_the_last_seat_comes_before_the_move(
    race, monkeypatch, stranger, booking, flight, in_a_month, move_to, now
):
    last = make_flight(departs_at=in_a_month + timedelta(hours=4), seats=1)
    cancel_flight(flight=flight, now=now)

    outcomes = race(inventory, "hold_seats", first=lambda: make_hold(stranger, last, now=now), second=move_to(last))

    assert outcomes == ("done", SeatsGone.__name__)
    assert flies(booking) == ["KV101"]
    assert ItineraryChange.objects.get().status == "open"
