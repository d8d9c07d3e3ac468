"""The price stream as it is run: the process of the Procfile, which is given no database at all."""

import http.client
import re
from collections.abc import Iterator
from decimal import Decimal

import orjson
import pytest

from airlines.services import inventory
from airlines.services.fares import change_fare
from airlines.tests.factories import fare_of, make_flight
from flights_project.local.process import Stream

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("stream over http")]

NO_DATABASE = "postgres://nobody@127.0.0.1:1/none"
PATIENCE = 20


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    environment = {"DATABASE_URL": NO_DATABASE, "RATE_LIMITS": "off"}
    with Stream("stream", tmp_path_factory.mktemp("stream"), environment) as stream:
        yield stream


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=5)


class Listener:
    """A client that reads events one by one."""

    def __init__(self, stream: Stream, flight: int, last: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", stream.port, timeout=PATIENCE)
        headers = {"Last-Event-ID": last} if last else {}
        self._connection.request("GET", f"/stream/prices/?flights={flight}", headers=headers)
        self._answer = self._connection.getresponse()
        assert self._read().startswith("retry:")

    def next(self) -> tuple[str, str, dict[str, object]]:
        """Kind, id and content."""
        fields = dict(re.findall(r"^(\w+): (.*)$", self._read(), re.MULTILINE))
        return fields["event"], fields["id"], orjson.loads(fields["data"])

    def next_of(self, kind: str) -> tuple[str, dict[str, object]]:
        """Id and content of the next event of a kind, whatever else is told on the way."""
        while True:
            told, id_, content = self.next()
            if told == kind:
                return id_, content

    def close(self) -> None:
        self._connection.close()

    def _read(self) -> str:
        lines = []
        while (line := self._answer.readline().decode()) != "\n":
            lines.append(line)
        return "".join(lines)


def test_a_price_and_seats_arrive_after_commit(stream, flight):
    listener = Listener(stream, flight.pk)
    change_fare(fare=fare_of(flight), amount=Decimal(4400))
    inventory.hold_seats(cabins=inventory_of(flight), seats=2)

    _id, price = listener.next_of("price")
    assert (price["amount"], price["previous"], price["currency"]) == ("4400.00", "4000.00", "INR")
    _id, seats = listener.next_of("seats")
    assert seats["seats_left"] == 3
    listener.close()


def test_nothing_is_missed_while_the_process_is_away(stream, flight):
    listener = Listener(stream, flight.pk)
    change_fare(fare=fare_of(flight), amount=Decimal(4100))
    last, _price = listener.next_of("price")
    listener.close()

    stream.stop()
    change_fare(fare=fare_of(flight), amount=Decimal(4200))
    stream.start()

    resumed = Listener(stream, flight.pk, last)
    _id, price = resumed.next_of("price")
    assert price["amount"] == "4200.00"
    resumed.close()


def inventory_of(flight):
    return list(flight.cabins.select_related("flight"))
