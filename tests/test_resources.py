"""Reading parts, lists in order, answers that have not changed, and writes of what was read."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from airlines.models import Airport, PriceAlert
from airlines.tests.factories import AirportFactory, CityFactory, fare_of, make_flight
from bookings.tests.factories import make_hold
from flights_project.gateway.api.resources import ConditionalWrites

pytestmark = pytest.mark.django_db

CITIES = "/api/v1/cities/"


@pytest.fixture
def city():
    return CityFactory(code="AAA", name="Anna")


class TestFields:
    def test_are_those_that_were_asked_for(self, api, city):
        assert api.get(f"{CITIES}{city.pk}/?fields=code,name").json() == {"code": "AAA", "name": "Anna"}

    def test_are_chosen_in_lists_too(self, api, city):
        page = api.get(f"{CITIES}?fields=code").json()

        assert page["results"] == [{"code": "AAA"}]
        assert page.keys() == {"results", "next", "previous"}

    def test_of_bookings(self, as_user, traveller, in_a_month, now):
        booking = make_hold(traveller, make_flight(departs_at=in_a_month), now=now)
        client = as_user(traveller)

        assert client.get("/api/v1/bookings/?fields=locator").json()["results"] == [{"locator": booking.locator}]
        assert client.get(f"/api/v1/bookings/{booking.locator}/?fields=status").json() == {"status": "held"}

    @pytest.mark.parametrize("path", [CITIES, "/api/v1/bookings/", "/api/v1/flights/"])
    def test_that_there_are_not_are_named(self, as_user, agent, path):
        answer = as_user(agent).get(f"{path}?fields=colour")

        assert (answer.status_code, answer.json()["errors"]) == (400, {"fields": ["There is no field colour."]})


class TestInstants:
    """Parameters that name one, with the offsets that ISO 8601 has and PostgreSQL has not."""

    @pytest.mark.parametrize(
        ("held_before", "found"),
        [("2026-11-20T12:00:00+05:30", 0), ("2026-11-20T12:00:01+05:30", 1), ("2026-11-21T06:00:00+23:29", 1)],
    )
    def test_are_the_same_in_any_offset(self, as_user, traveller, in_a_month, now, held_before, found):
        make_hold(traveller, make_flight(departs_at=in_a_month), now=now)

        page = as_user(traveller).get("/api/v1/bookings/", {"held_before": held_before}).json()

        assert len(page["results"]) == found

    @pytest.mark.parametrize("path", ["/api/v1/bookings/?held_after=", "/api/v1/flights/?departs_before="])
    @pytest.mark.parametrize("instant", ["yesterday", "0001-01-01T00:00:00%2B12:00", "9999-12-31T23:00:00-12:00"])
    def test_outside_of_the_calendar_are_refused_by_name(self, as_user, traveller, path, instant):
        answer = as_user(traveller).get(path + instant)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert list(answer.json()["errors"]) == [path.partition("?")[2].rstrip("=")]


class TestLists:
    @pytest.fixture(autouse=True)
    def _cities(self):
        for code, name in (("AAA", "Same"), ("BBB", "Same"), ("CCC", "Same"), ("DDD", "First")):
            CityFactory(code=code, name=name)

    def codes(self, api, path):
        """Of all pages."""
        codes = []
        while path:
            page = api.get(path).json()
            codes += [city["code"] for city in page["results"]]
            path = page["next"]
        return codes

    @pytest.mark.parametrize(
        ("ordering", "codes"),
        [("code", "AAA BBB CCC DDD"), ("-code", "DDD CCC BBB AAA"), ("name", "DDD AAA BBB CCC")],
    )
    @pytest.mark.parametrize("size", [1, 2, 50])
    def test_are_ordered_over_all_pages(self, api, ordering, codes, size):
        assert self.codes(api, f"{CITIES}?ordering={ordering}&page_size={size}") == codes.split()

    @pytest.mark.parametrize("parameter", ["ordering=colour", "nmae=Delhi", "cursor=true", "cursor=%25", "cursor=e30="])
    def test_refuse_what_they_do_not_know(self, api, parameter):
        answer = api.get(f"{CITIES}?{parameter}")

        assert (answer.status_code, list(answer.json()["errors"])) == (400, [parameter.partition("=")[0]])


class TestFilters:
    """Of lists that somebody keeps: each narrows, and orders, what is there."""

    def ids(self, client, path):
        return [each["id"] for each in client.get(f"/api/v1/{path}").json()["results"]]

    def test_of_price_alerts(self, as_user, traveller):
        later, first = (
            PriceAlert.objects.create(
                owner=traveller, origin="DEL", destination="BOM", cabin="economy", depart_on=day, percent=10
            ).pk
            for day in ("2026-12-21", "2026-12-20")
        )
        later, first, caller = str(later), str(first), as_user(traveller)

        assert self.ids(caller, "price-alerts/") == [first, later]
        assert self.ids(caller, "price-alerts/?ordering=-depart_on") == [later, first]
        assert self.ids(caller, "price-alerts/?origin=del&depart_on=2026-12-21") == [later]
        assert self.ids(caller, "price-alerts/?cabin=business") == []

    def test_of_changes_of_many_fares_and_their_lines(self, as_user, agent, in_a_month):
        make_flight(departs_at=in_a_month, fares={"light": 4000, "standard": 5000})
        caller = as_user(agent)
        change = {"kind": "percent", "by": "10", "reason": "Diwali"}
        first, second = (caller.post("/api/v1/fare-changes/", change).json()["id"] for _ in range(2))
        caller.post(f"/api/v1/fare-changes/{first}/apply/")

        assert self.ids(caller, "fare-changes/") == [second, first]
        assert self.ids(caller, "fare-changes/?ordering=made_at&made_after=2000-01-01") == [first, second]
        assert self.ids(caller, "fare-changes/?status=applied") == [first]
        lines = f"/api/v1/fare-changes/{first}/lines/"
        dearest = caller.get(f"{lines}?ordering=-amount_after&status=applied&fields=amount_before").json()["results"]
        assert [each["amount_before"]["amount"] for each in dearest] == ["5000.00", "4000.00"]
        assert caller.get(f"{lines}?status=previewed").json()["results"] == []

    def test_of_what_a_fare_has_cost(self, as_user, agent, in_a_month):
        flight = make_flight(departs_at=in_a_month)
        caller, path = as_user(agent), f"/api/v1/flights/{flight.pk}/fares/{fare_of(flight).pk}/"
        caller.patch(path, {"amount": "4100"})
        caller.patch(path, {"amount": "4200"})

        page = caller.get(f"{path}history/?priced_by=staff&ordering=changed_at&fields=amount").json()

        assert [each["amount"]["amount"] for each in page["results"]] == ["4100.00", "4200.00"]
        assert caller.get(f"{path}history/?changed_before=2000-01-01").json()["results"] == []


class TestReadingAgain:
    @pytest.mark.parametrize("path", [CITIES, "/api/v1/schema/"])
    def test_what_is_as_it_was_is_not_sent_again(self, api, city, path):
        first = api.get(path)

        again = api.get(path, headers={"If-None-Match": first.headers["ETag"]})

        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]

    def test_what_changed_is(self, api, city):
        first = api.get(CITIES)
        CityFactory(code="BBB")

        assert api.get(CITIES, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200

    def test_caches_ask_again_and_share_nothing(self, api, city):
        assert api.get(CITIES).headers["Cache-Control"] == "private, no-cache"

    def test_problems_have_no_tag(self, api):
        assert "ETag" not in api.get(f"{CITIES}0/").headers

    def test_reading_only_what_is_as_it_was_may_fail(self, api, city):
        answer = api.get(CITIES, headers={"If-Match": '"other"'})

        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")


class TestWriting:
    @pytest.fixture
    def write(self, as_user, agent, city):
        client, path = as_user(agent), f"{CITIES}{city.pk}/"

        def write(method, tag=None, query="", **body):
            headers = {} if tag is None else {"If-Match": tag}
            return getattr(client, method)(path + query, body, headers=headers)

        return write

    @pytest.fixture
    def tag(self, api, city):
        return lambda query="": api.get(f"{CITIES}{city.pk}/{query}").headers["ETag"]

    @pytest.mark.parametrize("sent", ["", "no quotation marks", "a, b"])
    def test_a_tag_that_is_none_is_named_and_nothing_written(self, write, city, sent):
        answer = write("patch", sent, name="Unasked")

        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["If-Match"])
        city.refresh_from_db()
        assert city.name == "Anna"

    @pytest.mark.parametrize("method", ["patch", "put", "delete"])
    def test_what_was_read_is_written_once(self, write, tag, city, method):
        read = tag()

        assert write("patch", read, name="First").status_code == 200
        late = write(method, read, code="AAA", name="Second", country="IN")

        assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
        city.refresh_from_db()
        assert city.name == "First"

    def test_without_a_condition_the_last_one_wins(self, write, city):
        assert [write("patch", name=name).status_code for name in ("First", "Second")] == [200, 200]

    def test_anything_that_is_there_matches_a_star(self, write):
        assert write("delete", "*").status_code == 204

    def test_only_the_fields_that_were_read_count(self, write, tag):
        read = tag("?fields=name")
        write("patch", country="NP")

        assert write("patch", read, "?fields=name", name="New").status_code == 200

    def test_a_fare_is_written_as_it_was_read(self, as_user, agent, in_a_month):
        flight = make_flight(departs_at=in_a_month)
        client, path = as_user(agent), f"/api/v1/flights/{flight.pk}/fares/{fare_of(flight).pk}/"
        read = client.get(path).headers["ETag"]

        answers = [client.patch(path, {"amount": amount}, headers={"If-Match": read}) for amount in ("4100", "4200")]

        assert [answer.status_code for answer in answers] == [200, 412]

    @pytest.mark.django_db(transaction=True)
    def test_of_two_at_once_who_read_the_same_one_writes(self, as_user, agent, monkeypatch):
        airport = AirportFactory(iata="DEL")
        path = f"/api/v1/airports/{airport.pk}/"
        read = as_user(agent).get(path).headers["ETag"]
        clients = [as_user(agent) for _ in range(2)]

        assert sorted(at_once(clients, path, read)) == [200, 412]

        read = clients[0].get(path).headers["ETag"]
        monkeypatch.setattr(Airport.objects.none().__class__, "select_for_update", lambda rows, **kwargs: rows)
        assert at_once(clients, path, read, meeting=monkeypatch) == [200, 200]  # the race, without the lock


def at_once(clients, path, tag, meeting=None):
    """The statuses of a write by each client; with `meeting`, none writes before all have compared."""
    barrier, statuses = Barrier(len(clients), timeout=20), []
    if meeting is not None:
        compare = ConditionalWrites._etag_of

        def compare_together(view, row):
            tag = compare(view, row)
            barrier.wait()
            return tag

        meeting.setattr(ConditionalWrites, "_etag_of", compare_together)

    def write(client, name):
        if meeting is None:
            barrier.wait()
        try:
            statuses.append(client.patch(path, {"name": name}, headers={"If-Match": tag}).status_code)
        finally:
            connection.close()

    threads = [Thread(target=write, args=(client, f"Airport {n}")) for n, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses
