"""What one process changes is in the next search of every other, whatever happens to Valkey.

The searches are answered by the web server as it is run, two processes that keep their answers for an hour: only the
feed of changes can make them new. The changes are made here, in another process.
"""

import http.client
import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from airlines.models import FlightFare
from airlines.services import changes, inventory
from airlines.services.fares import change_fare
from airlines.services.scheduling import remove_flights
from airlines.tests.factories import fare_of, make_flight
from flights_project.gateway.models import ApiKey
from flights_project.lib.feed import Feed
from flights_project.local.environment import throw_away_servers
from flights_project.local.process import Web
from flights_project.local.server import wait_until
from flights_project.local.valkey import Valkey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("search cache over http")]

SOON = 30.0
ASKED = 12
"""Connections, so that both processes answer."""


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    """One of our own, which can be stopped."""
    with throw_away_servers(durable=False) as servers:
        servers.use(postgres=False)
    yield servers.valkey
    servers.leave()


@pytest.fixture(scope="module")
def web(of_this_database: dict[str, str], valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    environment = of_this_database | {"REDIS_URL": valkey.url, "RATE_LIMITS": "off", "SEARCH_KEPT_SECONDS": "3600"}
    with Web("web", tmp_path_factory.mktemp("web"), environment) as web:
        yield web


@pytest.fixture(autouse=True)
def told(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is changed here is announced there."""
    feed = Feed(valkey.url, changes.FEED, settings.REDIS_OPTIONS)
    monkeypatch.setattr(changes, "feed", lambda: feed)
    yield
    os.kill(valkey.pid or 0, signal.SIGCONT)
    changes.announce([changes.Change(changes.Kind.MISSED)])
    changes._lost.clear()


@pytest.fixture
def flight(db):
    return make_flight(departs_at=timezone.now() + timedelta(days=30), seats=5)


def search(web: Web, flight: Any, **headers: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    """On a new connection."""
    asked = http.client.HTTPConnection("127.0.0.1", web.port, timeout=SOON)
    path = f"/api/v1/search/?origin=DEL&destination=BOM&depart_on={flight.departs_on}"
    asked.request("GET", path, headers=headers)
    answer = asked.getresponse()
    found = answer.status, orjson.loads(answer.read()), {name.lower(): value for name, value in answer.getheaders()}
    asked.close()
    return found


@pytest.fixture
def prices(web: Web, flight: Any) -> Callable[[], set[str]]:
    """What the flight costs, by all processes; `none` where one does not find it."""

    def prices() -> set[str]:
        found = set()
        for _ in range(ASKED):
            _status, body, _headers = search(web, flight)
            found |= {offer["total"]["amount"] for offer in body["results"]} or {"none"}
        return found

    return prices


@pytest.fixture
def are_kept(flight: Any, prices: Callable[[], set[str]]) -> Callable[[], bool]:
    """Whether answers are kept: what changes behind everybody's back is not seen."""
    amounts = iter(range(7000, 8000))

    def are_kept() -> bool:
        before = prices()
        amount = fare_of(flight).amount
        FlightFare.objects.filter(flight_cabin__flight=flight).update(amount=next(amounts))
        still = prices()
        FlightFare.objects.filter(flight_cabin__flight=flight).update(amount=amount)
        changes.announce([changes.status_of(flight)])
        assert wait_until(lambda: prices() == {f"{amount:.2f}"}, SOON)
        return bool(before & still)

    return are_kept


def test_a_price_changed_here_is_in_the_next_search_there(flight, prices, are_kept):
    assert wait_until(are_kept, SOON)
    change_fare(fare=fare_of(flight), amount=Decimal(4400))
    assert wait_until(lambda: prices() == {"4400.00"}, SOON)


def test_seats_taken_here_are_not_offered_there(flight, prices, are_kept):
    assert wait_until(are_kept, SOON)
    with transaction.atomic():
        inventory.hold_seats(cabins=inventory.lock_cabins(flights=[flight.pk], cabin="economy"), seats=5)
    assert wait_until(lambda: prices() == {"none"}, SOON)
    with transaction.atomic():
        inventory.release_held_seats(cabins=inventory.lock_cabins(flights=[flight.pk], cabin="economy"), seats=5)
    assert wait_until(lambda: prices() == {"4000.00"}, SOON)


def test_a_flight_that_is_gone_here_is_gone_there(flight, prices, are_kept):
    assert wait_until(are_kept, SOON)
    remove_flights([flight])
    assert wait_until(lambda: prices() == {"none"}, SOON)


def test_without_valkey_searches_are_right_and_with_it_they_are_kept_again(flight, prices, are_kept, valkey):
    assert wait_until(are_kept, SOON)
    os.kill(valkey.pid, signal.SIGSTOP)  # it takes connections and says nothing: the worst way to be away
    change_fare(fare=fare_of(flight), amount=Decimal(4500))
    assert wait_until(lambda: prices() == {"4500.00"}, SOON)
    FlightFare.objects.filter(flight_cabin__flight=flight).update(amount=4600)
    assert prices() == {"4600.00"}
    os.kill(valkey.pid, signal.SIGCONT)
    assert wait_until(are_kept, SOON)
    change_fare(fare=fare_of(flight), amount=Decimal(4700))
    assert wait_until(lambda: prices() == {"4700.00"}, SOON)


def test_a_key_is_answered_from_memory_until_it_is_revoked(web, flight, integrator, are_kept):
    assert wait_until(are_kept, SOON)
    row, key = ApiKey.issue(owner=integrator, name="tests")
    for _ in range(ASKED):
        assert search(web, flight, Authorization=f"Api-Key {key}")[0] == 200
        assert search(web, flight, Authorization=f"Api-Key {key}x")[0] == 401
    ApiKey.objects.filter(pk=row.pk).update(revoked_at=timezone.now())
    assert wait_until(
        lambda: {search(web, flight, Authorization=f"Api-Key {key}")[0] for _ in range(ASKED)} == {401}, SOON
    )


def test_answers_from_memory_are_as_djangos(web, flight, are_kept):
    assert wait_until(are_kept, SOON)
    _status, body, headers = search(web, flight, **{"If-None-Match": '"another"'})  # never from before Django
    kept = [search(web, flight) for _ in range(ASKED)]
    assert {tuple(sorted(each[2])) for each in kept} == {tuple(sorted(headers))}
    assert {each[2]["content-security-policy"] for each in kept} == {headers["content-security-policy"]}
    assert len({each[2]["x-request-id"] for each in kept}) == ASKED
    assert {orjson.dumps(each[1]["filters"]) for each in kept} == {orjson.dumps(body["filters"])}
    assert search(web, flight, Accept="text/html")[0] == 406
