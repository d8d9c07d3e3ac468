"""Hold, pay and read through the API."""

from datetime import timedelta
from itertools import count

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import F

from airlines.exceptions import SeatsGone
from airlines.models import FareFamily, Flight, FlightCabin, FlightFare
from airlines.services.pricing import Party
from airlines.tests.factories import TaxRuleFactory, claim_for, make_flight
from bookings.models import Booking, Payment, SandboxCharge
from bookings.services.holds import hold_seats
from bookings.services.irregular_days import cancel_flight
from bookings.tests.factories import make_booking, make_hold
from flights_project.gateway.models import ApiKey, IdempotencyRecord
from notifications.models import Message

pytestmark = pytest.mark.django_db

STATEMENTS_OF_A_HOLD, STATEMENTS_OF_A_PAYMENT = 21, 28
"""One of a hold asks whether the flight is the sandbox's; without a sandbox nobody asks."""
ASHA = {"type": "adult", "title": "ms", "given_name": "Asha", "family_name": "Rao", "born_on": "1990-04-05"}


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=5)


@pytest.fixture
def wish(flight, now):
    return {
        "offer": claim_for([flight], now=now).token,
        "passengers": [ASHA],
        "contact": {"email": "asha@example.com", "phone": "+91 11 2345 6789"},
    }


@pytest.fixture
def mine(as_user, traveller):
    return as_user(traveller)


def hold(client, wish, key="k1"):
    return client.post("/api/v1/bookings/", wish, headers={"Idempotency-Key": key})


def pay(client, locator, token="tok_ok", key="p1", gateway="sandbox"):
    return client.post(
        f"/api/v1/bookings/{locator}/payments/",
        {"gateway": gateway, "token": token},
        headers={"Idempotency-Key": key},
    )


def test_from_search_to_ticket(mine, flight, now):
    TaxRuleFactory(amount=250)
    [offer] = mine.get("/api/v1/search/?origin=DEL&destination=BOM&depart_on=2026-12-20").json()["results"]

    held = hold(mine, {"offer": offer["offer"], "passengers": [ASHA], "contact": {"email": "asha@example.com"}})

    assert held.status_code == 201
    booking = held.json()
    assert (booking["status"], booking["available_actions"]) == ("held", ["pay", "release"])
    assert booking["total"] == offer["total"]
    assert booking["price"]["taxes"] == offer["price"]["taxes"]
    assert booking["slices"] == offer["slices"]
    assert booking["payment_required_by"] == "2026-11-20T06:50:00Z"

    paid = pay(mine, booking["locator"])
    assert (paid.status_code, paid.json()["status"], paid.json()["amount"]) == (201, "succeeded", offer["total"])

    booking = mine.get(f"/api/v1/bookings/{booking['locator'].lower()}/").json()
    assert (booking["status"], booking["available_actions"]) == ("confirmed", ["cancel"])
    assert len(booking["tickets"][0]["number"]) == 13


def test_a_hold_is_answered_as_it_is_read_afterwards(mine, traveller, in_a_month, now):
    TaxRuleFactory(amount=250)
    there, back = (
        make_flight(departs_at=in_a_month),
        make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=2)),
    )
    party = [ASHA, ASHA | {"type": "child", "given_name": "Dev", "born_on": "2020-01-02"}]
    offer = claim_for([there], [back], now=now, party=Party(1, 1)).token

    held = hold(mine, {"offer": offer, "passengers": party, "contact": {"email": "asha@example.com"}}).json()

    assert held == mine.get(f"/api/v1/bookings/{held['locator']}/").json()


def test_the_statements_of_a_hold_and_of_a_payment(mine, wish, django_assert_num_queries):
    """Each costs everybody who books the same flight; `make bench-booking` shows how much."""
    with django_assert_num_queries(STATEMENTS_OF_A_HOLD):
        locator = hold(mine, wish).json()["locator"]
    with django_assert_num_queries(STATEMENTS_OF_A_PAYMENT):
        pay(mine, locator)


def test_an_integrator_books_with_a_key(as_key, integrator_key, wish):
    client = as_key(integrator_key)

    locator = hold(client, wish).json()["locator"]

    assert pay(client, locator).json()["status"] == "succeeded"


class TestWhoMay:
    def test_not_book_without_a_login(self, api, wish):
        answer = hold(api, wish)

        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert "WWW-Authenticate" in answer.headers

    @pytest.mark.parametrize("scopes", [[], ["search"], ["events", "manage"]])
    def test_not_book_with_a_key_of_another_scope(self, as_key, integrator, wish, scopes):
        _key, secret = ApiKey.issue(owner=integrator, name="narrow", scopes=scopes)

        assert hold(as_key(secret), wish).status_code == 403

    def test_not_know_of_anothers_booking(self, mine, as_user, stranger, agent, flight, now):
        booking = make_hold(stranger, flight, now=now)
        path = f"/api/v1/bookings/{booking.locator}/"

        for client in (mine, as_user(agent)):
            assert client.get(path).status_code == 404
            assert client.delete(path).status_code == 404
            assert pay(client, booking.locator).status_code == 404
            assert client.get("/api/v1/bookings/").json()["results"] == []
        assert Booking.objects.get().status == "held"


def test_ones_own_bookings_newest_first(mine, traveller, in_a_month, now):
    flight = make_flight(departs_at=in_a_month)
    earlier = make_booking(traveller, flight, now=now - timedelta(hours=1))
    later = make_hold(traveller, flight, now=now)

    listed = mine.get("/api/v1/bookings/").json()["results"]
    confirmed = mine.get("/api/v1/bookings/?status=confirmed").json()["results"]

    assert [booking["locator"] for booking in listed] == [later.locator, earlier.locator]
    assert [booking["locator"] for booking in confirmed] == [earlier.locator]


@pytest.mark.parametrize("bookings", [1, 4])
def test_they_are_listed_in_a_number_of_queries_that_does_not_grow(
    mine, traveller, in_a_month, now, bookings, django_assert_num_queries
):
    flight = make_flight(departs_at=in_a_month)
    for _ in range(bookings):
        make_booking(traveller, flight, now=now)

    with django_assert_num_queries(16):
        assert len(mine.get("/api/v1/bookings/").json()["results"]) == bookings


def test_a_hold_is_let_go(mine, wish, flight):
    locator = hold(mine, wish).json()["locator"]

    assert mine.delete(f"/api/v1/bookings/{locator}/").json()["status"] == "cancelled"
    assert mine.delete(f"/api/v1/bookings/{locator}/").json()["code"] == "not_releasable"
    assert FlightCabin.objects.get().seats_held == 0


class TestTheSameKey:
    def test_is_required(self, mine, wish):
        answer = mine.post("/api/v1/bookings/", wish)

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")

    def test_replays_the_answer(self, mine, wish):
        first, second = hold(mine, wish), hold(mine, wish)

        assert (second.status_code, second.json()) == (201, first.json())
        assert second.headers["Idempotency-Replayed"] == "true"
        assert Booking.objects.count() == 1

    def test_replays_a_payment_and_charges_once(self, mine, wish):
        locator = hold(mine, wish).json()["locator"]

        assert pay(mine, locator).json() == pay(mine, locator).json()
        assert SandboxCharge.objects.count() == 1

    def test_replays_a_refusal(self, mine, wish):
        FlightFare.objects.update(amount=1)
        first = hold(mine, wish)
        FlightFare.objects.update(amount=4000)

        second = hold(mine, wish)

        assert (first.status_code, first.json()) == (second.status_code, second.json())
        assert second.headers["Content-Type"] == "application/problem+json"
        assert hold(mine, wish, key="another").status_code == 201

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"passengers": [ASHA | {"born_on": "yesterday"}]}, 400),
            ({"passengers": [ASHA | {"born_on": "2020-04-05"}]}, 400),
            ({"offer": "made-up"}, 400),
        ],
    )
    def test_of_what_was_refused_as_it_was_sent_runs_once_it_is_put_right(self, mine, wish, changes, status):
        assert [hold(mine, wish | changes).status_code for _ in range(2)] == [status, status]

        assert hold(mine, wish).status_code == 201
        assert Booking.objects.count() == 1

    def test_of_a_payment_that_named_no_gateway_pays_once_it_does(self, mine, wish):
        locator = hold(mine, wish).json()["locator"]

        assert pay(mine, locator, gateway="none").status_code == 400
        assert pay(mine, "AAAAAA").status_code == 404
        assert pay(mine, locator).json()["status"] == "succeeded"

    def test_with_another_body_is_refused(self, mine, wish):
        hold(mine, wish)

        answer = hold(mine, wish | {"passengers": [ASHA | {"given_name": "Usha"}]})

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    def test_while_the_first_runs_is_told_to_wait(self, mine, wish):
        hold(mine, wish)
        IdempotencyRecord.objects.update(status=None)

        answer = hold(mine, wish)

        assert (answer.status_code, answer.json()["code"]) == (409, "request_in_progress")
        assert answer.headers["Retry-After"] == "1"

    def test_of_a_worker_that_died_is_taken_over_and_never_charges_twice(self, mine, wish, now, settings):
        locator = hold(mine, wish).json()["locator"]
        pay(mine, locator, token="tok_slow")
        died = now - settings.IDEMPOTENCY_ABANDONED_AFTER - timedelta(seconds=1)
        IdempotencyRecord.objects.filter(key="p1").update(status=None, body="", started_at=died)

        again = pay(mine, locator, token="tok_slow")

        assert (again.status_code, again.json()["status"]) == (201, "started")
        assert SandboxCharge.objects.count() == 1

    def test_of_a_hold_whose_worker_died_before_it_answered_holds_once(self, mine, wish, now, settings, monkeypatch):
        """Killed after the seats were taken: with the answer the hold is gone too, and the seats are free."""

        def killed(*args, **kwargs):
            raise SystemExit

        with monkeypatch.context() as dying:
            dying.setattr("flights_project.gateway.idempotency.keep_answer", killed)
            with pytest.raises(SystemExit):
                hold(mine, wish)
        assert FlightCabin.objects.get().seats_held == 0
        abandoned = now - settings.IDEMPOTENCY_ABANDONED_AFTER - timedelta(seconds=1)
        IdempotencyRecord.objects.update(started_at=abandoned)

        assert hold(mine, wish).status_code == 201
        assert Booking.objects.count() == 1

    def test_of_a_hold_that_broke_off_in_the_database_can_be_used_again(self, mine, wish, monkeypatch):
        """The error ends the transaction that the answer would be kept in: the key is let go outside of it."""

        def breaks_off(**asked):
            hold_seats(**asked)
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")

        with monkeypatch.context() as breaking:
            breaking.setattr("bookings.api.views.hold_seats", breaks_off)
            answer = hold(mine, wish)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert FlightCabin.objects.get().seats_held == 0

        assert hold(mine, wish).status_code == 201
        assert Booking.objects.count() == 1

    def test_of_what_was_refused_when_it_had_begun_replays_the_refusal_of_nothing_done(self, mine, wish, monkeypatch):
        def refuses(**asked):
            hold_seats(**asked)
            raise SeatsGone

        with monkeypatch.context() as refusing:
            refusing.setattr("bookings.api.views.hold_seats", refuses)
            first = hold(mine, wish)
        again = hold(mine, wish)

        assert (first.status_code, again.json()) == (409, first.json())
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (FlightCabin.objects.get().seats_held, Booking.objects.count()) == (0, 0)

    def test_of_somebody_else_is_another_key(self, mine, as_user, stranger, wish):
        hold(mine, wish)
        other = wish | {"passengers": [ASHA | {"given_name": "Usha"}]}

        assert hold(as_user(stranger), other).status_code == 201

    def test_after_a_server_error_may_be_used_again(self, mine, wish, monkeypatch):
        def crash(**kwargs):
            raise RuntimeError("a fault nobody foresaw")

        with monkeypatch.context() as broken:
            broken.setattr("bookings.api.views.hold_seats", crash)
            answer = hold(mine, wish)
            assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
            assert "foresaw" not in answer.content.decode()

        assert hold(mine, wish).status_code == 201


class TestWhatIsRefused:
    def test_a_changed_price_comes_with_a_fresh_offer(self, mine, wish):
        FlightFare.objects.update(amount=4500)

        answer = hold(mine, wish)

        assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")
        assert answer.json()["total"] == {"amount": "4500.00", "currency": "INR"}
        assert hold(mine, wish | {"offer": answer.json()["offer"]}, key="k2").status_code == 201

    def test_seats_that_are_gone(self, mine, wish):
        FlightCabin.objects.update(seats_sold=5)

        answer = hold(mine, wish)

        assert (answer.status_code, answer.json()["code"], answer.json()["seats_left"]) == (409, "seats_gone", 0)

    def test_a_payment_after_the_time_is_over(self, mine, wish):
        locator = hold(mine, wish).json()["locator"]
        Booking.objects.update(status="expired")

        answer = pay(mine, locator)

        assert (answer.status_code, answer.json()["code"]) == (410, "hold_expired")

    def test_a_gateway_that_does_not_exist(self, mine, wish):
        locator = hold(mine, wish).json()["locator"]

        assert pay(mine, locator, gateway="piggybank").json()["code"] == "gateway_unknown"

    def test_a_declined_card_is_a_failed_payment(self, mine, wish):
        locator = hold(mine, wish).json()["locator"]

        answer = pay(mine, locator, token="tok_declined")

        assert (answer.status_code, answer.json()["status"]) == (201, "failed")
        assert answer.json()["decline_code"] == "card_declined"
        assert mine.get(f"/api/v1/bookings/{locator}/").json()["available_actions"] == ["pay", "release"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"offer": None}, "offer"),
            ({"passengers": []}, "passengers"),
            ({"passengers": "Asha"}, "passengers"),
            ({"passengers": [ASHA, ASHA]}, "passengers"),
            ({"passengers": [ASHA | {"born_on": "2024-13-01"}]}, "passengers[0].born_on"),
            ({"passengers": [ASHA | {"born_on": "2020-01-01"}]}, "passengers[0].born_on"),
            ({"passengers": [ASHA | {"given_name": "  "}]}, "passengers[0].given_name"),
            ({"passengers": [ASHA | {"type": "senior"}]}, "passengers[0].type"),
            ({"passengers": [ASHA | {"family_name": "x" * 61}]}, "passengers[0].family_name"),
            ({"contact": {"email": "asha"}}, "contact.email"),
            ({"contact": {"email": "a@example.com", "phone": "<b>1</b>"}}, "contact.phone"),
            ({"contact": {}}, "contact.email"),
        ],
    )
    def test_wrong_input_names_its_field(self, mine, wish, changes, field):
        answer = hold(mine, wish | changes)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert field in answer.json()["errors"]
        assert not Booking.objects.exists()

    @pytest.mark.parametrize("name", ["José", "O'Brien", "N", "D’Souza-Núñez", "कमल"])
    def test_real_names_are_taken_as_they_are(self, mine, wish, name):
        answer = hold(mine, wish | {"passengers": [ASHA | {"given_name": name, "family_name": name}]})

        assert answer.json()["passengers"][0]["given_name"] == name

    @pytest.mark.parametrize(("token", "code"), [("tampered", "offer_invalid"), ("", "invalid")])
    def test_an_offer_that_is_none(self, mine, wish, token, code):
        assert hold(mine, wish | {"offer": token}).json()["code"] == code


def test_a_flight_that_was_booked_is_not_deleted(as_user, agent, traveller, flight, now):
    make_hold(traveller, flight, now=now)

    assert as_user(agent).delete(f"/api/v1/flights/{flight.pk}/").json()["code"] == "in_use"


@pytest.mark.parametrize(("amount", "code"), [("4000.00", 201), ("3999.99", 409), ("4000.01", 409)])
def test_a_program_says_what_it_expects_to_pay(mine, wish, amount, code):
    locator = hold(mine, wish).json()["locator"]
    body = {"gateway": "sandbox", "token": "tok_ok", "total": {"amount": amount, "currency": "INR"}}

    answer = mine.post(f"/api/v1/bookings/{locator}/payments/", body, headers={"Idempotency-Key": "p1"})

    assert answer.status_code == code
    assert code == 201 or answer.json()["code"] == "price_changed"
    assert Payment.objects.count() == (code == 201)


def test_what_can_only_fail_is_no_action(mine, traveller, flight, now):
    FareFamily.objects.update(seat_fee=300)
    booking = make_booking(traveller, flight, now=now)
    read = lambda: mine.get(f"/api/v1/bookings/{booking.locator}/").json()["available_actions"]  # noqa: E731

    assert read() == ["cancel", "choose_seats"]
    cancel_flight(flight=flight, now=now)
    assert read() == ["answer_change", "cancel"]
    Flight.objects.filter(pk=flight.pk).update(status="departed")
    assert "cancel" not in read()


def test_where_a_traveller_of_somebody_else_flies_is_not_told(mine, as_user, stranger, wish, flight):
    hold(mine, wish)

    own, anothers = hold(mine, wish, "k2"), hold(as_user(stranger), wish, "k3")

    assert (own.status_code, own.json()["code"], own.json()["flight"]) == (409, "already_booked", flight.number)
    assert (anothers.status_code, anothers.json()["code"]) == (409, "already_booked")
    assert flight.number not in anothers.content.decode()


def test_unpaid_holds_are_counted_by_address_but_not_those_of_a_key(
    mine, as_user, as_key, integrator_key, stranger, wish, settings
):
    settings.OPEN_HOLDS_PER_ADDRESS = 1
    others = [wish | {"passengers": [ASHA | {"given_name": name}]} for name in ("Dev", "Mini")]

    assert hold(mine, wish).status_code == 201
    assert hold(as_user(stranger), others[0]).json()["code"] == "too_many_holds"
    assert hold(as_key(integrator_key), others[0]).status_code == 201
    assert hold(as_key(integrator_key), others[1], "k2").status_code == 201


class TestMailToAnAddressOfSomebodyElse:
    @pytest.fixture
    def hold_and_release(self, mine, wish):
        keys = count()

        def hold_and_release(times):
            for _ in range(times):
                locator = hold(mine, wish, f"k{next(keys)}").json()["locator"]
                assert mine.delete(f"/api/v1/bookings/{locator}/").status_code == 200

        return hold_and_release

    def states(self):
        return sorted(Message.objects.values_list("kind", "status"))

    def test_is_sent_a_few_times_an_hour_and_read_in_the_inbox_in_any_case(self, hold_and_release, traveller):
        hold_and_release(6)

        assert self.states() == [("booking_held", "waiting")] * 3 + [("booking_held", "withheld")] * 3
        assert Message.objects.inbox_of(traveller).count() == 6

    def test_begins_again_after_an_hour(self, hold_and_release):
        hold_and_release(4)
        Message.objects.update(written_at=F("written_at") - timedelta(hours=1))
        hold_and_release(1)

        assert self.states().count(("booking_held", "withheld")) == 1

    def test_of_a_paid_booking_is_always_sent(self, hold_and_release, mine, wish):
        hold_and_release(3)
        pay(mine, hold(mine, wish, "paid").json()["locator"])

        assert ("booking_confirmed", "waiting") in self.states()

    def test_to_the_confirmed_address_of_the_account_is_always_sent(self, hold_and_release, traveller):
        EmailAddress.objects.create(user=traveller, email="Asha@example.com", verified=True)
        hold_and_release(4)

        assert self.states() == [("booking_held", "waiting")] * 4


def test_an_address_that_no_mail_reaches_is_refused(mine, wish):
    too_long = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example.com"

    answer = hold(mine, wish | {"contact": {"email": too_long}})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["contact.email"])
