"""The desk's pages for what is for sale."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages

from airlines.models import Airplane, Airport, Cabin, City, Flight, FlightFare, Seat
from airlines.services.fares import change_fare
from airlines.tests.factories import (
    AirplaneFactory,
    AirportFactory,
    CityFactory,
    FareFamilyFactory,
    economy,
    fare_of,
    make_flight,
)
from flights_project.gateway.models import User

pytestmark = pytest.mark.django_db

FLIGHTS = "/admin/airlines/flight/"
FARES = "/admin/airlines/flightfare/"


@pytest.fixture
def desk(page_of, agent):
    return page_of(agent)


@pytest.fixture
def light(db):
    return FareFamilyFactory(code="light")


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


def sell_a_seat(flight, **counters):
    flight.cabins.filter(cabin="economy").update(seats_sold=1, **counters)


def page(flight):
    return f"{FLIGHTS}{flight.pk}/change/"


def slot(cabin, family):
    return f"fare_{cabin}_{family.pk}"


def as_opened(desk, flight):
    """What the flight's page sends back when nobody types anything."""
    context = desk.get(page(flight)).context
    form = context["adminform"].form
    sent: dict[str, object] = {}
    for field in form:
        sent |= dict(zip(names_of(field), values_of(field), strict=True))
        if field.field.show_hidden_initial:
            sent[field.html_initial_name] = values_of(field)[0]
    tables = [inline.formset.prefix for inline in context["inline_admin_formsets"]]
    return sent | {f"{table}-{count}_FORMS": 0 for table in tables for count in ("TOTAL", "INITIAL")}


def names_of(field):
    return (
        [f"{field.html_name}_0", f"{field.html_name}_1"] if field.name in {"departs", "arrives"} else [field.html_name]
    )


def values_of(field):
    value = field.value()
    return list(value) if isinstance(value, list) else ["" if value is None else value]


def errors_of(answer):
    return {**answer.context["adminform"].form.errors}


class TestSchedulingAFlight:
    @pytest.fixture
    def typed(self, light):
        AirportFactory(iata="DEL")
        return {
            "number": "KV161",
            "airplane": AirplaneFactory(cabins=[economy(1, 10)]).pk,
            "origin": AirportFactory(iata="DEL").pk,
            "origin_terminal": "3",
            "departs_0": "2026-12-05",
            "departs_1": "06:45",
            "destination": AirportFactory(iata="LHR").pk,
            "arrives_0": "2026-12-05",
            "arrives_1": "11:15",
            slot("economy", light): "31000",
        }

    def test_takes_local_times_and_puts_it_on_sale(self, desk, typed, now):
        desk.post(f"{FLIGHTS}add/", typed)

        flight = Flight.objects.get(number="KV161")
        assert flight.departs_at == datetime(2026, 12, 5, 1, 15, tzinfo=UTC)
        assert flight.arrives_at == datetime(2026, 12, 5, 11, 15, tzinfo=UTC)
        assert str(flight.departs_on) == "2026-12-05"
        assert flight.cabins.get().capacity == 60
        assert fare_of(flight).amount == 31000

    def test_says_where_it_was_put(self, desk, typed):
        answer = desk.post(f"{FLIGHTS}add/", typed)

        assert "KV161 5 Dec 2026" in str(next(iter(get_messages(answer.wsgi_request))))

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"arrives_0": "2026-12-04"}, "arrives", "A flight arrives after it departs."),
            ({"number": "161"}, "number", "Two characters of the airline"),
            ({"departs_1": ""}, "departs", "This field is required."),
            ({"airplane": ""}, "airplane", "This field is required."),
            ({"departs_0": "2026-11-19", "arrives_0": "2026-11-19"}, "departs", "This time has passed."),
        ],
    )
    def test_says_what_is_wrong_and_writes_nothing(self, desk, typed, changes, field, words):
        answer = desk.post(f"{FLIGHTS}add/", typed | changes)

        assert words in errors_of(answer)[field][0]
        assert not Flight.objects.exists()

    def test_refuses_a_number_twice_on_a_day(self, desk, typed):
        desk.post(f"{FLIGHTS}add/", typed)

        again = desk.post(f"{FLIGHTS}add/", typed | {"departs_1": "06:50"})

        assert errors_of(again) == {"__all__": ["This flight number already leaves from there on that day."]}
        assert Flight.objects.count() == 1

    def test_refuses_an_airplane_that_is_in_the_air(self, desk, typed):
        desk.post(f"{FLIGHTS}add/", typed)

        again = desk.post(f"{FLIGHTS}add/", typed | {"number": "KV163"})

        assert errors_of(again) == {"airplane": ["It flies KV161 5 Dec 2026 at that time."]}
        assert Flight.objects.count() == 1

    def test_refuses_the_same_airport_twice(self, desk, typed):
        answer = desk.post(f"{FLIGHTS}add/", typed | {"destination": typed["origin"]})

        assert errors_of(answer) == {"destination": ["A flight joins two different airports."]}

    def test_refuses_a_fare_in_a_cabin_that_the_airplane_does_not_have(self, desk, typed, light):
        AirplaneFactory()  # another one with business seats

        answer = desk.post(f"{FLIGHTS}add/", typed | {slot("business", light): "90000"})

        assert errors_of(answer) == {"__all__": ["The airplane has no business cabin."]}
        assert not Flight.objects.exists()


class TestAmendingAFlight:
    def test_moves_an_unsold_flight(self, desk, flight):
        desk.post(page(flight), as_opened(desk, flight) | {"departs_1": "10:30", "origin_terminal": "3"})

        moved = Flight.objects.get()
        assert moved.departs_at == flight.departs_at - timedelta(hours=1, minutes=30)
        assert (moved.arrives_at, moved.origin_terminal) == (flight.arrives_at, "3")

    def test_keeps_the_clock_time_when_the_airport_changes(self, desk, flight):
        elsewhere = AirportFactory(iata="LHR")

        desk.post(page(flight), as_opened(desk, flight) | {"destination": elsewhere.pk})

        assert Flight.objects.get().arrives_at == flight.arrives_at + timedelta(hours=5, minutes=30)

    def test_changes_only_the_price_that_was_typed(self, desk, flight, light):
        standard = FareFamilyFactory(code="standard")
        opened = as_opened(desk, flight)
        change_fare(fare=fare_of(flight), amount=Decimal(4400))  # by somebody else, meanwhile

        desk.post(page(flight), opened | {slot("economy", standard): "5200"})

        assert fare_of(flight).amount == 4400
        assert fare_of(flight, "standard").amount == 5200

    def test_does_not_take_a_fare_off_sale(self, desk, flight, light):
        answer = desk.post(page(flight), as_opened(desk, flight) | {slot("economy", light): ""})

        assert errors_of(answer) == {slot("economy", light): ["This field is required."]}

    def test_takes_the_fares_to_another_airplane(self, desk, flight):
        other = AirplaneFactory(cabins=[economy(1, 10)])

        desk.post(page(flight), as_opened(desk, flight) | {"airplane": other.pk})

        assert Flight.objects.get().cabins.get().capacity == 60
        assert fare_of(flight).amount == 4000

    def test_leaves_what_was_sold_as_it_is(self, desk, flight):
        opened = as_opened(desk, flight)
        sell_a_seat(flight)

        desk.post(page(flight), opened | {"departs_1": "10:30", "number": "KV999", "origin_terminal": "3"})

        after = Flight.objects.get()
        assert (after.departs_at, after.number, after.origin_terminal) == (flight.departs_at, "KV101", "3")

    def test_shows_a_refusal_of_the_service_where_seats_were_sold_in_the_meantime(self, desk, flight, monkeypatch):
        opened = as_opened(desk, flight)
        sell_a_seat(flight)
        monkeypatch.setattr("airlines.admin.flights._is_sold", lambda flight: False)

        answer = desk.post(page(flight), opened | {"departs_1": "10:30"})

        assert errors_of(answer) == {"departs": ["Seats of this flight are sold: it cannot be changed here."]}
        assert Flight.objects.get().departs_at == flight.departs_at

    @pytest.mark.parametrize("status", ["departed", "landed", "cancelled"])
    def test_is_over_once_the_flight_is(self, desk, flight, status):
        Flight.objects.update(status=status)

        assert "Light ₹4,000" in desk.get(page(flight)).content.decode()
        assert desk.post(page(flight), {}).status_code == 403

    def test_deletes_a_flight_only_while_nobody_is_on_it(self, desk, flight, now):
        empty = make_flight(departs_at=now + timedelta(days=3))
        sell_a_seat(flight)

        assert desk.post(f"{FLIGHTS}{flight.pk}/delete/", {"post": "yes"}).status_code == 403
        assert desk.post(f"{FLIGHTS}{empty.pk}/delete/", {"post": "yes"}).status_code == 302
        assert list(Flight.objects.all()) == [flight]


class TestTheListOfFlights:
    @pytest.fixture
    def yesterdays(self, now):
        return make_flight("BLR", "BOM", departs_at=now - timedelta(days=1), number="KV7")

    def numbers(self, desk, **query):
        return [row.number for row in desk.get(FLIGHTS, query).context["cl"].result_list]

    def test_starts_with_now(self, desk, flight, yesterdays):
        assert self.numbers(desk) == ["KV101"]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"when": "earlier"}, ["KV7"]),
            ({"when": "all"}, ["KV7", "KV101"]),
            ({"q": "kv7"}, ["KV7"]),
            ({"q": "BLR BOM"}, ["KV7"]),
            ({"q": "new delhi"}, ["KV101"]),
            ({"departs_on_from": "2026-11-01", "departs_on_to": "2026-11-30"}, ["KV7"]),
            ({"status__exact": "delayed"}, []),
        ],
    )
    def test_finds_others_when_asked(self, desk, flight, yesterdays, query, found):
        assert self.numbers(desk, **query) == found

    def test_leads_to_all_where_something_was_asked_for(self, desk, flight):
        assert "Show all" not in desk.get(FLIGHTS).content.decode()
        assert "Show all" in desk.get(FLIGHTS, {"q": "kv"}).content.decode()

    def test_shows_local_times_and_seats(self, desk, flight):
        sell_a_seat(flight, seats_held=2)

        row = desk.get(FLIGHTS).content.decode()

        assert "12:00 IST" in row
        assert "Sun 20 Dec 2026" in row
        assert "Economy 1, 2, <strong>147</strong>" in row
        assert "₹4,000" in row

    def test_lets_a_viewer_read_and_not_write(self, page_of, flight):
        viewer = User.objects.create_user("viewer@example.com", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_flight"))

        shown = page_of(viewer).get(page(flight))

        assert "Economy: Light ₹4,000" in shown.content.decode()
        assert "12:00 IST" in shown.content.decode()
        assert page_of(viewer).post(page(flight), {}).status_code == 403


class TestPricesInAList:
    def opened(self, desk):
        rows = desk.get(FARES).context["cl"].formset.forms
        sent = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows), "_save": "Save"}
        for n, row in enumerate(rows):
            amount = row.initial["amount"]
            sent |= {f"form-{n}-id": row.instance.pk, f"form-{n}-amount": amount, f"initial-form-{n}-amount": amount}
        return sent

    def test_change_where_a_new_one_was_typed(self, desk, flight):
        desk.post(FARES, self.opened(desk) | {"form-0-amount": "4321.50"})

        assert fare_of(flight).amount == Decimal("4321.50")

    def test_are_not_set_back_by_a_page_that_was_opened_before(self, desk, flight, now):
        other = make_flight(departs_at=now + timedelta(days=40))
        opened = self.opened(desk)
        change_fare(fare=fare_of(other), amount=Decimal(9000))

        desk.post(FARES, opened | {"form-0-amount": "4321"})

        assert fare_of(flight).amount == 4321
        assert fare_of(other).amount == 9000

    def test_keep_who_changed_them_and_through_which_door(self, desk, flight, agent):
        desk.post(FARES, self.opened(desk) | {"form-0-amount": "4321.50"})

        history = desk.get(f"{FARES}{fare_of(flight).pk}/change/").content.decode()

        for words in ("4321.50", agent.email, "desk"):
            assert words in history

    def test_are_not_negative(self, desk, flight):
        answer = desk.post(FARES, self.opened(desk) | {"form-0-amount": "-1"})

        assert answer.context["cl"].formset.errors[0]["amount"]
        assert fare_of(flight).amount == 4000

    def test_go_off_sale_by_deletion(self, desk, flight):
        desk.post(f"{FARES}{fare_of(flight).pk}/delete/", {"post": "yes"})

        assert not FlightFare.objects.exists()


class TestAnAirplane:
    def typed(self, *cabins, registration="VT-NEW", existing=()):
        sent = {"registration": registration, "model": "A320neo"}
        sent |= {"cabins-TOTAL_FORMS": len(cabins), "cabins-INITIAL_FORMS": len(existing)}
        for n, (cabin, first, last, layout) in enumerate(cabins):
            plan = {"cabin": cabin, "first_row": first, "last_row": last, "layout": layout}
            sent |= {f"cabins-{n}-{name}": value for name, value in plan.items()}
            if n < len(existing):
                sent |= {f"cabins-{n}-id": existing[n].pk, f"cabins-{n}-airplane": existing[n].airplane_id}
        return sent

    def add(self, desk, *cabins):
        return desk.post("/admin/airlines/airplane/add/", self.typed(*cabins))

    def test_is_made_with_cabins_and_seats(self, desk):
        self.add(desk, ("business", 1, 2, "AC-DF"), ("economy", 3, 5, "abc-def"))

        assert Airplane.objects.get().registration == "VT-NEW"
        assert [str(cabin) for cabin in Cabin.objects.all()] == ["Business 1–2 AC-DF", "Economy 3–5 ABC-DEF"]
        assert Seat.objects.count() == 8 + 18

    @pytest.mark.parametrize(
        ("cabins", "words"),
        [
            (
                [("business", 1, 3, "AC-DF"), ("economy", 3, 5, "ABC-DEF")],
                "Two cabins of an airplane cannot share a row.",
            ),
            ([("economy", 3, 1, "ABC-DEF")], "Rows run from 1 to 99 and the last is not before the first."),
            ([("economy", 1, 3, "ABC-CDE")], "A letter stands twice in ABC-CDE."),
            ([("economy", 1, 3, "ABCI")], "letters by column with dashes for aisles, such as ABC-DEF."),
            ([("economy", 1, 3, "ABC"), ("economy", 4, 6, "ABC")], "Please correct the duplicate values below."),
        ],
    )
    def test_is_refused_with_cabins_that_do_not_fit(self, desk, cabins, words):
        answer = self.add(desk, *cabins)

        assert words in answer.content.decode()
        assert not Airplane.objects.exists()

    def test_gets_other_seats_while_it_has_no_flight(self, desk):
        airplane = AirplaneFactory(cabins=[economy(1, 10)])
        cabin = airplane.cabins.get()

        changed = self.typed(("economy", 1, 2, "A-B"), registration=airplane.registration, existing=[cabin])
        desk.post(f"/admin/airlines/airplane/{airplane.pk}/change/", changed)

        assert [str(seat) for seat in Seat.objects.filter(cabin=cabin)] == ["1A", "1B", "2A", "2B"]

    def test_keeps_its_cabins_once_it_flies(self, desk, flight):
        airplane = flight.airplane
        [business, economy_cabin] = airplane.cabins.all()
        changed = self.typed(("economy", 1, 2, "A-B"), registration="VT-OTH", existing=[business, economy_cabin])

        desk.post(f"/admin/airlines/airplane/{airplane.pk}/change/", changed)

        assert Seat.objects.filter(cabin__airplane=airplane).count() == 158
        assert Airplane.objects.get().registration == "VT-OTH"


class TestTheNetwork:
    def test_a_city_comes_with_its_airports(self, desk):
        airport = {"iata": "GOI", "icao": "VOGO", "name": "Dabolim", "zone": "Asia/Kolkata"}
        airport |= {"latitude": "15.38", "longitude": "73.83"}
        sent = {"code": "GOI", "name": "Goa", "country": "IN", "airports-TOTAL_FORMS": 1, "airports-INITIAL_FORMS": 0}

        desk.post("/admin/airlines/city/add/", sent | {f"airports-0-{name}": value for name, value in airport.items()})

        assert "GOI" in desk.get("/admin/airlines/city/").content.decode()
        assert "Dabolim" in desk.get("/admin/airlines/airport/", {"q": "goa"}).content.decode()

    @pytest.mark.parametrize(("is_flown_to", "zone"), [(True, "Asia/Kolkata"), (False, "Asia/Colombo")])
    def test_an_airports_zone_stays_once_flights_leave_by_it(self, desk, in_a_month, is_flown_to, zone):
        airport = AirportFactory(iata="DEL")
        if is_flown_to:
            make_flight(departs_at=in_a_month)
        sent = {
            "iata": "DEL",
            "icao": "VIDP",
            "name": "Delhi",
            "city": airport.city_id,
            "latitude": 28,
            "longitude": 77,
        }

        desk.post(f"/admin/airlines/airport/{airport.pk}/change/", sent | {"zone": "Asia/Colombo"})

        saved = Airport.objects.get(iata="DEL")
        assert (saved.name, saved.zone) == ("Delhi", zone)

    def test_a_city_with_flights_is_not_deleted(self, desk, flight):
        city = CityFactory(code="DEL")

        answer = desk.post(f"/admin/airlines/city/{city.pk}/delete/", {"post": "yes"})

        assert answer.status_code == 403 or "would require deleting" in answer.content.decode()
        assert City.objects.filter(pk=city.pk).exists()


@pytest.mark.parametrize(
    ("amount", "percent", "words"), [("", "", "one of the two"), ("300", "5", "one of the two"), ("300", "", "")]
)
def test_a_tax_is_an_amount_or_a_percentage(desk, amount, percent, words):
    sent = {"code": "IN", "name": "User fee", "reach": "any", "amount": amount, "percent": percent}

    answer = desk.post("/admin/airlines/taxrule/add/", sent)

    assert (answer.status_code == 200) == bool(words)
    assert words in answer.content.decode()


def test_a_broken_seat_is_blocked_in_the_list(desk):
    AirplaneFactory(cabins=[economy(1, 1, "A-C")])
    window, aisle = Seat.objects.all()
    sent = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save", "form-1-blocked_for": "broken"}

    desk.post("/admin/airlines/seat/", sent | {"form-0-id": window.pk, "form-1-id": aisle.pk})

    assert list(Seat.objects.values_list("blocked_for", flat=True)) == ["", "broken"]
