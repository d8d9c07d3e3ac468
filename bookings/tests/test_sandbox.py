"""The sandbox's flights, as a program of an integrator meets them."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as project
from django.core.management import CommandError, call_command

from airlines.demo import sandbox as flights_of_the_sandbox
from airlines.demo.sandbox import DAYS, NUMBERS, Scenario
from airlines.models import Airplane, Flight, FlightCabin, FlightFare
from airlines.tests.factories import FareFamilyFactory, claim_for, make_flight
from airlines.tests.races import PATIENCE, at_once, somebody_waits
from bookings.models import Booking
from bookings.services import sandbox
from bookings.services.irregular_days import delay_flight
from bookings.services.reconciliation import reconcile
from bookings.tasks import play_sandbox, settle_payments
from bookings.tests.test_api import ASHA, hold, pay
from flights_project.local.server import wait_until
from notifications.models import Message

pytestmark = pytest.mark.django_db

DAY = "2026-12-01"


@pytest.fixture
def opened(now, monkeypatch):
    """The sandbox's flights of one day."""
    monkeypatch.setattr(flights_of_the_sandbox, "DAYS", 1)
    monkeypatch.setattr(flights_of_the_sandbox, "FIRST_DAY", 11)
    for code in ("light", "standard", "flex"):
        FareFamilyFactory(code=code)
    call_command("open_sandbox")


@pytest.fixture
def program(as_key, integrator_key, opened):
    return as_key(integrator_key)


@pytest.fixture
def other_program(as_user, stranger, opened):
    return as_user(stranger)


def offer_of(program, scenario: Scenario, **party):
    """What the search shows of a scenario, in the cheapest family."""
    asked = {"origin": "PBD", "destination": "BHU", "depart_on": DAY, "sort": "price"} | party
    offers = program.get("/api/v1/search/", asked).json()["results"]
    digit = str(scenario.value)
    return next(each for each in offers if each["slices"][0]["segments"][0]["number"].startswith(f"ZZ{digit}"))


def held(program, offer, key="k1", who=ASHA):
    wish = {"offer": offer, "passengers": [who], "contact": {"email": "asha@example.com"}}
    return hold(program, wish, key)


def sold(program, scenario, key="k1", who=ASHA):
    """The locator of a booking that is paid."""
    locator = held(program, offer_of(program, scenario)["offer"], key, who).json()["locator"]
    assert pay(program, locator, key=f"pay {key}").json()["status"] == "succeeded"
    return locator


def events_of(program):
    return [each["type"] for each in program.get("/api/v1/events/").json()["results"]]


DEV = ASHA | {"given_name": "Dev"}


class TestSoldOutBetweenSearchAndHold:
    def test_the_hold_is_refused_and_nothing_is_left_of_it(self, program):
        offer = offer_of(program, Scenario.SOLD_OUT)["offer"]

        refused = held(program, offer)

        assert (refused.status_code, refused.json()["code"], refused.json()["seats_left"]) == (409, "seats_gone", 0)
        assert not Booking.objects.exists()
        assert not Message.objects.exists()
        assert reconcile() == []

    def test_it_is_so_for_the_next_run_too(self, program):
        for key in ("first", "second"):
            offer = offer_of(program, Scenario.SOLD_OUT)
            assert offer["seats_left"] == 9
            assert held(program, offer["offer"], key).json()["code"] == "seats_gone"

    def test_the_same_key_has_the_same_answer(self, program):
        offer = offer_of(program, Scenario.SOLD_OUT)["offer"]
        first, second = held(program, offer), held(program, offer)

        assert second.json() == first.json()
        assert second["Idempotency-Replayed"] == "true"


class TestDearerBetweenSearchAndHold:
    def test_the_hold_is_refused_with_a_fresh_offer_which_can_be_had(self, program):
        found = offer_of(program, Scenario.DEARER)

        refused = held(program, found["offer"]).json()

        assert refused["code"] == "price_changed"
        assert refused["previous_total"] == found["total"]
        assert refused["total"] == {"amount": "3000.00", "currency": "INR"}
        agreed = held(program, refused["offer"], "k2").json()
        assert (agreed["status"], agreed["total"]) == ("held", refused["total"])
        assert pay(program, agreed["locator"]).json()["amount"] == refused["total"]

    def test_the_next_search_finds_the_old_price(self, program):
        found = offer_of(program, Scenario.DEARER)
        refused = held(program, found["offer"]).json()
        held(program, refused["offer"], "k2")

        again = offer_of(program, Scenario.DEARER)

        assert again["total"] == found["total"]
        assert held(program, again["offer"], "k3", DEV).json()["code"] == "price_changed"

    def test_of_the_family_that_is_held(self, program):
        found = offer_of(program, Scenario.DEARER, family="flex")

        refused = held(program, found["offer"]).json()

        assert (refused["code"], refused["total"]["amount"]) == ("price_changed", "4400.00")


class TestAfterTheTicket:
    def test_a_flight_is_moved_and_the_program_told(self, program):
        locator = sold(program, Scenario.DELAYED)

        assert play_sandbox() == 1

        [segment] = program.get(f"/api/v1/bookings/{locator}/").json()["slices"][0]["segments"]
        assert (segment["status"], segment["departs_at"]) == ("delayed", "2026-12-01T09:00:00Z")
        assert events_of(program) == ["booking.held", "booking.confirmed", "flight.delayed"]
        assert Message.objects.filter(kind="flight_delayed").exists()

    def test_a_flight_is_cancelled_and_all_money_goes_back(self, program):
        locator = sold(program, Scenario.CANCELLED)

        assert play_sandbox() == 1

        booking = program.get(f"/api/v1/bookings/{locator}/").json()
        assert booking["slices"][0]["segments"][0]["status"] == "cancelled"
        assert events_of(program)[-1] == "flight.cancelled"
        quote = program.post(f"/api/v1/bookings/{locator}/cancellation-quotes/", {}).json()
        assert quote["refund"] == booking["total"]

    def test_the_next_run_has_a_flight_of_its_own(self, program, other_program):
        for scenario in (Scenario.DEARER, Scenario.DELAYED, Scenario.CANCELLED):
            first = offer_of(program, scenario)["slices"][0]["segments"][0]["number"]
            assert first == f"ZZ{scenario.value}00"
        sold(program, Scenario.DELAYED, "one")
        play_sandbox()

        offer = offer_of(other_program, Scenario.DELAYED)

        assert offer["slices"][0]["segments"][0]["number"] == "ZZ301"
        sold(other_program, Scenario.DELAYED, "another", DEV)
        assert play_sandbox() == 1
        assert events_of(program).count("flight.delayed") == 1

    def test_each_is_played_once_however_often_the_clock_strikes(self, program):
        sold(program, Scenario.DELAYED)

        assert [play_sandbox(), play_sandbox()] == [1, 0]

    def test_what_is_only_held_is_left_alone(self, program):
        held(program, offer_of(program, Scenario.CANCELLED)["offer"])

        assert play_sandbox() == 0


@pytest.mark.django_db(transaction=True)
class TestTwoRoundsAtOnce:
    """Both have seen the ticket when either acts, if nothing keeps them apart."""

    @pytest.fixture
    def moves(self, program, monkeypatch, now):
        """How often the flight is moved by two rounds."""
        sold(program, Scenario.DELAYED)
        come, moved = [], []

        def delay_together(**change):
            come.append(change)
            assert wait_until(lambda: len(come) == 2 or somebody_waits(), PATIENCE)
            moved.append(change["departs_at"])
            return delay_flight(**change)

        monkeypatch.setattr(sandbox, "delay_flight", delay_together)

        def moves():
            at_once(lambda _n: sandbox.play(now=now), clients=2)
            return len(moved)

        return moves

    def test_move_a_flight_once(self, moves, program):
        assert moves() == 1
        assert events_of(program).count("flight.delayed") == 1

    def test_control_without_the_lock_twice(self, moves, program, monkeypatch):
        monkeypatch.setattr(sandbox, "_lock", lambda flight: Flight.objects.with_places().get(pk=flight.pk))

        assert moves() == 2
        assert events_of(program).count("flight.delayed") == 2


class TestLateAnswers:
    def test_the_payment_waits_and_the_confirmation_comes_by_itself(self, program, now):
        locator = held(program, offer_of(program, Scenario.DELAYED)["offer"]).json()["locator"]

        assert pay(program, locator, token="tok_late").json()["status"] == "started"
        assert program.get(f"/api/v1/bookings/{locator}/").json()["status"] == "held"

        with time_machine.travel(now + timedelta(seconds=30), tick=False):
            assert settle_payments() == 1

        assert program.get(f"/api/v1/bookings/{locator}/").json()["status"] == "confirmed"
        assert events_of(program) == ["booking.held", "booking.confirmed"]


class TestOpening:
    def test_adds_what_is_missing_and_nothing_else(self, opened):
        before = set(Flight.objects.values_list("pk", flat=True))

        call_command("open_sandbox")

        assert set(Flight.objects.values_list("pk", flat=True)) == before
        assert len(before) == len(Scenario)

    def test_one_of_each_scenario_on_each_day(self, opened, monkeypatch, now):
        monkeypatch.setattr(flights_of_the_sandbox, "DAYS", DAYS)
        monkeypatch.setattr(flights_of_the_sandbox, "FIRST_DAY", 3)

        assert sandbox.open_sandbox(now=now) == len(Scenario) * (DAYS - 1)

    def test_numbers_of_a_day_come_to_an_end(self, opened, now):
        last = Flight.objects.get(number="ZZ300")
        Flight.objects.filter(pk=last.pk).update(number=f"ZZ{300 + NUMBERS - 1}", status="cancelled")

        assert flights_of_the_sandbox.open_flights(now=now) == 0

    def test_nothing_where_nobody_has_opened_it(self, now):
        assert play_sandbox() == 0
        assert not Flight.objects.exists()

    def test_nobody_can_log_in_as_the_rival(self, opened, django_user_model):
        assert not django_user_model.objects.get(email=sandbox.RIVAL).has_usable_password()

    @pytest.mark.parametrize("closed", [{"PAYMENT_GATEWAYS": []}, {"AIRLINE_CODE": "ZZ"}])
    def test_not_where_the_sandbox_is_closed(self, settings, closed):
        for name, value in closed.items():
            setattr(settings, name, value)

        with pytest.raises(CommandError, match="PAYMENT_GATEWAYS"):
            call_command("open_sandbox")
        assert not Airplane.objects.exists()


class TestRealFlights:
    def test_nothing_happens_to_them_whatever_their_number(self, program, in_a_month):
        flight = make_flight(number="ZZ100", departs_at=in_a_month, seats=1)
        asked = {"origin": "DEL", "destination": "BOM", "depart_on": flight.departs_on.isoformat()}
        [offer] = program.get("/api/v1/search/", asked).json()["results"]

        assert held(program, offer["offer"]).status_code == 201

    def test_nor_to_those_that_staff_have_given_its_airplane(self, program, in_a_month, now):
        airplane = Airplane.objects.get(registration=flights_of_the_sandbox.REGISTRATION)
        flight = make_flight(number="KV100", departs_at=in_a_month, airplane=airplane)
        offer = claim_for([flight], now=now).token

        assert pay(program, held(program, offer).json()["locator"]).json()["status"] == "succeeded"
        assert play_sandbox() == 0

    def test_nothing_happens_where_the_sandbox_is_closed(self, program, settings):
        offer = offer_of(program, Scenario.SOLD_OUT)["offer"]
        settings.PAYMENT_GATEWAYS = ["stripe"]

        assert held(program, offer).status_code == 201
        assert FlightCabin.objects.get(flight__number="ZZ100").seats_held == 1
        assert FlightFare.objects.filter(flight_cabin__flight__number="ZZ200", amount=2500).exists()


def test_its_clock_is_set_where_the_sandbox_is_open():
    assert project.CELERY_BEAT_SCHEDULE["play the sandbox"]["task"] == play_sandbox.name
