"""Many programs at once against the web server as it is run: granian, two processes with four threads each.

Each race has a control that shows it where the lock is taken out (`tests/weakened`).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest
from django.utils import timezone
from flights_client import Flights, Problem

from airlines.models import FlightCabin
from airlines.tests.factories import claim_for, make_flight
from benchmarks.client import Answer, somebody
from bookings.models import Booking, Payment, SandboxCharge, Ticket
from bookings.services.reconciliation import reconcile
from flights_project.gateway.models import IdempotencyRecord
from flights_project.local.process import APPLICATION, Web

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("races over http"),  # one worker, so that each server is started once
]

CROWD, SEATS = 200, 50
CONTACT: Any = {"email": "partner@example.com"}
TRIES = 20
"""How often a control may try its luck before the race must have shown."""

PATIENCE = 120.0
"""Seconds that a program waits for its answer."""

Act = Callable[[Flights], Any]
keys = (f"key-{n}" for n in count())


@pytest.fixture(scope="module")
def serve(of_this_database: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Web]]:
    """Servers of this database by the application that they serve, each started once."""
    environment = {**of_this_database, "RATE_LIMITS": "off"}
    running: dict[str, Web] = {}

    def serve(application: str) -> Web:
        if application not in running:
            folder: Path = tmp_path_factory.mktemp("web")
            running[application] = Web("web", folder, environment, application=application)
            running[application].start()
        return running[application]

    yield serve
    for web in running.values():
        web.stop()


@pytest.fixture
def at_once(serve: Callable[[str], Web], integrator_key: str) -> Callable[..., list[Answer]]:
    """Does all of `acts` together, each on a connection of its own, and returns their answers in order."""

    def at_once(acts: Sequence[Act], application: str = APPLICATION) -> list[Answer]:
        url = f"http://127.0.0.1:{serve(application).port}"
        barrier = Barrier(len(acts), timeout=PATIENCE)

        def run(act: Act) -> Answer:
            """Once: what is repeated is the race's own doing."""
            transport = httpx.HTTPTransport(verify=False)  # no TLS here, and certificates take long to load
            with Flights(url, key=integrator_key, tries=1, timeout=PATIENCE, transport=transport) as client:
                barrier.wait()
                try:
                    return Answer(201, act(client), 0)
                except Problem as problem:
                    return Answer(problem.status, problem.members, 0)

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(run, acts))

    return at_once


def outcomes(answers: Sequence[Answer]) -> Counter[str]:
    return Counter(f"{answer.status} {answer.code}".strip() for answer in answers)


def bodies(answers: Sequence[Answer]) -> list[Any]:
    """The different answers of those that succeeded."""
    different: list[Any] = []
    for answer in answers:
        if answer.status == 201 and answer.body not in different:
            different.append(answer.body)
    return different


def flight_on(day: int, origin: str = "DEL", destination: str = "BOM", seats: int | None = None):
    departs_at = (timezone.now() + timedelta(days=30 + day)).replace(minute=0, second=0, microsecond=0)
    return make_flight(origin, destination, departs_at=departs_at, seats=seats)


def hold(*flights, key: str | None = None) -> Act:
    """Somebody holds a journey; with a key of its own unless one is given."""
    offer = claim_for(*[[flight] for flight in flights], now=timezone.now()).token
    people: Any = [somebody()]
    key = key or next(keys)
    return lambda client: client.hold(offer, passengers=people, contact=CONTACT, idempotency_key=key)


def held_booking(at_once: Callable[..., list[Answer]]) -> str:
    """The locator of a booking that can be paid."""
    [answer] = at_once([hold(flight_on(0, seats=1))])
    return str(answer.body["locator"])


def pay(locator: str, *, key: str, token: str = "tok_ok") -> Act:
    return lambda client: client.pay(locator, gateway="sandbox", token=token, idempotency_key=key)


class TestACrowdForFewSeats:
    def test_takes_exactly_those(self, at_once):
        flight = flight_on(0, seats=SEATS)

        answers = at_once([hold(flight) for _ in range(CROWD)])

        assert outcomes(answers) == {"201": SEATS, "409 seats_gone": CROWD - SEATS}
        cabin = FlightCabin.objects.get(flight=flight)
        assert (cabin.seats_held, cabin.seats_sold, cabin.capacity) == (SEATS, 0, SEATS)
        assert Booking.objects.count() == SEATS
        assert reconcile() == []

    def test_control_without_the_lock_seats_are_lost_or_sold_twice(self, at_once):
        flight = flight_on(0, seats=SEATS)

        answers = at_once([hold(flight) for _ in range(CROWD)], "tests.weakened.unlocked:application")

        assert reconcile() != []
        assert outcomes(answers)["201"] != SEATS


class TestOneKeySentManyTimesAtOnce:
    def test_holds_once_and_answers_all_alike(self, at_once):
        one = hold(flight_on(0), key="the same")

        answers = at_once([one] * 24)

        assert set(outcomes(answers)) <= {"201", "409 request_in_progress"}
        assert len(bodies(answers)) == 1
        assert Booking.objects.count() == FlightCabin.objects.get(cabin="economy").seats_held == 1
        assert bodies(at_once([one])) == bodies(answers)

    def test_control_without_the_record_repeats_are_refused_as_others(self, at_once):
        answers = at_once([hold(flight_on(0), key="the same")] * 24, "tests.weakened.unlocked:application")

        assert "409 already_booked" in outcomes(answers)
        assert not IdempotencyRecord.objects.exists()

    def test_pays_once_and_answers_all_alike(self, at_once):
        one = pay(held_booking(at_once), key="the same")

        answers = at_once([one] * 24)

        assert set(outcomes(answers)) <= {"201", "409 request_in_progress"}
        [payment] = bodies(answers)
        assert payment["status"] == "succeeded"
        assert SandboxCharge.objects.count() == Payment.objects.count() == Ticket.objects.count() == 1
        assert bodies(at_once([one])) == [payment]


class TestOneBookingPaidByManyKeysAtOnce:
    @pytest.mark.parametrize("tokens", [["tok_ok"], ["tok_ok", "tok_error"]], ids=["one card", "two cards"])
    def test_is_charged_once(self, at_once, tokens):
        locator = held_booking(at_once)

        answers = at_once([pay(locator, key=next(keys), token=tokens[n % len(tokens)]) for n in range(24)])

        assert set(outcomes(answers)) <= {"201", "409 not_payable", "409 payment_running"}
        assert SandboxCharge.objects.count() == Payment.objects.count() == 1
        assert {payment["id"] for payment in bodies(answers)} == {str(Payment.objects.get().pk)}
        assert reconcile() == []

    def test_control_without_the_lock_they_run_into_the_constraint(self, at_once):
        for _ in range(TRIES):
            locator = held_booking(at_once)
            answers = at_once([pay(locator, key=next(keys)) for _ in range(24)], "tests.weakened.unlocked:application")
            if outcomes(answers)["409 conflict"]:
                return
        pytest.fail("no race in many tries")


class TestJourneysOverTheSameFlights:
    @pytest.fixture
    def crowd_of(self, db):
        """Journeys over three flights, made in the order opposite to that in which they are travelled."""
        third = flight_on(3)
        second = flight_on(2, "BOM", "DEL")
        first = flight_on(1)
        journeys = [(first, second), (second, third), (first, third), (first, second, third)]
        return lambda clients: [hold(*journeys[n % len(journeys)]) for n in range(clients)]

    def test_wait_for_each_other_and_never_for_ever(self, at_once, crowd_of):
        assert outcomes(at_once(crowd_of(48))) == {"201": 48}
        assert reconcile() == []

    def test_control_locked_in_any_order_they_deadlock(self, at_once, crowd_of):
        for _ in range(TRIES):
            if outcomes(at_once(crowd_of(8), "tests.weakened.unordered:application"))["503 unavailable"]:
                return
        pytest.fail("no deadlock in many tries")
