"""What is for sale, through the API."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from airlines.models import Airplane, Flight, FlightCabin, FlightFare, Seat
from airlines.tests.factories import (
    AirplaneFactory,
    AirportFactory,
    CityFactory,
    FareFamilyFactory,
    TaxRuleFactory,
    economy,
    fare_of,
    make_flight,
)
from flights_project.gateway.models import ApiKey, User

pytestmark = pytest.mark.django_db

NETWORK = ["cities", "airports", "airplanes", "flights", "fare-families"]


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101", fares={"light": 4000, "flex": 7000})


@pytest.mark.parametrize("path", NETWORK)
def test_anyone_reads_the_network_in_cursor_pages(api, flight, path):
    answer = api.get(f"/api/v1/{path}/")

    assert answer.status_code == 200
    assert answer.json().keys() == {"results", "next", "previous"}
    [first, *_] = answer.json()["results"]
    assert api.get(f"/api/v1/{path}/{first['id']}/").json() == first


@pytest.mark.parametrize("path", NETWORK)
def test_only_staff_write_it(api, as_user, as_key, traveller, integrator_key, path):
    assert api.post(f"/api/v1/{path}/", {}).status_code == 401
    assert as_user(traveller).post(f"/api/v1/{path}/", {}).status_code == 403
    assert as_key(integrator_key).post(f"/api/v1/{path}/", {}).status_code == 403


def test_the_key_of_a_staff_members_program_writes_nothing(as_key, agent):
    _key, secret = ApiKey.issue(owner=agent, name="script")

    assert as_key(secret).post("/api/v1/cities/", {"code": "GOI"}).status_code == 403


def test_staff_without_the_permission_do_not_write(as_user, agent):
    agent.is_superuser = False
    agent.save()

    assert as_user(agent).post("/api/v1/cities/", {"code": "GOI"}).status_code == 403


def test_staff_make_and_change_and_delete_a_city(as_user, agent):
    staff = as_user(agent)

    city = staff.post("/api/v1/cities/", {"code": "GOI", "name": "Goa", "country": "IN"})
    assert city.status_code == 201
    path = f"/api/v1/cities/{city.json()['id']}/"
    assert staff.patch(path, {"name": "Dabolim"}).json()["name"] == "Dabolim"
    assert staff.delete(path).status_code == 204


def test_what_is_in_use_is_not_deleted(as_user, agent, flight):
    answer = as_user(agent).delete(f"/api/v1/airports/{flight.origin_id}/")

    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")


def test_an_airport_knows_its_city_by_code(as_user, agent):
    CityFactory(code="GOI")

    airport = as_user(agent).post(
        "/api/v1/airports/",
        {
            "iata": "GOI",
            "icao": "VOGO",
            "name": "Goa Dabolim",
            "city": "GOI",
            "latitude": 15.38,
            "longitude": 73.83,
            "zone": "Asia/Kolkata",
        },
    )

    assert (airport.status_code, airport.json()["city"]) == (201, "GOI")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"iata": "goi"}, "iata"),
        ({"zone": "India/Goa"}, "zone"),
        ({"latitude": "north"}, "latitude"),
        ({"city": "NOWHERE"}, "city"),
    ],
)
def test_a_wrong_airport_is_answered_by_field(as_user, agent, changes, field):
    CityFactory(code="GOI")
    airport = {"iata": "GOI", "icao": "VOGO", "name": "Goa", "city": "GOI", "latitude": 1, "longitude": 2}

    answer = as_user(agent).post("/api/v1/airports/", airport | {"zone": "Asia/Kolkata"} | changes)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert field in answer.json()["errors"]


def test_an_airplane_is_made_with_its_seats(as_user, agent):
    answer = as_user(agent).post(
        "/api/v1/airplanes/",
        {
            "registration": "VT-KAA",
            "model": "A320neo",
            "cabins": [
                {"cabin": "business", "first_row": 1, "last_row": 2, "layout": "AC-DF"},
                {"cabin": "economy", "first_row": 3, "last_row": 12, "layout": "ABC-DEF"},
            ],
        },
    )

    assert answer.status_code == 201
    assert [cabin["seats"] for cabin in answer.json()["cabins"]] == [8, 60]
    assert Seat.objects.filter(cabin__airplane__registration="VT-KAA").count() == 68


@pytest.mark.parametrize(
    ("cabins", "says"),
    [
        ([], "at least one cabin"),
        ([{"cabin": "economy", "first_row": 5, "last_row": 4, "layout": "ABC"}], "not before the first"),
        ([{"cabin": "economy", "first_row": 1, "last_row": 4, "layout": "A1C"}], "Letters by column"),
        ([{"cabin": "economy", "first_row": 1, "last_row": 4, "layout": "AA-B"}], "stands twice"),
        ([{"cabin": "cellar", "first_row": 1, "last_row": 4, "layout": "AB"}], "not a valid choice"),
        (
            [
                {"cabin": "business", "first_row": 1, "last_row": 4, "layout": "AB"},
                {"cabin": "economy", "first_row": 4, "last_row": 9, "layout": "AB"},
            ],
            "cannot share a row",
        ),
    ],
)
def test_an_impossible_airplane_is_refused_whole(as_user, agent, cabins, says):
    answer = as_user(agent).post("/api/v1/airplanes/", {"registration": "VT-KAA", "model": "A320neo", "cabins": cabins})

    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert not Airplane.objects.exists()


def test_the_cabins_of_an_airplane_stay(as_user, agent):
    path = f"/api/v1/airplanes/{AirplaneFactory().pk}/"
    cabins = [{"cabin": "economy", "first_row": 1, "last_row": 2, "layout": "AB"}]

    assert as_user(agent).patch(path, {"cabins": cabins}).status_code == 400
    assert as_user(agent).patch(path, {"model": "A321neo"}).json()["model"] == "A321neo"


class TestFlights:
    @pytest.fixture
    def plan(self):
        AirportFactory(iata="DEL")
        AirportFactory(iata="BOM")
        FareFamilyFactory(code="light")
        return {
            "number": "KV101",
            "airplane": AirplaneFactory().pk,
            "origin": "DEL",
            "destination": "BOM",
            "departs_at": "2026-12-20T19:00:00Z",
            "arrives_at": "2026-12-20T21:10:00Z",
            "fares": [{"cabin": "economy", "family": "light", "amount": "4500.00"}],
        }

    def test_are_on_sale_at_once(self, as_user, api, agent, plan, now):
        flight = as_user(agent).post("/api/v1/flights/", plan)

        assert flight.status_code == 201
        assert flight.json()["departs_on"] == "2026-12-21"
        assert flight.json()["departs_at_local"] == "2026-12-21T00:30:00+05:30"
        assert flight.json()["cabins"] == [
            {"cabin": "business", "seats": 8, "seats_left": 8},
            {"cabin": "economy", "seats": 150, "seats_left": 150},
        ]
        [fare] = flight.json()["fares"]
        assert fare["amount"] == {"amount": "4500.00", "currency": "INR"}
        found = api.get("/api/v1/search/?origin=DEL&destination=BOM&depart_on=2026-12-21").json()
        assert found["results"][0]["slices"][0]["segments"][0]["flight"] == flight.json()["id"]

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"arrives_at": "2026-12-20T18:00:00Z"}, "arrives after it departs"),
            ({"destination": "DEL"}, "two different airports"),
            ({"number": "101"}, "Two characters of the airline"),
            ({"origin": "XXX"}, "XXX"),
            ({"fares": [{"cabin": "economy", "family": "gold", "amount": 1}]}, "gold"),
            ({"fares": [{"cabin": "economy", "family": "light", "amount": -1}]}, "greater than or equal to 0"),
            ({"fares": [{"cabin": "economy", "family": "light", "amount": True}]}, "valid number"),
            ({"fares": [{"cabin": "first", "family": "light", "amount": 1}]}, "no first cabin"),
            ({"fares": [{"cabin": "economy", "family": "light", "amount": 1}] * 2}, "twice"),
            ({"airplane": 10**9}, "does not exist"),
        ],
    )
    def test_that_cannot_be_are_refused_whole(self, as_user, agent, plan, changes, says):
        answer = as_user(agent).post("/api/v1/flights/", plan | changes)

        assert answer.status_code == 400
        assert says in answer.content.decode()
        assert not Flight.objects.exists()

    def test_do_not_leave_in_the_past(self, as_user, agent, plan):
        times = {"departs_at": "2020-12-20T19:00:00Z", "arrives_at": "2020-12-20T21:10:00Z"}

        answer = as_user(agent).post("/api/v1/flights/", plan | times)

        assert (answer.status_code, answer.json()["errors"]) == (400, {"departs_at": ["This time has passed."]})
        path = f"/api/v1/flights/{as_user(agent).post('/api/v1/flights/', plan).json()['id']}/"
        assert as_user(agent).patch(path, times).json()["errors"].keys() == {"departs_at"}

    @pytest.mark.parametrize("name", ["departs_at", "arrives_at"])
    @pytest.mark.parametrize("instant", ["2026-12-20T19:00:00", "2026-12-20 19:00", "2026-12-20"])
    def test_are_at_instants_and_not_at_a_clock_of_nobody(self, as_user, agent, plan, name, instant):
        answer = as_user(agent).post("/api/v1/flights/", plan | {name: instant})

        assert answer.status_code == 400
        assert answer.json()["errors"].keys() == {name}

    def test_take_an_airplane_that_flies_nothing_else_then(self, as_user, agent, plan):
        staff = as_user(agent)
        other = plan | {"number": "KV103", "departs_at": "2026-12-20T21:00:00Z", "arrives_at": "2026-12-20T23:00:00Z"}
        staff.post("/api/v1/flights/", plan)

        refused = staff.post("/api/v1/flights/", other)

        assert (refused.status_code, refused.json()["errors"].keys()) == (400, {"airplane"})
        later = {"departs_at": "2026-12-20T21:10:00Z"}
        path = f"/api/v1/flights/{staff.post('/api/v1/flights/', other | later).json()['id']}/"
        assert staff.patch(path, {"departs_at": "2026-12-20T21:09:00Z"}).json()["errors"].keys() == {"airplane"}
        assert staff.patch(path, {"origin_terminal": "2"}).status_code == 200

    def test_leave_once_a_day_by_one_number(self, as_user, agent, plan):
        staff = as_user(agent)
        staff.post("/api/v1/flights/", plan)

        assert "on that day" in staff.post("/api/v1/flights/", plan).content.decode()

    def test_are_corrected_until_a_seat_is_sold(self, as_user, agent, plan):
        staff = as_user(agent)
        path = f"/api/v1/flights/{staff.post('/api/v1/flights/', plan).json()['id']}/"
        moved = {"departs_at": "2026-12-21T19:00:00Z", "arrives_at": "2026-12-21T21:10:00Z"}
        assert staff.patch(path, moved).json()["departs_on"] == "2026-12-22"

        FlightCabin.objects.filter(cabin="economy").update(seats_sold=1)

        assert staff.patch(path, {"arrives_at": "2026-12-21T22:00:00Z"}).status_code == 400
        assert staff.patch(path, {"origin_terminal": "3"}).json()["origin_terminal"] == "3"

    def test_made_twice_at_once_are_one(self, as_user, agent, plan, monkeypatch):
        as_user(agent).post("/api/v1/flights/", plan)
        monkeypatch.setattr(Flight, "full_clean", lambda self: None)  # both have looked before either wrote

        answer = as_user(agent).post("/api/v1/flights/", plan)

        assert (answer.status_code, answer.json()["code"]) == (409, "flight_conflict")

    def test_another_airplane_brings_other_seats_and_keeps_the_prices(self, as_user, agent, plan):
        staff = as_user(agent)
        path = f"/api/v1/flights/{staff.post('/api/v1/flights/', plan).json()['id']}/"
        small = AirplaneFactory(cabins=[economy(1, 2)]).pk

        answer = staff.patch(path, {"airplane": small})

        assert [fare["amount"]["amount"] for fare in answer.json()["fares"]] == ["4500.00"]
        assert [cabin["seats"] for cabin in answer.json()["cabins"]] == [12]

    def test_have_a_state_that_nobody_writes(self, as_user, agent, plan):
        staff = as_user(agent)
        path = f"/api/v1/flights/{staff.post('/api/v1/flights/', plan).json()['id']}/"

        assert staff.patch(path, {"status": "cancelled"}).json()["errors"].keys() == {"non_field_errors"}
        assert staff.patch(path, {"status": "cancelled", "number": "KV105"}).json()["status"] == "scheduled"
        read = staff.get(path).json()
        assert staff.put(path, read | {"status": "cancelled"}).json() == read

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("number=KV101", 1),
            ("origin=DEL", 1),
            ("origin=del", 1),
            ("destination=mumbai", 1),
            ("origin=BOM", 0),
            ("departs_on=2026-12-20", 1),
            ("status=delayed", 0),
            ("departs_after=2026-12-20", 1),
            ("departs_after=2026-12-20T00:00:00Z", 1),
            ("departs_after=2026-12-21T00:00:00", 0),
            ("departs_before=2026-12-20", 0),
        ],
    )
    def test_are_filtered(self, api, flight, query, count):
        assert len(api.get(f"/api/v1/flights/?{query}").json()["results"]) == count

    @pytest.mark.parametrize("query", ["origin=ZZZ", "destination=nowhere"])
    def test_are_not_looked_for_at_places_that_there_are_not(self, api, flight, query):
        answer = api.get(f"/api/v1/flights/?{query}")

        assert (answer.status_code, answer.json()["errors"].keys()) == (400, {query.partition("=")[0]})

    @pytest.mark.parametrize("flights", [1, 4])
    def test_are_listed_in_a_number_of_queries_that_does_not_grow(
        self, api, in_a_month, flights, django_assert_num_queries
    ):
        for day in range(flights):
            make_flight(departs_at=in_a_month + timedelta(days=day))

        with django_assert_num_queries(4):
            assert len(api.get("/api/v1/flights/").json()["results"]) == flights


class TestAPrice:
    def test_is_changed_by_staff_and_live_at_once(self, as_user, api, agent, flight, now):
        path = f"/api/v1/flights/{flight.pk}/fares/{fare_of(flight).pk}/"

        answer = as_user(agent).patch(path, {"amount": "4999.50"})

        assert answer.json()["amount"] == {"amount": "4999.50", "currency": "INR"}
        found = api.get("/api/v1/search/?origin=DEL&destination=BOM&depart_on=2026-12-20&sort=price").json()
        assert found["results"][0]["total"]["amount"] == "4999.50"

    @pytest.mark.parametrize("amount", ["-1", "free", None, {"amount": "1", "currency": "USD"}])
    def test_is_an_amount_in_our_currency(self, as_user, agent, flight, amount):
        path = f"/api/v1/flights/{flight.pk}/fares/{fare_of(flight).pk}/"

        assert as_user(agent).patch(path, {"amount": amount}).status_code == 400

    def test_says_so_where_somebody_else_has_changed_it(self, as_user, agent, flight):
        path = f"/api/v1/flights/{flight.pk}/fares/{fare_of(flight).pk}/"
        as_user(agent).patch(path, {"amount": 4400})

        answer = as_user(agent).patch(path, {"amount": 4100, "instead_of": 4000})

        assert (answer.status_code, answer.json()["code"]) == (409, "fare_changed")
        assert answer.json()["amount"] == {"amount": "4400.00", "currency": "INR"}
        assert fare_of(flight).amount == 4400

    def test_is_the_price_of_its_own_flight(self, as_user, agent, flight, in_a_month):
        other = make_flight(departs_at=in_a_month)

        path = f"/api/v1/flights/{other.pk}/fares/{fare_of(flight).pk}/"
        assert as_user(agent).patch(path, {"amount": 1}).status_code == 404

    def test_is_not_changed_by_others(self, api, as_user, traveller, flight):
        path = f"/api/v1/flights/{flight.pk}/fares/{fare_of(flight).pk}/"

        assert api.patch(path, {"amount": 1}).status_code == 401
        assert as_user(traveller).patch(path, {"amount": 1}).status_code == 403
        assert FlightFare.objects.get(pk=fare_of(flight).pk).amount == 4000


class TestTheHistoryOfAPrice:
    @pytest.fixture
    def path(self, flight):
        return f"/api/v1/flights/{flight.pk}/fares/{fare_of(flight).pk}/"

    def test_has_every_change_the_newest_first(self, as_user, agent, path):
        for amount in (4400, 4100):
            as_user(agent).patch(path, {"amount": amount, "reason": "Diwali"})

        newest, first = as_user(agent).get(f"{path}history/").json()["results"]

        assert (first["previous_amount"]["amount"], first["amount"]["amount"]) == ("4000.00", "4400.00")
        assert (newest["previous_amount"]["amount"], newest["amount"]["amount"]) == ("4400.00", "4100.00")
        assert newest | {"amount": 0, "previous_amount": 0, "changed_at": 0} == {
            "changed_at": 0,
            "amount": 0,
            "previous_amount": 0,
            "priced_by": "staff",
            "reason": "Diwali",
            "by": agent.email,
            "door": "api",
        }

    def test_is_read_by_staff_who_may_see_fares(self, api, as_user, as_key, traveller, integrator_key, path):
        clerk = User.objects.create_user("clerk@example.com", is_staff=True)

        assert api.get(f"{path}history/").status_code == 401
        for denied in (as_user(traveller), as_user(clerk), as_key(integrator_key)):
            assert denied.get(f"{path}history/").status_code == 403
        clerk.user_permissions.add(Permission.objects.get(codename="view_flightfare"))
        assert as_user(clerk).get(f"{path}history/").json()["results"] == []

    @pytest.mark.parametrize("changes", [1, 5])
    def test_takes_queries_that_do_not_grow(self, as_user, agent, path, changes, django_assert_num_queries):
        for n in range(changes):
            as_user(agent).patch(path, {"amount": 5000 + n})
        reader = as_user(agent)

        with django_assert_num_queries(3):  # who reads, the fare, its changes
            assert len(reader.get(f"{path}history/").json()["results"]) == changes


class TestSearch:
    PATH = "/api/v1/search/?origin=DEL&destination=BOM&depart_on=2026-12-20"

    def test_tells_all_of_an_offer(self, api, flight, now):
        TaxRuleFactory(amount=250)
        TaxRuleFactory(code="K3", name="GST", amount=None, percent=5, infants_pay=True)

        offer = api.get(self.PATH + "&adults=2&children=1&infants=1&sort=price").json()["results"][0]

        assert offer["total"] == {"amount": "12720.00", "currency": "INR"}
        assert offer["price"]["base"]["amount"] == "11400.00"
        assert offer["price"]["taxes"] == [
            {"code": "IN", "name": "User development fee", "amount": {"amount": "750.00", "currency": "INR"}},
            {"code": "K3", "name": "GST", "amount": {"amount": "570.00", "currency": "INR"}},
        ]
        assert [(each["type"], each["count"]) for each in offer["price"]["per_passenger"]] == [
            ("adult", 2),
            ("child", 1),
            ("infant", 1),
        ]
        assert (offer["cabin"], offer["family"], offer["seats_left"]) == ("economy", "light", 150)
        assert offer["slices"][0]["duration"] == "PT2H0M"
        [segment] = offer["slices"][0]["segments"]
        assert (segment["number"], segment["origin"], segment["destination"]) == ("KV101", "DEL", "BOM")
        assert segment["departs_at"] == "2026-12-20T06:30:00Z"
        assert segment["departs_at_local"] == "2026-12-20T12:00:00+05:30"

    def test_prices_an_offer_again(self, api, flight, now):
        token = api.get(self.PATH + "&sort=price").json()["results"][0]["offer"]
        FlightFare.objects.update(amount=9000)

        assert api.get(f"/api/v1/offers/{token}/").json()["total"]["amount"] == "9000.00"

    def test_refuses_a_made_up_offer(self, api):
        answer = api.get("/api/v1/offers/made-up/")

        assert (answer.status_code, answer.json()["code"]) == (400, "offer_invalid")

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("origin=XXX", "origin"),
            ("adults=0", "adults"),
            ("infants=3", "infants"),
            ("depart_on=2020-01-01", "depart_on"),
            ("depart_on=soon", "depart_on"),
            ("colour=blue", "colour"),
            ("adults=99999999999999999999", "adults"),
        ],
    )
    def test_names_the_parameter_that_is_wrong(self, api, flight, now, query, field):
        name = query.split("=")[0]
        asked = {"origin": "DEL", "destination": "BOM", "depart_on": "2026-12-20"} | {name: query.split("=")[1]}

        answer = api.get("/api/v1/search/", asked)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert field in answer.json()["errors"]

    def test_takes_each_parameter_once(self, api, flight, now):
        assert "adults" in api.get(self.PATH + "&adults=1&adults=2").json()["errors"]

    def test_needs_the_scope_of_a_key(self, as_key, integrator, flight, now):
        _key, secret = ApiKey.issue(owner=integrator, name="events only", scopes=["events"])

        assert as_key(secret).get(self.PATH).status_code == 403


def test_places_are_suggested_best_first(api):
    for iata in ("DEL", "LHR", "LGW", "BOM"):
        AirportFactory(iata=iata)

    def codes(words):
        return [place["code"] for place in api.get("/api/v1/places/", {"q": words}).json()["results"]]

    assert codes("bom")[0] == "BOM"
    assert codes("lon") == ["LON", "LGW", "LHR"]
    assert codes("new d") == ["DEL"]
    names = [place["name"] for place in api.get("/api/v1/places/", {"q": "lon"}).json()["results"]]
    assert names == ["London", "London LGW Airport", "London LHR Airport"]
    assert codes("") == codes("zzz") == []


@pytest.mark.parametrize("typed", ["bo", "BO", "mum"])
def test_the_first_letters_of_a_code_or_city_suggest_it(api, typed):
    AirportFactory(iata="BOM")

    assert [place["code"] for place in api.get("/api/v1/places/", {"q": typed}).json()["results"]] == ["BOM"]


@pytest.mark.parametrize("path", NETWORK)
@pytest.mark.parametrize("cursor", ["zzz", "cD1hYmM=", "cD0lMDA="])
def test_a_cursor_that_is_none_of_ours_leads_nowhere(api, flight, path, cursor):
    answer = api.get(f"/api/v1/{path}/", {"cursor": cursor})

    assert (answer.status_code, answer.json()["errors"].keys()) == (400, {"cursor"})


@pytest.mark.parametrize("path", NETWORK)
@pytest.mark.parametrize("size", ["abc", "-3", "0", "101", "1" * 5000, "١", ""])
def test_a_page_has_a_size(api, path, size):
    answer = api.get(f"/api/v1/{path}/", {"page_size": size})

    assert (answer.status_code, answer.json()["errors"].keys()) == (400, {"page_size"})


@pytest.mark.parametrize("query", ["page_size=1&page_size=2", "number=KV1&number=KV2", "cursor=a&cursor=b"])
def test_a_list_takes_each_parameter_once(api, flight, query):
    answer = api.get(f"/api/v1/flights/?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("name", ["departs_at", "arrives_at"])
@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_flight_at_the_end_of_time_is_refused(as_user, agent, flight, name, instant):
    answer = as_user(agent).patch(f"/api/v1/flights/{flight.pk}/", {name: instant})

    assert answer.status_code == 400
    assert name in answer.json()["errors"]


def test_places_off_the_earth_and_odd_registrations_are_refused(as_user, agent, flight):
    staff = as_user(agent)

    off_the_earth = staff.patch(f"/api/v1/airports/{flight.origin_id}/", {"latitude": 91, "longitude": -1e308})
    odd = staff.patch(f"/api/v1/airplanes/{flight.airplane_id}/", {"registration": "vt kka"})

    assert off_the_earth.json()["errors"].keys() == {"latitude", "longitude"}
    assert odd.json()["errors"].keys() == {"registration"}
