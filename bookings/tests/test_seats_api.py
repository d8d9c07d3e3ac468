"""Seat maps and seat choice for programs."""

import pytest

from airlines.models import FareFamily
from airlines.tests.factories import AirplaneFactory, economy, make_flight
from bookings.tests.factories import adult, infant, make_booking, make_hold
from flights_project.gateway.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    flight = make_flight(departs_at=in_a_month, airplane=AirplaneFactory(cabins=[economy(1, 4, "AB-C")]))
    FareFamily.objects.update(seat_fee=300)
    return flight


@pytest.fixture
def booking(traveller, flight, now):
    return make_hold(traveller, flight, now=now, travellers=[adult(), adult(), infant(with_adult=0)])


@pytest.fixture
def mine(as_user, traveller):
    return as_user(traveller)


@pytest.fixture
def choose(mine, booking, flight):
    def choose(*seats, client=mine):
        choices = [{"flight": flight.pk, "passenger": n, "seat": seat} for n, seat in enumerate(seats)]
        return client.put(f"/api/v1/bookings/{booking.locator}/seats/", {"seats": choices})

    return choose


def seat_map(client, flight, **query):
    return client.get(f"/api/v1/flights/{flight.pk}/seat-map/", query)


class TestTheSeatMap:
    def test_is_for_everybody(self, api, choose, flight):
        choose("1B")

        drawn = seat_map(api, flight, cabin="economy").json()

        assert drawn["columns"] == [["A", "B"], ["C"]]
        assert len(drawn["seats"]) == 12
        assert drawn["seats"][1] == {
            "seat": "1B", "row": 1, "column": "B", "position": "aisle", "state": "taken", "exit_row": False,
            "passenger": None,
        }  # fmt: skip

    def test_marks_the_owners_seats(self, mine, choose, flight, booking):
        choose(None, "1B")

        [own] = [seat for seat in seat_map(mine, flight, booking=booking.locator).json()["seats"] if seat["passenger"]]

        assert (own["seat"], own["state"], own["passenger"]) == ("1B", "yours", 1)

    def test_marks_nobody_elses(self, api, as_user, as_key, stranger, traveller, flight, booking):
        _key, search_only = ApiKey.issue(owner=traveller, name="search", scopes=["search"])

        asked = {"booking": booking.locator}
        assert seat_map(api, flight, **asked).status_code == 401
        assert seat_map(as_user(stranger), flight, **asked).status_code == 404
        assert seat_map(as_key(search_only), flight, **asked).status_code == 403
        assert seat_map(as_key(search_only), flight).status_code == 200

    def test_is_not_there_for_another_cabin_or_flight(self, api, flight):
        assert seat_map(api, flight, cabin="first").status_code == 404
        assert api.get("/api/v1/flights/0/seat-map/").status_code == 404


class TestChoosing:
    def test_answers_the_booking_with_its_seats_and_its_total(self, choose, flight):
        answer = choose("1A", "1B")

        booking = answer.json()
        assert (answer.status_code, booking["total"]["amount"]) == (200, "9000.00")
        assert booking["price"]["taxes"][0]["amount"]["amount"] == "600.00"
        assert [passenger["seats"] for passenger in booking["passengers"]] == [
            [{"flight": flight.pk, "seat": "1A", "fee": {"amount": "300.00", "currency": "INR"}}],
            [{"flight": flight.pk, "seat": "1B", "fee": {"amount": "300.00", "currency": "INR"}}],
            [],
        ]

    def test_tells_travellers_of_different_prices_apart(self, choose):
        prices = choose("1A").json()["price"]["per_passenger"]

        assert [(each["type"], each["count"], each["total"]["amount"]) for each in prices] == [
            ("adult", 1, "4300.00"),
            ("adult", 1, "4000.00"),
            ("infant", 1, "400.00"),
        ]

    def test_is_an_action_where_it_is_possible(self, mine, booking, traveller, flight, now):
        read = lambda one: mine.get(f"/api/v1/bookings/{one.locator}/").json()["available_actions"]  # noqa: E731
        without = make_booking(traveller, flight, now=now)

        assert read(booking) == ["pay", "release", "choose_seats"]
        assert read(without) == ["cancel", "choose_seats"]
        FareFamily.objects.update(seat_fee=None)
        assert read(without) == ["cancel"]
        FareFamily.objects.update(seat_choice_included=True)
        assert read(without) == ["cancel", "choose_seats"]

    def test_after_the_tickets_is_paid_by_itself(self, mine, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        path = f"/api/v1/bookings/{booking.locator}/"

        choice = {"seats": [{"flight": flight.pk, "passenger": 0, "seat": "1A"}]}
        chosen = mine.put(f"{path}seats/", choice).json()

        order = chosen["seat_order"]
        assert chosen["available_actions"] == ["pay", "cancel", "choose_seats"]
        assert order["seats"] == [
            {"flight": flight.pk, "passenger": 0, "seat": "1A", "fee": {"amount": "300.00", "currency": "INR"}}
        ]
        assert (chosen["passengers"][0]["seats"][0]["seat"], order["amount"]["amount"]) == (None, "300.00")

        card = {"gateway": "sandbox", "token": "tok_ok"}
        twice = [mine.post(f"{path}payments/", card, headers={"Idempotency-Key": "seats"}) for _ in range(2)]
        paid = mine.get(path).json()

        assert [answer.json()["status"] for answer in twice] == ["succeeded", "succeeded"]
        assert (paid["seat_order"], len(paid["payments"])) == (None, 2)
        assert paid["passengers"][0]["seats"][0]["seat"] == "1A"

    def test_is_refused_with_a_code_that_says_why(self, choose, mine, as_user, stranger, flight, now):
        other = make_hold(stranger, flight, now=now)
        as_user(stranger).put(
            f"/api/v1/bookings/{other.locator}/seats/", {"seats": [{"flight": flight.pk, "passenger": 0, "seat": "1C"}]}
        )

        taken = choose("1C")
        assert (taken.status_code, taken.json()["code"], taken.json()["seat"]) == (409, "seat_taken", "1C")
        assert choose("9A").json()["code"] == "seat_not_available"
        assert choose(None, None, "1A").json()["code"] == "infant_has_no_seat"
        FareFamily.objects.update(seat_fee=None)
        assert choose("1A").json()["code"] == "seat_choice_not_included"

    def test_is_refused_where_it_is_not_readable(self, mine, booking, flight, choose):
        twice = [{"flight": flight.pk, "passenger": 0, "seat": seat} for seat in ("1A", "1B")]

        answer = mine.put(f"/api/v1/bookings/{booking.locator}/seats/", {"seats": twice})

        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["seats"])
        assert choose("window").status_code == 400
        assert choose().status_code == 400

    def test_is_for_the_owner_only(self, choose, as_user, stranger):
        assert choose("1A", client=as_user(stranger)).status_code == 404


def test_together_answers_the_booking_and_says_what_it_did(mine, booking, flight):
    answer = mine.post(f"/api/v1/bookings/{booking.locator}/seats/together/").json()

    assert answer["flights"] == [
        {"flight": flight.pk, "arrangement": "side_by_side", "explanation": "You sit side by side in row 1."}
    ]
    assert [each["seats"][0]["seat"] for each in answer["booking"]["passengers"][:2]] == ["1A", "1B"]
