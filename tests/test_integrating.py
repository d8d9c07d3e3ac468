"""The integrators' guide: every exchange in it is sent, and answered as it says; its codes and numbers are true."""

import json
import re
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.utils import timezone
from rest_framework.test import APIClient
from standardwebhooks import Webhook

from airlines.demo import sandbox
from airlines.tests.factories import FareFamilyFactory, make_flight
from bookings.services.sandbox import open_sandbox
from flights_project.api import STATUSES
from flights_project.gateway.problems import CODES

GUIDE = Path(project.BASE_DIR, "docs/integrating.md").read_text()
EXCHANGE = re.compile(r"```http\n([A-Z]+ .+?)\n```\n```http\n(\d{3})\n(.+?)\n```", re.DOTALL)
ANYTHING = "…"
REMEMBERED = ("locator", "id", "offer")


@pytest.fixture
def known(integrator_key: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the guide's `{names}` stand for at first."""
    for family in ("standard", "flex"):
        FareFamilyFactory(code=family)
    departs_at = (timezone.now() + timedelta(days=20)).replace(hour=6, minute=0)
    flight = make_flight(number="KV101", departs_at=departs_at, seats=5)
    monkeypatch.setattr(sandbox, "FIRST_DAY", 19)
    monkeypatch.setattr(sandbox, "DAYS", 3)  # around the flight's day, and no more
    open_sandbox(now=timezone.now())
    return {"key": integrator_key, "day": flight.departs_on.isoformat()}


def filled_in(text: str, known: dict[str, str]) -> str:
    """The text with what is `known` in the place of `{name}`."""
    return re.sub(r"\{([a-z]+)\}", lambda name: known[name[1]], text)


def send(request: str) -> tuple[int, Any]:
    head, _, body = request.partition("\n\n")
    line, *headers = head.split("\n")
    method, path = line.split(" ")
    named = dict(header.split(": ", 1) for header in headers)
    answer = APIClient().generic(method, path, body, content_type="application/json", headers=named)
    return answer.status_code, answer.json()


def differences(said: Any, answered: Any, at: str = "") -> list[str]:
    """Where `answered` has not what the guide `said`; it may have more."""
    if said == ANYTHING:
        return []
    if isinstance(said, dict) and isinstance(answered, dict):
        return [
            fault
            for name, value in said.items()
            for fault in (
                differences(value, answered[name], f"{at}.{name}") if name in answered else [f"no {at}.{name}"]
            )
        ]
    if isinstance(said, list) and isinstance(answered, list) and len(said) <= len(answered):
        return [fault for n, each in enumerate(said) for fault in differences(each, answered[n], f"{at}[{n}]")]
    return [] if said == answered else [f"{at} is {answered!r}, not {said!r}"]


def remember(answered: Any, known: dict[str, str]) -> None:
    """What the next requests speak of; of a search, the first result's."""
    first = next(iter(answered.get("results") or []), answered)
    known |= {name: str(first[name]) for name in REMEMBERED if name in first}


@pytest.mark.django_db(transaction=True)
def test_every_exchange_is_as_the_guide_says(known: dict[str, str]) -> None:
    exchanges = EXCHANGE.findall(GUIDE)
    assert 2 * len(exchanges) == GUIDE.count("```http")

    for request, status, body in exchanges:
        answered_status, answered = send(filled_in(request, known))
        assert (answered_status, request) == (int(status), request), answered
        assert differences(json.loads(filled_in(body, known)), answered) == [], request
        if answered_status < HTTPStatus.BAD_REQUEST:
            remember(answered, known)


def test_the_receiver_of_webhooks_checks_them_and_takes_each_once() -> None:
    [program] = re.findall(r"```python\n(.+?)```", GUIDE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 -- our own words
    secret, body, now = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"id": "e1"}', timezone.now()
    headers = {
        "webhook-id": "e1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("e1", now, body),
    }

    assert [names["receive"](body.encode(), headers, secret) for _ in range(2)] == [200, 200]
    assert names["seen"] == {"e1"}


def rows_below(heading: str) -> list[list[str]]:
    """The cells of the table that begins with `heading`."""
    table = GUIDE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n")[2:]]


def test_codes_have_the_statuses_that_the_guide_names() -> None:
    statuses = CODES | {error.code: status for error, status in STATUSES.items()}

    for codes, named, _advice in rows_below("code"):
        assert {statuses[code] for code in re.findall(r"`(\w+)`", codes)} == set(map(int, named.split(", ")))


def test_limits_are_those_of_the_settings() -> None:
    assert {row[0].strip("`"): row[1] for row in rows_below("calls")} == {
        name.removesuffix("_key"): rate for name, rate in project.RATES.items() if name.endswith("_key")
    }
