"""Every parameter wrong in every way is named before anything on sale is read, and the longest search is bounded."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from airlines.parameters import PARAMETERS
from airlines.services import connections, search
from airlines.services.routes import keep_routes
from airlines.tests.factories import AirportFactory, CityFactory, make_flight

pytestmark = pytest.mark.django_db

JOURNEY = {"origin": "DEL", "destination": "BOM"}
DAYS = {"depart_on": "2026-12-20", "return_on": "2026-12-22"}
SEARCH, CALENDAR = "/api/v1/search/", "/api/v1/search/calendar/"
FLEXIBLE, DESTINATIONS = "/api/v1/search/flexible/", "/api/v1/search/destinations/"
RIGHT = {
    SEARCH: JOURNEY | {"depart_on": "2026-12-20"},
    CALENDAR: JOURNEY | {"month": "2026-12"},
    FLEXIBLE: JOURNEY | DAYS,
    DESTINATIONS: {"origin": "DEL", "month": "2026-12"},
}
ALL = [
    *((SEARCH, name) for name in PARAMETERS),
    *((CALENDAR, name) for name in ("origin", "destination", "month", "cabin")),
    *((FLEXIBLE, name) for name in ("origin", "destination", "depart_on", "return_on", "cabin")),
    *((DESTINATIONS, name) for name in ("origin", "month", "depart_on", "country", "cabin")),
]
WRONG = ("-1", "9" * 30, "NaN", "1e400", "🛫", "\0", "' OR 1=1 --", "%", "../../", "x" * 5000, "DEL," * 1000)


@pytest.fixture(autouse=True)
def _on_sale(in_a_month):
    make_flight(departs_at=in_a_month, fares={"light": 4000})
    make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=2), fares={"light": 4000})


@pytest.fixture
def asked(api):
    """Asks, and says what was answered and what was read of flights on sale or of lowest prices."""

    def ask(path, parameters):
        with CaptureQueriesContext(connection) as ran:
            answer = api.get(path, parameters)
        return answer, [
            each["sql"] for each in ran if "flights_on_sale" in each["sql"] or 'FROM "airlines_low"' in each["sql"]
        ]

    return ask


@pytest.mark.parametrize("path", RIGHT)
def test_what_is_right_is_read(asked, path):
    answer, read = asked(path, RIGHT[path])

    assert answer.status_code == 200
    assert read


@pytest.mark.parametrize(("path", "name"), ALL)
def test_what_is_wrong_is_named_and_nothing_is_read(asked, path, name):
    for text in WRONG:
        answer, read = asked(path, RIGHT[path] | {name: text})

        assert (answer.status_code, read) == (400, []), text
        assert name in answer.json()["errors"], text


@pytest.mark.parametrize(("path", "name"), ALL)
def test_what_comes_twice_is_named_and_nothing_is_read(asked, path, name):
    text = RIGHT[path].get(name, "1")
    answer, read = asked(path, RIGHT[path] | {name: [text, text]})

    assert (answer.status_code, read) == (400, [])
    assert name in answer.json()["errors"]


@pytest.mark.parametrize("path", RIGHT)
def test_what_is_unknown_is_named_and_nothing_is_read(asked, path):
    answer, read = asked(path, RIGHT[path] | {"orgin": "DEL"})

    assert (answer.status_code, read, list(answer.json()["errors"])) == (400, [], ["orgin"])


@pytest.fixture
def two_dense_cities():
    """Of six airports each, with routes from each of the twelve to each other, over two hubs as well."""
    airports = []
    for city, latitude in (("DAA", 20), ("BAA", 24), ("HAA", 22), ("HBA", 22.5)):
        made = CityFactory(code=city, name=city, country="IN")
        for n in range(1 if city.startswith("H") else 6):
            iata = f"{city[:2]}{'ABCDEF'[n]}"
            where = {"latitude": latitude + n / 10, "longitude": 75, "zone": "Asia/Kolkata"}
            airports.append(AirportFactory(iata=iata, icao=f"Z{iata}", name=iata, city=made, **where))
    keep_routes((a.pk, b.pk) for a in airports for b in airports if a != b)


def test_the_longest_search_reads_a_bounded_number_of_legs_in_three_statements_at_most(
    api, two_dense_cities, monkeypatch
):
    """Six slices between the cities, with nearby airports, nine travellers and all filters."""
    legs, read = [], search.flights_on_sale

    def counted(asked, **more):
        asked = list(asked)
        legs.append(len(asked))
        return read(asked, **more)

    monkeypatch.setattr(search, "flights_on_sale", counted)
    monkeypatch.setattr(connections, "PATHS_AT_MOST", 40)
    slices = ",".join(f"{way}:2026-12-{20 + n // 2}" for n, way in enumerate(["DAA-BAA", "BAA-DAA"] * 3))
    filters = {"refundable": "true", "bag": "true", "max_price": "1", "max_duration": "240", "airline": "KV"}
    answer = api.get(SEARCH, {"slices": slices, "nearby": "true", "adults": "9", **filters})

    assert answer.status_code == 200
    assert len(legs) <= connections.MOST_STOPS + 1
    assert legs[0] == 6 * 36
    assert max(legs) <= 6 * 40 * (connections.MOST_STOPS + 1)
