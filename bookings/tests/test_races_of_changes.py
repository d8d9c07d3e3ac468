"""What the airline changes and what its traveller does about it, at the same moment. One stops in the middle, the other
comes; the controls take no lock, and show what the lock is for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from threading import Barrier, Event, current_thread

import pytest
from django.db import transaction

from airlines.models import FareFamily
from airlines.services import inventory
from airlines.tests.factories import AirplaneFactory, business, economy, make_flight
from airlines.tests.races import CLIENTS, PATIENCE, at_once, outcome, unlocked_cabins
from bookings.exceptions import ChangeClosed, CheckInClosed, NotCancellable, NotPayable, SeatTaken
from bookings.models import Booking, Coupon, ItineraryChange, OrderedSeat, SeatOrder
from bookings.querysets import BookingQuerySet
from bookings.services import airplane_swaps, cancellation, choices, seating
from bookings.services.airplane_swaps import swap_airplane
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.check_in import check_in
from bookings.services.choices import accept, move, refund
from bookings.services.irregular_days import cancel_flight, delay_flight
from bookings.services.payment import pay
from bookings.services.reconciliation import reconcile
from bookings.services.seating import choose_seats
from bookings.tests.factories import make_booking, make_hold
from flights_project.gateway.models import User

pytestmark = pytest.mark.django_db(transaction=True)

FEE = 300


@pytest.fixture
def flight(in_a_month):
    airplane = AirplaneFactory(cabins=[business(1, 2), economy(3, 27)])
    flight = make_flight(departs_at=in_a_month, number="KV101", airplane=airplane)
    FareFamily.objects.update(seat_fee=FEE)
    return flight


@pytest.fixture
def later(in_a_month):
    return make_flight(departs_at=in_a_month + timedelta(hours=4), number="KV103")


@pytest.fixture
def soon(in_a_month):
    """When one can check in."""
    return in_a_month - timedelta(hours=10)


@pytest.fixture
def one_stops(monkeypatch):
    """`first` stops where it comes to `name` of `where`, until `second` waits for its lock; in the control, which locks
    no booking, until `second` is through. Returns what became of both."""
    stopped, goes_on = Event(), Event()
    real_lock = BookingQuerySet.locked

    def run(where, name, *, first, second, locked):
        real = getattr(where, name)

        def stop(*args, **kwargs):
            if current_thread().name.startswith("first") and not stopped.is_set():
                stopped.set()
                assert goes_on.wait(PATIENCE)
            return real(*args, **kwargs)

        def lock(bookings, pk):
            if current_thread().name.startswith("first") and not locked:
                return bookings.select_related("family", "owner").get(pk=pk)
            if locked and stopped.is_set() and current_thread().name.startswith("second"):
                goes_on.set()
            return real_lock(bookings, pk)

        monkeypatch.setattr(where, name, stop)
        monkeypatch.setattr(BookingQuerySet, "locked", lock)
        with ThreadPoolExecutor(1, "first") as one, ThreadPoolExecutor(1, "second") as other:
            begun = one.submit(outcome, first)
            assert stopped.wait(PATIENCE)
            ended = other.submit(outcome, second)
            if not locked:
                ended.result(PATIENCE)
                goes_on.set()
            return begun.result(PATIENCE), ended.result(PATIENCE)

    return run


STOPS = {
    "accept": (choices, "move_booking"),
    "move": (choices, "move_booking"),
    "refund": (cancellation, "_return_seats"),
}
"""Where each choice has seen all that it goes by, and has written nothing."""
Refusals = dict[str, type[Exception] | None]

AFTER_A_MOVE: Refusals = {
    "pay": NotPayable,
    "check in": None,
    "cancel": None,
    "choose again": ChangeClosed,
}
AFTER_A_REFUND: Refusals = {
    "pay": NotPayable,
    "check in": CheckInClosed,
    "cancel": NotCancellable,
    "choose again": ChangeClosed,
}
REFUSED = {"accept": AFTER_A_MOVE, "move": AFTER_A_MOVE, "refund": AFTER_A_REFUND}
"""What comes second is refused, or is about the flights that were chosen."""

WAITS = ("refund", "cancel")
"""Without the lock, too: a booking has one open quote."""


class TestAChoice:
    @pytest.fixture
    def booking(self, traveller, stranger, flight, later, now, soon):
        """Of a flight that leaves five hours later, with a seat that is ordered and not paid; staff propose `later`."""
        make_booking(stranger, flight, now=now)
        booking = make_booking(traveller, flight, now=now)
        choose_seats(booking=booking, choices={(flight.pk, 0): "10A"}, now=soon)
        moved = flight.departs_at + timedelta(hours=5)
        delay_flight(flight=flight, departs_at=moved, arrives_at=moved + timedelta(hours=2), now=soon)
        booking.changes.update(proposed=[later.pk])
        return booking

    @pytest.fixture
    def acts(self, booking, later, traveller, soon):
        change = ItineraryChange.objects.get(booking=booking)

        def cancel():
            quote = quote_cancellation(booking=booking, now=soon)
            confirm_cancellation(booking=booking, quote_id=quote.pk, now=soon)

        acts = {
            "accept": lambda: accept(change=change, by=traveller, now=soon),
            "move": lambda: move(change=change, flights=[later.pk], by=traveller, now=soon),
            "refund": lambda: refund(change=change, by=traveller, now=soon),
            "pay": lambda: pay(booking=booking, gateway="sandbox", token="tok_ok", now=soon),
            "check in": lambda: check_in(booking=booking, now=soon),
            "cancel": cancel,
        }
        return acts | {"choose again": acts["refund"], "choose otherwise": acts["move"]}

    @pytest.mark.parametrize("rival", AFTER_A_MOVE)
    @pytest.mark.parametrize("chosen", STOPS)
    def test_is_made_alone(self, one_stops, booking, acts, chosen, rival):
        second = acts["choose otherwise" if (chosen, rival) == ("refund", "choose again") else rival]

        outcomes = one_stops(*STOPS[chosen], first=acts[chosen], second=second, locked=True)

        refused = REFUSED[chosen][rival]
        assert outcomes == ("done", refused.__name__ if refused else "done")
        assert wrong(booking, rival, outcomes) == []
        assert ItineraryChange.objects.get(booking=booking).status == ("refunded" if chosen == "refund" else "moved")

    @pytest.mark.parametrize(("chosen", "rival"), [pair for pair in product(STOPS, AFTER_A_MOVE) if pair != WAITS])
    def test_control_without_the_lock_of_the_booking_both_go_on(
        self, one_stops, monkeypatch, booking, acts, chosen, rival
    ):
        """Nor that of the cabins, which who gives up a flight has by then."""
        if chosen == "refund":
            monkeypatch.setattr(inventory, "lock_cabins", unlocked_cabins)
        second = acts["choose otherwise" if (chosen, rival) == ("refund", "choose again") else rival]

        outcomes = one_stops(*STOPS[chosen], first=acts[chosen], second=second, locked=False)

        both_done = REFUSED[chosen][rival] and outcomes == ("done", "done")
        assert both_done or wrong(booking, rival, outcomes)


def wrong(booking: Booking, rival: str, outcomes: tuple[str, str]) -> list[str]:
    """What does not add up, or was said to be done and is not."""
    found = [str(difference) for difference in reconcile()]
    if rival == "check in" and outcomes[1] == "done":
        found += [f"{coupon} is not checked in" for coupon in booking.coupons.live().exclude(status="checked_in")]
    return found + [each for each in outcomes if each in ("RuntimeError", "IntegrityError")]


class TestASwapOfTheAirplane:
    @pytest.fixture
    def swap(self, flight, soon):
        smaller = AirplaneFactory(cabins=[economy(1, 20)])
        return lambda: swap_airplane(flight=flight, airplane=smaller, now=soon)

    @pytest.fixture
    def booking(self, traveller, flight, now):
        return make_booking(traveller, flight, now=now)

    @pytest.fixture
    def at_once_with(self, one_stops, monkeypatch, swap):
        def at_once_with(act, *, locked):
            if not locked:
                monkeypatch.setattr(airplane_swaps, "_lock", unlocked_bookings)
            return one_stops(airplane_swaps.operations, "swap", first=swap, second=act, locked=locked)

        return at_once_with

    @pytest.mark.parametrize("locked", [True, False])
    def test_against_check_in_leaves_nobody_without_a_seat(self, at_once_with, booking, soon, locked):
        outcomes = at_once_with(lambda: check_in(booking=booking, now=soon), locked=locked)

        coupon = booking.coupons.get()
        assert (outcomes, coupon.status) == (("done", "done"), "checked_in")
        assert (coupon.seat is not None) is locked
        assert reconcile() == []

    @pytest.mark.parametrize("locked", [True, False])
    def test_against_a_choice_of_seats_keeps_what_was_chosen(self, at_once_with, booking, flight, soon, locked):
        FareFamily.objects.update(seat_choice_included=True)
        choose = {(flight.pk, 0): "10A"}

        outcomes = at_once_with(lambda: choose_seats(booking=booking, choices=choose, now=soon), locked=locked)

        assert outcomes == ("done", "done")
        assert str(booking.coupons.get().seat) == ("10A" if locked else "None")

    @pytest.mark.parametrize("locked", [True, False])
    def test_against_the_payment_of_a_seat_takes_no_money_for_nothing(
        self, at_once_with, booking, flight, soon, locked
    ):
        choose_seats(booking=booking, choices={(flight.pk, 0): "10A"}, now=soon)

        outcomes = at_once_with(
            lambda: pay(booking=booking, gateway="sandbox", token="tok_ok", now=soon), locked=locked
        )

        coupon = booking.coupons.get()
        assert outcomes == ("done", "NotPayable" if locked else "done")
        assert (coupon.seat, coupon.seat_fee) == (None, None if locked else FEE)

    @pytest.mark.parametrize("looks_again", [True, False])
    def test_sees_a_hold_that_came_between_its_locks(
        self, one_stops, monkeypatch, swap, stranger, flight, soon, looks_again
    ):
        """The swap has locked all bookings that there are; then one is held, with a seat that costs something."""

        def hold():
            held = make_hold(stranger, flight, now=soon)
            choose_seats(booking=held, choices={(flight.pk, 0): "25C"}, now=soon)

        if not looks_again:
            monkeypatch.setattr(airplane_swaps, "_lock", locked_but_once)

        outcomes = one_stops(airplane_swaps.operations, "lock_flight", first=swap, second=hold, locked=False)

        coupon = Coupon.objects.get()
        assert outcomes == ("done", "done")
        assert (str(coupon.seat), coupon.seat_fee) == ("20C" if looks_again else "None", FEE)


def unlocked_bookings(flight):
    return list(Booking.objects.filter(coupons__flight=flight).select_related("family", "owner").distinct())


def locked_but_once(flight):
    """As `_lock`, without the second look."""
    found = Booking.objects.filter(coupons__flight=flight).select_related("family", "owner").order_by("pk")
    locked = list(found.select_for_update(of=("self",), no_key=True))
    airplane_swaps.operations.lock_flight(flight)
    return locked


@pytest.mark.parametrize("locked", [True, False])
def test_nobody_checks_in_on_a_flight_that_is_being_cancelled(monkeypatch, traveller, flight, now, soon, locked):
    """The cancellation has its locks when check-in comes to the cabins. Without the lock (the control) it goes on."""
    booking, at_the_cabins = make_booking(traveller, flight, now=now), Event()
    real = inventory.lock_cabins

    def lock(**asked):
        at_the_cabins.set()
        return real(**asked) if locked else []

    monkeypatch.setattr(inventory, "lock_cabins", lock)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            cancel_flight(flight=flight, now=soon)
            came = pool.submit(outcome, lambda: check_in(booking=booking, now=soon))
            assert at_the_cabins.wait(PATIENCE)
            if not locked:
                came.result(PATIENCE)
        assert came.result(PATIENCE) == (CheckInClosed.__name__ if locked else "done")


class TestOrderingASeat:
    @pytest.fixture
    def order(self, flight, now):
        owners = [User.objects.create_user(f"client{n}@example.com") for n in range(CLIENTS)]
        bookings = [make_booking(owner, flight, now=now) for owner in owners]
        return lambda n: choose_seats(booking=bookings[n], choices={(flight.pk, 0): "10A"}, now=now)

    def test_many_want_one_and_one_gets_it(self, order):
        assert at_once(order) == {"done": 1, SeatTaken.__name__: CLIENTS - 1}

        assert OrderedSeat.objects.kept().count() == SeatOrder.objects.open().count() == 1

    def test_control_without_the_lock_all_see_it_free_and_the_constraint_decides(self, order, flight, monkeypatch):
        all_have_looked, look, seen = Barrier(CLIENTS, timeout=PATIENCE), seating.seat_maps, []

        def look_together(**asked):
            maps = look(**asked)
            all_have_looked.wait()
            seen.append(maps[flight.pk].seats["10A"].state)
            return maps

        monkeypatch.setattr(inventory, "lock_cabins", unlocked_cabins)
        monkeypatch.setattr(seating, "seat_maps", look_together)

        assert at_once(order) == {"done": 1, SeatTaken.__name__: CLIENTS - 1}
        assert seen == ["free"] * CLIENTS
