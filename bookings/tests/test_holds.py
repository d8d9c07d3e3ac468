from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from airlines.exceptions import NotOnSale, PriceChanged, SeatsGone
from airlines.models import Flight, FlightCabin
from airlines.services import inventory
from airlines.services.fares import change_fare
from airlines.services.pricing import Party
from airlines.tests.factories import TaxRuleFactory, claim_for, fare_of, make_flight
from bookings.exceptions import (
    AlreadyBooked,
    BookingLimitReached,
    NotReleasable,
    TooManyHolds,
    TravellerElsewhere,
)
from bookings.messages import words_for
from bookings.models import Booking, Coupon
from bookings.services import holds
from bookings.services.holds import Contact, hold_seats, release_hold
from bookings.services.payment import pay
from bookings.tests.factories import adult, child, infant, make_booking, make_hold
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.locators import ALPHABET
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=3)


def seats_of(flight):
    cabin = FlightCabin.objects.get(flight=flight)
    return cabin.seats_held, cabin.seats_sold, cabin.seats_left


def test_a_hold_takes_seats_and_keeps_the_price(traveller, flight, now, settings):
    TaxRuleFactory(amount=250)

    booking = make_hold(traveller, flight, now=now, travellers=[adult(), child(), infant()])

    assert seats_of(flight) == (2, 0, 1)
    assert booking.status == "held"
    assert booking.total == Decimal(4000) + Decimal(3000) + Decimal(400) + 2 * 250
    assert booking.payment_required_by == now + settings.HOLD_LIFETIME
    assert booking.price_guaranteed_until == now + settings.PRICE_GUARANTEE
    assert sum(coupon.total for coupon in booking.coupons.all()) == booking.total


def test_its_locator_can_be_read_out(traveller, flight, now):
    locator = make_hold(traveller, flight, now=now).locator

    assert len(locator) == 6
    assert set(locator) <= set(ALPHABET)


def test_a_taken_locator_is_passed_over(traveller, flight, now, monkeypatch):
    taken = make_hold(traveller, flight, now=now).locator
    locators = iter([taken, taken, "BCDFGH"])
    monkeypatch.setattr("bookings.services.holds.new_locator", lambda: next(locators))

    assert make_hold(traveller, flight, now=now).locator == "BCDFGH"
    assert seats_of(flight) == (2, 0, 1)


def test_the_owner_is_told_once_by_when_to_pay(traveller, flight, now):
    booking = make_hold(traveller, flight, now=now)

    [message] = Message.objects.all()
    assert (message.kind, message.subject, message.recipient) == ("booking_held", booking.locator, traveller.email)
    assert message.context["payment_required_by"] == "12:20 IST, Fri 20 Nov 2026"


def test_all_flights_are_held_or_none(traveller, flight, now, in_a_month):
    way_back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=2), seats=1)
    claim = claim_for([flight], [way_back], now=now)
    make_hold(traveller, way_back, now=now)

    with pytest.raises(SeatsGone):
        hold_seats(offer=claim, travellers=[adult()], contact=Contact(email="a@example.com"), owner=traveller, now=now)

    assert seats_of(flight) == (0, 0, 3)
    assert seats_of(way_back) == (1, 0, 0)


class TestNothingIsHeldWhen:
    @pytest.fixture
    def hold(self, traveller, flight, now):
        claim = claim_for([flight], now=now)

        def hold(*, offer=claim, travellers=None, owner=traveller, address=None):
            return hold_seats(
                offer=offer,
                travellers=travellers or [adult()],
                contact=Contact(email="a@example.com"),
                owner=owner,
                address=address,
                now=now,
            )

        yield hold
        assert not Booking.objects.filter(contact_email="a@example.com").exists()
        assert not Message.objects.filter(recipient="a@example.com").exists()

    def test_the_price_has_changed(self, hold, flight):
        change_fare(fare=fare_of(flight), amount=Decimal(1))

        with pytest.raises(PriceChanged):
            hold()

    def test_the_flight_is_cancelled(self, hold):
        Flight.objects.update(status="cancelled")

        with pytest.raises(NotOnSale):
            hold()

    def test_the_offer_names_a_flight_that_is_gone(self, hold, flight, now):
        other = claim_for([flight], now=now)

        with pytest.raises(NotOnSale):
            hold(offer=replace(other, slices=((10**9,),)))

    def test_the_travellers_do_not_fit_the_offer(self, hold, flight):
        with pytest.raises(InvalidRequest):
            hold(travellers=[adult(), adult()])
        assert seats_of(flight) == (0, 0, 3)

    def test_a_traveller_is_on_the_flight_already(self, hold, traveller, flight, now):
        person = adult(given_name="Zoë", family_name="D'Souza")
        make_booking(traveller, flight, now=now, travellers=[person])

        with pytest.raises(AlreadyBooked) as raised:
            hold(travellers=[replace(person, given_name="ZOE", family_name="D SOUZA")])
        assert raised.value.facts == {"traveller": "ZOE D SOUZA", "flight": flight.number}
        assert seats_of(flight) == (0, 1, 2)

    def test_a_traveller_flies_elsewhere_at_the_time(self, hold, traveller, now, in_a_month):
        person = adult(given_name="Zoë", family_name="D'Souza")
        other = make_flight("BLR", "DEL", departs_at=in_a_month + timedelta(minutes=119), number="KV777")
        make_hold(traveller, other, now=now, travellers=[person])

        with pytest.raises(TravellerElsewhere) as raised:
            hold(travellers=[person])
        assert raised.value.facts == {"traveller": "Zoë D'Souza", "flight": "KV777"}

    @pytest.mark.parametrize(("minutes", "refusal"), [(0, AlreadyBooked), (119, TravellerElsewhere)])
    def test_where_strangers_fly_is_not_told(self, hold, stranger, flight, now, in_a_month, minutes, refusal):
        person = adult(given_name="Zoë", family_name="D'Souza")
        taken = make_flight("BLR", "DEL", departs_at=in_a_month + timedelta(minutes=minutes)) if minutes else flight
        make_booking(stranger, taken, now=now, travellers=[person])

        with pytest.raises(refusal) as raised:
            hold(travellers=[person])
        assert raised.value.facts == {"traveller": "Zoë D'Souza"}
        assert str(raised.value) == words_for(raised.value) == "Zoë D'Souza cannot be booked on this journey."
        assert taken.number not in raised.value.title

    @pytest.mark.parametrize("setting", ["OPEN_HOLDS_PER_USER", "OPEN_HOLDS_PER_ADDRESS"])
    def test_too_many_holds_are_unpaid(self, hold, traveller, stranger, flight, now, settings, setting):
        setattr(settings, setting, 1)
        owner = traveller if setting == "OPEN_HOLDS_PER_USER" else stranger
        make_hold(owner, flight, now=now)
        Booking.objects.update(held_from="192.0.2.1")

        with pytest.raises(TooManyHolds):
            hold(address="192.0.2.1")

    def test_the_owner_has_made_all_bookings_of_the_quarter(self, hold, traveller, now, in_a_month, settings):
        settings.BOOKINGS_PER_USER_PER_QUARTER = 2
        for days in (1, 2):
            make_hold(traveller, make_flight(departs_at=in_a_month + timedelta(days=days)), now=now)

        with pytest.raises(BookingLimitReached) as raised:
            hold()
        assert raised.value.facts == {"limit": 2}


def test_ended_holds_and_earlier_quarters_do_not_count_against_the_limit(traveller, flight, now, in_a_month, settings):
    settings.BOOKINGS_PER_USER_PER_QUARTER = 1
    make_hold(traveller, flight, now=now - timedelta(days=60))
    released = make_hold(traveller, flight, now=now)
    release_hold(booking=released, now=now)

    assert make_hold(traveller, flight, now=now)


def test_integrators_have_no_limit_and_it_can_be_switched_off(traveller, integrator, now, in_a_month, settings):
    flight = make_flight(departs_at=in_a_month)
    settings.BOOKINGS_PER_USER_PER_QUARTER = 1
    assert all(make_hold(integrator, flight, now=now) for _ in range(2))
    settings.BOOKINGS_PER_USER_PER_QUARTER = None
    assert all(make_hold(traveller, flight, now=now) for _ in range(2))


def test_a_journey_that_begins_when_another_ends_is_possible(traveller, flight, now):
    person = adult()
    make_hold(traveller, flight, now=now, travellers=[person])
    onward = make_flight("BOM", "BLR", departs_at=flight.arrives_at)

    assert make_hold(traveller, onward, now=now, travellers=[person])


def test_without_rate_limits_holds_are_not_counted(traveller, flight, now, settings):
    settings.OPEN_HOLDS_PER_USER, settings.RATE_LIMITS = 1, False

    assert all(make_hold(traveller, flight, now=now) for _ in range(2))


def test_a_released_hold_gives_its_seats_back(traveller, flight, now):
    booking = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])

    release_hold(booking=booking, now=now)

    booking.refresh_from_db()
    assert (booking.status, booking.ended_at) == ("cancelled", now)
    assert seats_of(flight) == (0, 0, 3)
    assert set(booking.coupons.values_list("status", flat=True)) == {"cancelled"}


def test_what_is_paid_gone_or_being_paid_cannot_be_released(traveller, flight, now):
    paid, gone, running = (make_hold(traveller, flight, now=now) for _ in range(3))
    pay(booking=paid, gateway="sandbox", token="tok_ok", now=now)
    pay(booking=running, gateway="sandbox", token="tok_slow", now=now)
    release_hold(booking=gone, now=now)

    for booking in (paid, gone, running):
        with pytest.raises(NotReleasable):
            release_hold(booking=booking, now=now)
    assert seats_of(flight) == (1, 1, 1)


def test_behind_the_look_for_people_stands_a_constraint(traveller, flight, now, monkeypatch):
    person = adult()
    make_hold(traveller, flight, now=now, travellers=[person])
    monkeypatch.setattr(holds, "refuse_elsewhere", lambda *args, by: None)

    with pytest.raises(AlreadyBooked):
        make_hold(traveller, flight, now=now, travellers=[person])
    assert seats_of(flight) == (1, 0, 2)


def test_behind_the_guard_of_the_counters_stands_a_constraint(traveller, flight, now):
    with pytest.raises(IntegrityError, match="seats_never_oversold"), transaction.atomic():
        FlightCabin.objects.filter(flight=flight).update(seats_sold=4)


def test_seats_that_were_never_held_are_not_given_back(flight):
    with pytest.raises(RuntimeError, match="do not hold what is given back"):
        inventory.release_held_seats(cabins=list(FlightCabin.objects.filter(flight=flight)), seats=1)


def test_without_a_free_locator_nothing_is_held(traveller, flight, now, monkeypatch):
    taken = make_hold(traveller, flight, now=now).locator
    monkeypatch.setattr(holds, "new_locator", lambda: taken)

    with pytest.raises(RuntimeError, match="no free record locator"):
        make_hold(traveller, flight, now=now)
    assert seats_of(flight) == (1, 0, 2)


@pytest.mark.parametrize("travellers", [1, 6])
def test_queries_do_not_grow_with_the_travellers(traveller, now, in_a_month, travellers, django_assert_num_queries):
    flight = make_flight(departs_at=in_a_month)
    claim = claim_for([flight], now=now, party=Party(travellers))
    people = [adult() for _ in range(travellers)]

    with django_assert_num_queries(14):
        hold_seats(offer=claim, travellers=people, contact=Contact(email="a@example.com"), owner=traveller, now=now)
    assert Coupon.objects.count() == travellers
