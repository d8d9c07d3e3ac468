"""Many at once, on PostgreSQL, with threads and a barrier. Each race has a control that shows it without the lock."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import IntegrityError, transaction

from airlines.exceptions import SeatsGone
from airlines.models import FareFamily, FlightCabin, Seat
from airlines.services import inventory
from airlines.tests.factories import AirplaneFactory, claim_for, economy, make_flight
from airlines.tests.races import CLIENTS, PATIENCE, at_once, unlocked_cabins
from bookings.exceptions import BookingLimitReached, PaymentRunning, SeatTaken
from bookings.models import Booking, Coupon, Payment, SandboxCharge
from bookings.services import expiry, holds, limits, seating
from bookings.services.expiry import expire_holds
from bookings.services.holds import Contact, hold_seats
from bookings.services.payment import pay
from bookings.services.seating import choose_seats
from bookings.tests.factories import adult, make_hold
from flights_project.gateway.models import User
from notifications.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

SEATS = 5


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=SEATS)


@pytest.fixture
def clients(db):
    return [User.objects.create_user(f"client{n}@example.com") for n in range(CLIENTS)]


@pytest.fixture
def hold_one(flight, clients, now):
    claim = claim_for([flight], now=now)
    people = [adult() for _ in clients]

    def hold_one(n: int) -> None:
        hold_seats(
            offer=claim,
            travellers=[people[n]],
            contact=Contact(email=clients[n].email),
            owner=clients[n],
            now=now,
        )

    return hold_one


def test_many_clients_for_few_seats_sell_exactly_those(hold_one, flight):
    outcomes = at_once(hold_one)

    assert outcomes == {"done": SEATS, SeatsGone.__name__: CLIENTS - SEATS}
    assert FlightCabin.objects.get(flight=flight).seats_held == Booking.objects.count() == SEATS


def test_control_without_the_lock_and_the_guard_the_seats_of_all_but_one_are_lost(hold_one, monkeypatch):
    """Everybody sees free seats, and writes how many are taken by what they saw."""

    all_have_looked = Barrier(CLIENTS, timeout=PATIENCE)

    def look_together(**asked):
        cabins = unlocked_cabins(**asked)
        all_have_looked.wait()
        return cabins

    def unguarded(*, cabins, seats):
        for cabin in cabins:
            FlightCabin.objects.filter(pk=cabin.pk).update(seats_held=cabin.seats_held + seats)

    monkeypatch.setattr(inventory, "lock_cabins", look_together)
    monkeypatch.setattr(inventory, "hold_seats", unguarded)

    assert at_once(hold_one) == {"done": CLIENTS}
    assert FlightCabin.objects.get().seats_held == 1


def test_journeys_over_the_same_flights_in_opposite_orders_never_deadlock(clients, now, in_a_month):
    there = make_flight(departs_at=in_a_month)
    back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=1))
    onward = make_flight("BOM", "DEL", departs_at=in_a_month - timedelta(days=1))
    claims = [claim_for([there], [back], now=now), claim_for([onward], [there], now=now)]

    def hold(n: int) -> None:
        hold_seats(
            offer=claims[n % 2],
            travellers=[adult(family_name="Rao" + "x" * n)],
            contact=Contact(email="a@example.com"),
            owner=clients[n],
            now=now,
        )

    assert at_once(hold) == {"done": CLIENTS}


def test_one_person_is_booked_once_on_a_flight(flight, clients, now):
    claim, person = claim_for([flight], now=now), adult()

    outcomes = at_once(
        lambda n: hold_seats(
            offer=claim, travellers=[person], contact=Contact(email="a@example.com"), owner=clients[n], now=now
        )
    )

    assert outcomes == {"done": 1, "AlreadyBooked": CLIENTS - 1}
    assert FlightCabin.objects.get(flight=flight).seats_held == 1


class TestOnePersonOnTwoFlightsAtOnce:
    @pytest.fixture
    def hold_somewhere(self, clients, now, in_a_month):
        claims = [claim_for([make_flight(departs_at=in_a_month)], now=now) for _ in clients]
        person = adult()
        return lambda n: hold_seats(
            offer=claims[n], travellers=[person], contact=Contact(email="a@example.com"), owner=clients[n], now=now
        )

    def test_is_booked_on_one(self, hold_somewhere):
        assert at_once(hold_somewhere) == {"done": 1, "TravellerElsewhere": CLIENTS - 1}

    def test_control_without_the_lock_on_the_person_on_several(self, hold_somewhere, monkeypatch):
        all_have_looked = Barrier(CLIENTS, timeout=PATIENCE)
        look = holds.refuse_elsewhere

        def look_together(*args, by):
            look(*args, by=by)
            all_have_looked.wait()

        monkeypatch.setattr(holds, "lock_identities", lambda identities: None)
        monkeypatch.setattr(holds, "refuse_elsewhere", look_together)

        assert at_once(hold_somewhere) == {"done": CLIENTS}


class TestTheLimitOfBookings:
    @pytest.fixture
    def hold_mine(self, traveller, now, in_a_month, settings):
        settings.BOOKINGS_PER_USER_PER_QUARTER = 2
        claim = claim_for([make_flight(departs_at=in_a_month)], now=now)
        people = [adult() for _ in range(CLIENTS)]
        return lambda n: hold_seats(
            offer=claim, travellers=[people[n]], contact=Contact(email="a@example.com"), owner=traveller, now=now
        )

    def test_holds_for_requests_at_once(self, hold_mine):
        assert at_once(hold_mine) == {"done": 2, BookingLimitReached.__name__: CLIENTS - 2}

    def test_control_without_the_lock_on_the_owner_it_does_not(self, hold_mine, monkeypatch):
        both_have_counted = Barrier(CLIENTS, timeout=PATIENCE)
        lock_cabins = inventory.lock_cabins

        def after_all_have_counted(**kwargs):
            both_have_counted.wait()
            return lock_cabins(**kwargs)

        monkeypatch.setattr(limits, "LOCK_IF_LIMITED", limits.LOCK_IF_LIMITED.replace("FOR NO KEY UPDATE", ""))
        monkeypatch.setattr(inventory, "lock_cabins", after_all_have_counted)

        assert at_once(hold_mine) == {"done": CLIENTS}


class TestPaying:
    def test_at_once_charges_once(self, traveller, flight, now):
        booking = make_hold(traveller, flight, now=now)

        outcomes = at_once(lambda n: pay(booking=booking, gateway="sandbox", token="tok_ok", now=now))

        booking.refresh_from_db()
        assert booking.status == "confirmed"
        assert outcomes["done"] >= 1
        assert set(outcomes) <= {"done", "NotPayable"}
        assert SandboxCharge.objects.count() == Payment.objects.count() == 1
        assert FlightCabin.objects.get(flight=flight).seats_sold == 1
        assert Message.objects.filter(kind="booking_confirmed").count() == 1

    def test_with_different_cards_charges_one_of_them(self, traveller, flight, now):
        booking = make_hold(traveller, flight, now=now)
        cards = ["tok_ok", "tok_slow"]

        outcomes = at_once(lambda n: pay(booking=booking, gateway="sandbox", token=cards[n % 2], now=now))

        assert set(outcomes) <= {"done", "NotPayable", PaymentRunning.__name__}
        assert SandboxCharge.objects.count() == 1

    def test_against_the_clock_either_pays_or_expires_and_never_both(self, integrator, flight, now):
        bookings = [make_hold(integrator, flight, now=now) for _ in range(SEATS)]
        over = bookings[0].payment_required_by

        def pay_or_expire(n: int) -> None:
            if n % 2:
                expire_holds(now=over)
            else:
                just_in_time = over - timedelta(seconds=1)
                pay(booking=bookings[n // 2 % SEATS], gateway="sandbox", token="tok_ok", now=just_in_time)

        at_once(pay_or_expire)
        expire_holds(now=over)

        states = Counter(Booking.objects.values_list("status", flat=True))
        cabin = FlightCabin.objects.get(flight=flight)
        assert (cabin.seats_held, cabin.seats_sold) == (0, states["confirmed"])
        assert Payment.objects.filter(status="succeeded").count() == states["confirmed"]
        assert states["confirmed"] + states["expired"] == SEATS


class TestPayingWhileASeatIsChosen:
    AGREED = Decimal(4000)

    @pytest.fixture
    def hold(self, traveller, in_a_month, now):
        flight = make_flight(departs_at=in_a_month, airplane=AirplaneFactory(cabins=[economy(1, 3)]))
        FareFamily.objects.update(seat_fee=300)
        return make_hold(traveller, flight, now=now)

    @pytest.fixture
    def pay_after_looking(self, hold, now):
        """One tab looks at the price, another chooses a seat, then the first one pays."""
        turn = Barrier(2, timeout=PATIENCE)

        def act(agreed):
            assert Booking.objects.get(pk=hold.pk).total == self.AGREED
            turn.wait()
            turn.wait()
            pay(booking=hold, gateway="sandbox", token="tok_ok", total=agreed, now=now)

        def choose():
            turn.wait()
            choose_seats(booking=hold, choices={(hold.segments.get().flight_id, 0): "1A"}, now=now)
            turn.wait()

        return lambda agreed: at_once(lambda n: choose() if n else act(agreed), clients=2)

    def test_the_agreed_total_is_charged_or_nothing(self, pay_after_looking):
        assert pay_after_looking(self.AGREED) == {"done": 1, "PriceChanged": 1}
        assert not Payment.objects.exists()

    def test_control_looked_at_before_the_lock_only_the_seat_is_charged_unseen(self, pay_after_looking):
        assert pay_after_looking(None) == {"done": 2}
        assert Payment.objects.get().amount == self.AGREED + 300

    def test_at_once_nothing_is_charged_but_what_was_agreed(self, hold, now):
        flight = hold.segments.get().flight_id

        def act(n):
            if n % 2:
                choose_seats(booking=hold, choices={(flight, 0): "1A"}, now=now)
            else:
                pay(booking=hold, gateway="sandbox", token="tok_ok", total=self.AGREED, now=now)

        at_once(act)

        assert set(Payment.objects.values_list("amount", flat=True)) <= {self.AGREED}


class TestChoosingSeats:
    @pytest.fixture
    def cabin_of_twelve(self, in_a_month):
        flight = make_flight(departs_at=in_a_month, airplane=AirplaneFactory(cabins=[economy(1, 3)]))
        FareFamily.objects.update(seat_choice_included=True)
        return flight

    @pytest.fixture
    def parties(self, clients, cabin_of_twelve, now):
        return [make_hold(owner, cabin_of_twelve, now=now) for owner in clients]

    @pytest.fixture
    def cross_over(self, clients, now, in_a_month):
        """Two parties who move back and forth between the same seats, each over two flights in another order."""
        plane = AirplaneFactory(cabins=[economy(1, 3)])
        there = make_flight(departs_at=in_a_month, airplane=plane)
        back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=1), airplane=plane)
        FareFamily.objects.update(seat_choice_included=True)
        parties = [make_hold(owner, there, back, now=now, travellers=[adult(), adult()]) for owner in clients[:2]]
        wishes = [("1A", "1B"), ("1B", "1A"), ("1C", "1A"), ("1B", "1C")]

        def move(n: int) -> None:
            for turn in range(12):
                one, other = wishes[(turn + n) % 4]
                flights = [there, back] if (n + turn) % 2 else [back, there]
                choices = {(flight.pk, who): seat for flight in flights for who, seat in enumerate((one, other))}
                with suppress(SeatTaken):
                    choose_seats(booking=parties[n % 2], choices=choices, now=now)

        return move

    def test_many_want_one_seat_and_one_gets_it(self, parties, cabin_of_twelve, now):
        outcomes = at_once(lambda n: choose_seats(booking=parties[n], choices={(cabin_of_twelve.pk, 0): "1A"}, now=now))

        assert outcomes == {"done": 1, SeatTaken.__name__: CLIENTS - 1}
        assert Coupon.objects.filter(seat__row=1, seat__letter="A").count() == 1

    def test_control_without_the_lock_all_see_it_free_and_the_constraint_decides(
        self, parties, cabin_of_twelve, now, monkeypatch
    ):
        all_have_looked = Barrier(CLIENTS, timeout=PATIENCE)
        look, named = seating.seat_maps, []

        def look_together(**kwargs):
            maps = look(**kwargs)
            all_have_looked.wait()
            named.append(maps[cabin_of_twelve.pk].seats["1A"].state)
            return maps

        monkeypatch.setattr(inventory, "lock_cabins", unlocked_cabins)
        monkeypatch.setattr(seating, "seat_maps", look_together)

        outcomes = at_once(lambda n: choose_seats(booking=parties[n], choices={(cabin_of_twelve.pk, 0): "1A"}, now=now))

        assert named == ["free"] * CLIENTS
        assert outcomes == {"done": 1, SeatTaken.__name__: CLIENTS - 1}

    def test_parties_that_cross_over_never_deadlock(self, cross_over):
        assert at_once(cross_over, clients=8) == {"done": 8}

    def test_control_without_the_lock_two_that_want_each_others_next_seat_deadlock(
        self, parties, cabin_of_twelve, now, monkeypatch
    ):
        """Each has written one of two seats before it asks for the other: rows one by one, as a swap writes them."""
        one_each = Barrier(2, timeout=PATIENCE)
        seats = list(Seat.objects.filter(cabin__airplane=cabin_of_twelve.airplane)[:2])

        def write_both(n: int) -> None:
            with transaction.atomic():
                for turn in (n, 1 - n):
                    mine = Coupon.objects.filter(booking=parties[2 * n + (turn != n)])
                    mine.update(seat=seats[turn])
                    if turn == n:
                        one_each.wait()

        assert at_once(write_both, clients=2)["OperationalError"] == 1


class TestExpiring:
    def test_by_many_workers_gives_seats_back_once(self, traveller, flight, now):
        hold = make_hold(traveller, flight, now=now)
        make_hold(traveller, flight, now=now + timedelta(hours=1))

        assert at_once(lambda n: expire_holds(now=hold.payment_required_by)) == {"done": CLIENTS}

        assert FlightCabin.objects.get(flight=flight).seats_held == 1
        assert Message.objects.filter(kind="hold_expired").count() == 1

    @pytest.mark.parametrize(("looks_under_the_lock", "expired"), [(True, 0), (False, 1)])
    def test_control_only_a_look_under_the_lock_sees_a_payment_that_has_just_started(
        self, traveller, flight, now, monkeypatch, looks_under_the_lock, expired
    ):
        """The list of overdue holds says that nobody pays, then somebody starts to."""
        booking = make_hold(traveller, flight, now=now)
        look = holds.is_being_paid

        def payment_starts_between(locked):
            Payment.objects.create(
                booking=booking, gateway="sandbox", token="t", amount=1, currency="INR", started_at=now
            )
            return looks_under_the_lock and look(locked)

        monkeypatch.setattr(expiry, "is_being_paid", payment_starts_between)

        assert expire_holds(now=booking.payment_required_by) == expired


def test_a_crash_between_seats_and_booking_leaves_neither(hold_one, flight, monkeypatch):
    def crash(*args, **kwargs):
        raise IntegrityError("the worker died here")

    monkeypatch.setattr(holds, "_write_booking", crash)

    with pytest.raises(IntegrityError):
        hold_one(0)
    assert FlightCabin.objects.get(flight=flight).seats_held == 0
