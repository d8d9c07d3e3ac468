"""The Python client against the running server, and what it does where answers fail to come."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as project
from django.utils import timezone
from flights_client import Flights, Problem, read_webhook
from standardwebhooks import Webhook, WebhookVerificationError

from airlines.models import Flight
from airlines.tests.factories import make_flight
from bookings.models import Booking, Refund
from bookings.tests.factories import make_hold
from flights_project.gateway.models import User

CLIENT = Path(project.BASE_DIR, "clients/python")
ASHA: Any = {"type": "adult", "given_name": "Asha", "family_name": "Rao", "born_on": "1990-04-05"}


@pytest.mark.django_db(transaction=True)
class TestTheServer:
    @pytest.fixture
    def flight(self) -> Flight:
        return make_flight(departs_at=timezone.now() + timedelta(days=30), fares={"light": 4000})

    @pytest.fixture
    def flights(self, live_server: Any, integrator_key: str) -> Any:
        with Flights(live_server.url, key=integrator_key) as flights:
            yield flights

    def test_the_example_searches_books_pays_and_cancels(
        self, flight: Flight, live_server: Any, integrator_key: str
    ) -> None:
        caller = {"FLIGHTS_URL": live_server.url, "FLIGHTS_KEY": integrator_key, "PYTHONPATH": str(CLIENT)}
        command = [sys.executable, str(CLIENT / "example.py"), "DEL", "BOM", flight.departs_on.isoformat()]

        said = subprocess.check_output(command, env=os.environ | caller, text=True)  # noqa: S603 -- our own program

        booking = Booking.objects.get()
        assert said.startswith(f"{booking.locator} succeeded 897")
        assert booking.status == Booking.Status.CANCELLED
        refund = Refund.objects.get()
        assert f"cancelled, refund {refund.amount}" in said
        assert said.splitlines()[-1] == f"[('{refund.amount}', '{refund.status}')]"

    def test_a_hold_is_released(self, flights: Flights, flight: Flight) -> None:
        [offer] = flights.search(origin="DEL", destination="BOM", depart_on=flight.departs_on.isoformat())
        held = flights.hold(
            flights.price_again(offer["offer"])["offer"], passengers=[ASHA], contact={"email": "a@example.com"}
        )

        assert flights.release(held["locator"])["status"] == "cancelled"

    def test_another_total_than_what_is_due_is_not_charged(self, flights: Flights, flight: Flight) -> None:
        [offer] = flights.search(origin="DEL", destination="BOM", depart_on=flight.departs_on.isoformat())
        held = flights.hold(offer["offer"], passengers=[ASHA], contact={"email": "a@example.com"})

        with pytest.raises(Problem) as refused:
            flights.pay(held["locator"], gateway="sandbox", token="tok_ok", total={"amount": "1.00", "currency": "INR"})

        assert (refused.value.code, refused.value.type) == ("price_changed", "/api/v1/problems/#price_changed")
        assert not flights.booking(held["locator"])["payments"]

    def test_what_happened_is_read_on_from_where_one_was(self, flights: Flights, flight: Flight) -> None:
        [offer] = flights.search(origin="DEL", destination="BOM", depart_on=flight.departs_on.isoformat())
        held = flights.hold(offer["offer"], passengers=[ASHA], contact={"email": "a@example.com"})
        [first] = flights.events()
        assert (first["type"], first["data"]["locator"]) == ("booking.held", held["locator"])

        flights.pay(held["locator"], gateway="sandbox", token="tok_ok")
        quote = flights.quote_cancellation(held["locator"])
        flights.confirm_cancellation(held["locator"], quote["id"])

        assert [event["type"] for event in flights.events(after=first["sequence"])] == [
            "booking.confirmed",
            "booking.cancelled",
        ]

    def test_lists_are_read_over_all_pages(self, flights: Flights, flight: Flight, integrator: User) -> None:
        made = {make_hold(integrator, flight, now=timezone.now()).locator for _ in range(3)}

        assert {booking["locator"] for booking in flights.bookings(page_size=1)} == made

    def test_what_is_refused_says_why(self, flights: Flights) -> None:
        with pytest.raises(Problem) as refused:
            flights.search(origin="DEL", destination="DEL", depart_on="yesterday")

        assert (refused.value.status, refused.value.code) == (400, "invalid")
        assert "depart_on" in refused.value.members["errors"]
        assert refused.value.request_id


class TestTryingAgain:
    @pytest.fixture
    def pauses(self) -> list[float]:
        return []

    @pytest.fixture
    def flights(self, pauses: list[float]) -> Any:
        """A client of a server that gives these answers, one after the other; it keeps what it was asked."""

        def client(*answers: httpx.Response | Exception) -> tuple[Flights, list[httpx.Request]]:
            asked: list[httpx.Request] = []

            def answer(request: httpx.Request) -> httpx.Response:
                asked.append(request)
                given = answers[min(len(asked), len(answers)) - 1]
                if isinstance(given, Exception):
                    raise given
                return given

            transport = httpx.MockTransport(answer)
            return Flights("http://flights.test", key="k", transport=transport, sleep=pauses.append), asked

        return client

    @pytest.mark.parametrize(
        "first",
        [
            httpx.ConnectError("refused"),
            httpx.ReadTimeout("late"),
            httpx.Response(503, headers={"Retry-After": "5"}, json={"code": "unavailable"}),
            httpx.Response(409, headers={"Retry-After": "1"}, json={"code": "request_in_progress"}),
            httpx.Response(502, text="<html>Bad Gateway</html>"),
        ],
    )
    def test_a_payment_is_sent_again_with_the_same_key(self, flights: Any, pauses: list[float], first: Any) -> None:
        client, asked = flights(first, httpx.Response(201, json={"status": "succeeded"}))

        assert client.pay("K7QX2M", gateway="sandbox", token="tok_ok")["status"] == "succeeded"

        assert len({request.headers["Idempotency-Key"] for request in asked}) == 1
        assert len(asked) == 2
        wanted = getattr(first, "headers", {}).get("Retry-After")
        assert pauses == [float(wanted)] if wanted else len(pauses) == 1

    def test_it_gives_up_and_says_what_it_was_told(self, flights: Any, pauses: list[float]) -> None:
        client, asked = flights(httpx.Response(429, headers={"Retry-After": "900"}, json={"code": "throttled"}))

        with pytest.raises(Problem, match="throttled"):
            client.booking("K7QX2M")

        assert len(asked) == 4
        assert pauses == [60, 60, 60]

    def test_it_gives_up_where_nobody_answers(self, flights: Any, pauses: list[float]) -> None:
        client, asked = flights(httpx.ConnectError("refused"))

        with pytest.raises(httpx.ConnectError):
            client.booking("K7QX2M")

        assert len(asked) == 4
        assert pauses == sorted(pauses)

    def test_a_refusal_is_final(self, flights: Any, pauses: list[float]) -> None:
        client, asked = flights(httpx.Response(409, json={"code": "seats_gone"}))

        with pytest.raises(Problem, match="seats_gone"):
            client.hold("token", passengers=[ASHA], contact={"email": "a@example.com"})

        assert (len(asked), pauses) == (1, [])


def test_webhooks_are_read_where_they_are_ours() -> None:
    secret, body = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", json.dumps({"type": "booking.confirmed"})
    now = timezone.now()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(msg_id="msg_1", timestamp=now, data=body),
    }

    assert read_webhook(body=body.encode(), headers=headers, secret=secret) == {"type": "booking.confirmed"}
    with pytest.raises(WebhookVerificationError):
        read_webhook(body=body.encode() + b" ", headers=headers, secret=secret)
