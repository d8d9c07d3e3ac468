"""What the door before Django answers is Django's answer, byte for byte; everything else it leaves to Django."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Event
from typing import Any

import orjson
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import QueryDict

from airlines.api import answers, search_door, written_prices
from airlines.api.answers import JourneyWriter, parameters_of
from airlines.api.offers import offer_as_dict
from airlines.api.search_door import PLACES, SearchDoor
from airlines.forms import read_search
from airlines.models import FlightFare
from airlines.services import flights_on_sale, price_book
from airlines.services.search import search
from airlines.tests.factories import AirportFactory, TaxRuleFactory, make_flight
from flights_project.gateway import traces
from flights_project.gateway.models import ApiKey

pytestmark = pytest.mark.django_db

PATH = "/api/v1/search/"
ASKED = "origin=DEL&destination=BOM&depart_on=2026-12-20"
SOON = 30.0


class Answered:
    """An answer as a server gets it from a WSGI application."""

    def __init__(self, application, query=ASKED, **more):
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": PATH,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "203.0.113.7",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": sys.stderr,
        }
        response = application(environ | more, self._start)
        self.body = b"".join(response)
        if hasattr(response, "close"):
            response.close()
        self.json: Any = orjson.loads(self.body) if self.body else None

    def _start(self, status, headers, *_error):
        self.status = int(status[:3])
        self.headers = dict(headers)
        assert len(self.headers) == len(headers)

    @property
    def headers_of_every_answer(self):
        of_one = {"X-Request-ID", "RateLimit-Remaining", "RateLimit-Reset"}
        return {name: value for name, value in self.headers.items() if name not in of_one}

    @property
    def prices(self):
        return [offer["total"]["amount"] for offer in self.json["results"]]


class Django:
    """Django's application, and how often it was asked."""

    def __init__(self):
        self._handler = WSGIHandler()
        self.asked = 0

    def __call__(self, environ, start_response):
        self.asked += 1
        return self._handler(environ, start_response)


@pytest.fixture
def django():
    return Django()


@pytest.fixture
def door(django):
    """A door that knows how Django answers a plain search."""
    door = SearchDoor(django)
    assert Answered(door).status == 200
    django.asked = 0
    return door


@pytest.fixture(autouse=True)
def _one_connection(db, monkeypatch):
    """The test's transaction is taken for something that a request has left behind."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture(autouse=True)
def flight(db, in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101", fares={"light": 4000, "flex": 7000})


def test_its_answer_is_djangos_to_the_last_byte(door, django, in_a_month):
    TaxRuleFactory(amount=250)
    make_flight(departs_at=in_a_month + timedelta(hours=1), number="KV103")
    query = ASKED + "&page_size=1&adults=2&children=1"

    answer, djangos = Answered(door, query), Answered(WSGIHandler(), query)

    assert (answer.status, answer.body) == (200, djangos.body)
    assert answer.headers_of_every_answer == djangos.headers_of_every_answer
    assert answer.headers.keys() == djangos.headers.keys()
    assert answer.headers["X-Request-ID"] != djangos.headers["X-Request-ID"]
    assert django.asked == 0
    assert answer.json["next"].startswith("http://localhost/api/v1/search/?")


@pytest.mark.parametrize("query", ["q=del", "q=dehli", "q=", "q=DEL%20airport", "q=S%C3%A3o"])
def test_a_door_for_places_answers_as_django_does(django, query):
    door = SearchDoor(django, PLACES)
    places = {"PATH_INFO": "/api/v1/places/"}
    assert Answered(door, "q=b", **places).status == 200

    answer, djangos = Answered(door, query, **places), Answered(WSGIHandler(), query, **places)

    assert (answer.status, answer.body) == (200, djangos.body)
    assert answer.headers_of_every_answer == djangos.headers_of_every_answer
    assert django.asked == 1


@pytest.mark.parametrize("query", ["", "q=a&q=b", "q=a&words=b"])
def test_what_is_wrong_with_a_question_for_places_django_says(django, query):
    door = SearchDoor(django, PLACES)
    places = {"PATH_INFO": "/api/v1/places/"}
    assert Answered(door, "q=b", **places).status == 200

    assert Answered(door, query, **places).status == 400
    assert django.asked == 2


def test_a_key_that_may_ask_for_places_is_not_let_into_searches_unseen(django, integrator_key):
    doors = SearchDoor(SearchDoor(django, PLACES))
    ApiKey.objects.update(scopes=[])
    key = {"HTTP_AUTHORIZATION": f"Api-Key {integrator_key}"}
    assert Answered(doors).status == 200
    assert Answered(doors, "q=del", PATH_INFO="/api/v1/places/", **key).status == 200

    assert Answered(doors, **key).status == 403


def test_its_prices_are_those_of_now(door, django):
    FlightFare.objects.filter(family__code="light").update(amount=4400)

    assert Answered(door).prices == ["4400.00", "7000.00"]
    FlightFare.objects.filter(family__code="light").update(amount=4500)
    assert Answered(door).prices == ["4500.00", "7000.00"]
    assert django.asked == 0


@pytest.mark.parametrize(
    "more",
    [
        {"REQUEST_METHOD": "HEAD"},
        {"HTTP_COOKIE": "sessionid=somebody"},
        {"HTTP_IF_NONE_MATCH": '"another"'},
        {"HTTP_ORIGIN": "https://elsewhere.example"},
        {"HTTP_AUTHORIZATION": "Api-Key unknown"},
        {"HTTP_ACCEPT": "text/html"},
        {"HTTP_ACCEPT_LANGUAGE": "hi"},
        {"HTTP_HOST": "127.0.0.1"},
        {"PATH_INFO": "/api/v1/airports/"},
    ],
)
def test_what_is_not_plain_or_was_never_asked_so_is_djangos(door, django, more):
    assert Answered(door, **more).status == Answered(WSGIHandler(), **more).status
    assert django.asked == 1


def test_a_host_that_is_not_ours_never_gets_in(door, django):
    assert [Answered(door, HTTP_HOST="evil.example").status for _ in range(2)] == [400, 400]
    assert django.asked == 2


def test_what_is_wrong_is_said_by_django(door):
    query = ASKED + "&adults=0&colour=blue"

    answer, djangos = Answered(door, query), Answered(WSGIHandler(), query)

    assert (answer.status, set(answer.json["errors"])) == (400, {"colour"})
    assert answer.headers_of_every_answer == djangos.headers_of_every_answer


@pytest.mark.parametrize(
    "text",
    [
        ASKED,
        "origin=New+Delhi&destination=",
        "origin=S%C3%A3o%20Paulo",
        "origin=M\xc3\xbcnchen",
        "origin=M\xfcnchen",
        "&&",
    ],
)
def test_parameters_are_read_as_django_reads_them(text):
    by_django = QueryDict(text.encode("iso-8859-1")).dict()

    assert parameters_of({"QUERY_STRING": text}, by_django) == by_django


def test_a_key_is_let_in_by_django_first(door, django, integrator):
    _row, secret = ApiKey.issue(owner=integrator, name="tests")
    _row, other = ApiKey.issue(owner=integrator, name="no searches", scopes=["events"])

    assert [Answered(door, HTTP_AUTHORIZATION=f"Api-Key {secret}").status for _ in range(3)] == [200] * 3
    assert django.asked == 1
    assert [Answered(door, HTTP_AUTHORIZATION=f"Api-Key {other}").status for _ in range(2)] == [403] * 2
    assert django.asked == 3


def test_traced_searches_are_made_by_django(door, django, monkeypatch):
    monkeypatch.setattr(traces, "IS_ON", True)

    assert Answered(door).status == 200
    assert django.asked == 1


class TestLimits:
    @pytest.fixture(autouse=True)
    def _five_an_hour(self, settings):
        settings.RATE_LIMITS = True
        settings.RATES = settings.RATES | {"search_address": "5/hour"}

    def left(self, answer):
        return int(answer.headers["RateLimit-Remaining"])

    def test_each_answer_spends_one_token_whoever_makes_it(self, door):
        answers = [Answered(door, query) for query in (ASKED, ASKED + "&adults=0", ASKED + "&adults=2")]

        assert [answer.status for answer in answers] == [200, 400, 200]
        assert [self.left(answer) for answer in answers] == [3, 2, 1]  # the first of five learnt how Django answers

    def test_beyond_them_it_is_429_with_a_time_to_come_back(self, door):
        allowed = [Answered(door).status for _ in range(4)]
        refused = [Answered(door, query) for query in (ASKED, ASKED + "&adults=0")]

        assert allowed == [200] * 4
        assert [(answer.status, answer.json["code"], self.left(answer)) for answer in refused] == [
            (429, "throttled", 0),
            (429, "throttled", 0),
        ]
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
        assert Answered(door, REMOTE_ADDR="203.0.113.8").status == 200

    def test_what_is_kept_spends_them_too(self, door, django, monkeypatch):
        monkeypatch.setattr(answers, "search_cache", _Keeps)
        kept = [Answered(door) for _ in range(5)]

        assert [answer.status for answer in kept] == [200] * 4 + [429]
        assert django.asked == 1


class _Keeps:
    """A cache that has every answer already."""

    def answer(self, _key, _reference, _make):
        return answers.Answer(b"{}", frozenset(), 1.0, (("Content-Length", "2"), ("ETag", '"kept"')))


@pytest.mark.django_db(transaction=True)
class TestAStatementThatTakesTooLong:
    """Another transaction holds what the search has to read."""

    @pytest.fixture
    def let_go(self, door, flight, settings):
        """It holds it until this is called."""
        settings.SEARCH_TIMEOUT = timedelta(milliseconds=100)
        taken, done = Event(), Event()

        def lock():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("LOCK TABLE airlines_flightcabin IN ACCESS EXCLUSIVE MODE")
                taken.set()
                done.wait(SOON)
            connection.close()

        with ThreadPoolExecutor(1) as pool:
            locking = pool.submit(lock)
            assert taken.wait(SOON)

            def let_go():
                done.set()
                locking.result(SOON)

            yield let_go
            let_go()

    @pytest.fixture
    def executed(self, monkeypatch):
        read, limits = flights_on_sale._rows, []

        def rows(parameters):
            limits.append(parameters)
            return read(parameters)

        monkeypatch.setattr(flights_on_sale, "_rows", rows)
        return limits

    @pytest.mark.usefixtures("let_go")
    def test_ends_and_is_told_as_503_with_a_time_to_come_back(self, door, executed):
        answer = Answered(door)

        assert (answer.status, answer.json["code"]) == (503, "took_too_long")
        assert int(answer.headers["Retry-After"]) > 0
        assert len(executed) == 1  # Django has not waited for it again

    def test_is_over_when_the_lock_is(self, door, let_go, settings):
        assert Answered(door).status == 503
        let_go()
        settings.SEARCH_TIMEOUT = timedelta(seconds=SOON)

        assert Answered(door).prices == ["4000.00", "7000.00"]


def journeys(now, **asked):
    query, page = read_search({"origin": "DEL", "destination": "BLR", "depart_on": "2026-12-20"} | asked, now=now)
    return search(query, now=now, page=page)


class TestWhatIsWrittenAtOnce:
    @pytest.fixture
    def network(self, in_a_month):
        TaxRuleFactory(amount=250)
        TaxRuleFactory(code="K3", name="GST “domestic”, 5 %s", amount=None, percent=5, infants_pay=True)
        TaxRuleFactory(code="WO", name="Where it leaves from", origin=AirportFactory(iata="BOM"), amount=75)
        late = in_a_month + timedelta(hours=9)  # the next flight on leaves after midnight
        for day in (timedelta(), timedelta(days=2)):
            make_flight("DEL", "BLR", departs_at=in_a_month + day, number="KV1", fares={"light": 4000, "flex": 7000})
            make_flight("DEL", "BOM", departs_at=late + day, number="KV2", fares={"light": 2000, "flex": 5000})
            make_flight("BOM", "BLR", departs_at=late + day + timedelta(hours=5), number="KV3", fares={"flex": 900})
            make_flight("BLR", "DEL", departs_at=in_a_month + day, number="KV4", fares={"light": 4100, "flex": 7100})

    @pytest.mark.parametrize(
        "asked",
        [
            {"max_stops": "1"},
            {"max_stops": "1", "adults": "2", "children": "1", "infants": "1", "sort": "price"},
            {"return_on": "2026-12-22"},
            {"max_stops": "2", "return_on": "2026-12-22", "page_size": "3"},
        ],
    )
    def test_says_what_each_offer_by_itself_would(self, now, network, asked):
        results = journeys(now, **asked)
        writer = JourneyWriter(results.found)

        written = [orjson.loads(writer.write(journey)) for journey in results.journeys]

        assert written == orjson.loads(orjson.dumps([offer_as_dict(offer) for offer in results.offers]))
        assert written

    def test_forgets_what_was_written_when_it_is_full(self, now, network, monkeypatch):
        for module in (answers, price_book, written_prices):
            monkeypatch.setattr(module, "REMEMBERED", 1)
        written_prices._flights.clear()
        results = journeys(now, max_stops="1")
        writer = JourneyWriter(results.found)
        written = [writer.write(journey) for journey in results.journeys]

        remembered = (
            written_prices._flights,
            *(each(results.found.reference) for each in (answers._segments, answers._connections)),
        )
        assert list(map(len, remembered)) == [1, 1, 1]
        assert written == [JourneyWriter(results.found).write(journey) for journey in results.journeys]


def test_what_it_remembers_of_ways_of_asking_is_bounded(door, django, monkeypatch):
    monkeypatch.setattr(search_door, "WAYS_KNOWN", 2)
    for language in ("hi", "de", "fr", "hi"):
        Answered(door, HTTP_ACCEPT_LANGUAGE=language)

    assert django.asked == 4
    assert len(door._headers) <= 2
