"""Who may do what: every route for every caller, with their own things and another's.

The statuses are written by hand in `docs/architecture/access.md`, which is both the documentation and the test's table.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from airlines.models import FareFamily, Flight, PriceAlert
from airlines.services.fare_changes import FareFilter, preview_change
from airlines.services.places import find_place
from airlines.services.price_alerts import Wish, follow, stop_token
from airlines.tests.factories import (
    AirplaneFactory,
    AirportFactory,
    CityFactory,
    FareFamilyFactory,
    claim_for,
    fare_of,
    make_flight,
)
from bookings.models import Booking, Document, ItineraryChange
from bookings.services.cancellation import quote_cancellation
from bookings.services.itinerary_changes import open_changes
from bookings.services.payment import pay
from bookings.services.saved_travellers import save_travellers
from bookings.tests.factories import adult, make_booking, make_hold
from conftest import PASSWORD
from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.roles import RIGHTS, STAFF_ROLES, Role
from flights_project.gateway.services import give_role
from notifications.models import KeptMail, Message, WebhookEndpoint
from notifications.services.refusals import stop_url
from notifications.services.webhooks import create_endpoint, ping

TABLE = Path(settings.BASE_DIR, "docs/architecture/access.md")
ROLES = Path(settings.BASE_DIR, "docs/architecture/gateway.md")
CALLERS = ("nobody", "traveller", "key", "bare key", *map(str, STAFF_ROLES))
OWN, ANOTHERS = "own", "another's"
READ_OR_WRITE = {"GET", "POST"}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
ELSEWHERE = ("admin/", "accounts/")
"""The desk is tested by its roles below; the log-in pages are allauth's."""


@dataclass(frozen=True)
class Row:
    """A call on something of one's own, of another's, or of nobody's, and the status that each caller gets."""

    method: str
    path: str
    whose: str
    statuses: dict[str, str]


def cells(page: Path) -> Iterator[list[str]]:
    """The rows of a page's tables."""
    for line in page.read_text().splitlines():
        if line.startswith("|") and not line.startswith("|--"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def rows() -> Iterator[Row]:
    for call, whose, *statuses in cells(TABLE):
        if call.startswith("`"):
            method, path = call.strip("`").split(" ")
            yield Row(method, path, whose, dict(zip(CALLERS, statuses, strict=True)))


ROWS = list(rows())


def routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if path in ELSEWHERE:
            continue
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        else:
            yield "/" + re.sub(r"\(\?P<(\w+)>[^)]*\)|<\w+:(\w+)>", r"{\1\2}", path), pattern


def methods_of(pattern: URLPattern) -> set[str]:
    """What a route answers to; a function may answer to anything and is asked to read and to write."""
    view: Any = pattern.callback
    view_class = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if view_class is None:
        return READ_OR_WRITE
    named = getattr(view, "actions", None) or filter(partial(hasattr, view_class), view_class.http_method_names)
    return METHODS & {method.upper() for method in named}


def test_every_route_has_its_row() -> None:
    there = {(method, path) for path, pattern in routes(get_resolver().url_patterns) for method in methods_of(pattern)}

    assert there == {(row.method, row.path) for row in ROWS}


@pytest.fixture
def people(now: Any, traveller: User, integrator: User, stranger: User) -> dict[str, User]:
    """Whoever calls, by the name of their column, and the stranger who owns what is another's."""
    staff = {role: User.objects.create_user(f"{role}@example.com", PASSWORD, is_staff=True) for role in STAFF_ROLES}
    for role, user in staff.items():
        give_role(user=user, role=role)
    give_role(user=integrator, role=Role.INTEGRATOR)
    return {
        "traveller": traveller,
        "key": integrator,
        "bare key": integrator,
        "stranger": stranger,
        **{str(role): user for role, user in staff.items()},
    }


def door_of(caller: str, people: dict[str, User], path: str, as_user: Any, as_key: Any) -> Any:
    """Programs come with a key, people with a token at the API and with a session at the pages."""
    if caller in KEYS:
        return as_key(ApiKey.issue(owner=people[caller], name=caller, scopes=KEYS[caller])[1])
    is_api = path.startswith("/api/")
    if caller == "nobody":
        return APIClient() if is_api else Client()
    if is_api:
        return as_user(people[caller])
    browser = Client()
    browser.force_login(people[caller], backend="django.contrib.auth.backends.ModelBackend")
    return browser


KEYS = {"key": ApiKey.Scope.values, "bare key": []}
BODIES = {
    "/api/v1/bookings/{locator}/payments/": {"gateway": "sandbox", "token": "tok_ok"},
    "/api/v1/bookings/{locator}/seats/": {"seats": [{"flight": 1, "passenger": 0, "seat": "12A"}]},
    "/trips/{locator}/pay/": {"gateway": "sandbox", "token": "tok_ok"},
}
"""Other calls send an empty body, so that 400 says: the call is open, and this is not what it wants."""


def path_of(row: Row, owner: User, now: Any) -> str:
    """The row's path, with the ids of things that are made for it."""
    flight = make_flight(departs_at=now + timedelta(days=30))
    FareFamily.objects.update(refund_percent=40)
    make = make_booking if any(part in row.path for part in PAID) else make_hold
    booking = make(owner, flight, now=now)
    things: dict[str, Callable[[], Any]] = {
        "flight": lambda: flight.pk,
        "document": lambda: Document.E_TICKET,
        "fare": lambda: fare_of(flight).pk,
        "offer": lambda: claim_for([flight], now=now).token,
        "locator": lambda: booking.locator,
        "quote": lambda: quote_cancellation(booking=booking, now=now).pk,
        "change": lambda: change_of(booking, flight, now).pk,
        "quote_id": lambda: quote_cancellation(booking=booking, now=now).pk,
        "endpoint": lambda: endpoint_of(owner).pk,
        "delivery": lambda: ping(endpoint=endpoint_of(owner), now=now).pk,
        "key": lambda: pay(booking=booking, gateway="sandbox", token="tok_3ds", now=now).pk,
        "token": lambda: token_of(row, flight, owner, now),
        "alert": lambda: alert_of(flight, owner, now).pk,
        "pk": lambda: ROWS_OF[row.path.removeprefix("/api/v1").split("/")[1]](flight, owner).pk,
    }
    return re.sub(r"\{(\w+)\}", lambda found: str(things[found[1]]()), row.path)


def change_of(booking: Booking, flight: Flight, now: datetime) -> ItineraryChange:
    """As if the airline had moved the flight."""
    causes = {booking.pk: ItineraryChange.Cause.MOVED}
    with transaction.atomic():
        return open_changes(flight=flight.pk, causes=causes, now=now)[booking.pk]


PAID = ("cancel", "changes", "document", "e-ticket", "flights.ics")
"""Paths of what only a paid booking has."""


def token_of(row: Row, flight: Flight, owner: User, now: datetime) -> str:
    """What a link in a mail carries, to stop what the path is about."""
    if row.path.startswith("/prices/"):
        return stop_token(alert_of(flight, owner, now))
    return stop_url(Message.objects.earliest("written_at")).split("/")[-2]


def alert_of(flight: Flight, owner: User, now: datetime) -> PriceAlert:
    """A price that somebody follows."""
    origin, destination = (find_place(airport.iata) for airport in (flight.origin, flight.destination))
    assert origin is not None
    assert destination is not None
    wish = Wish(
        origin=origin,
        destination=destination,
        cabin="economy",
        depart_on=flight.departs_on,
        return_on=None,
        limit=None,
        percent=10,
    )
    return follow(owner=owner, wish=wish, now=now)


def endpoint_of(owner: User) -> WebhookEndpoint:
    """The one that somebody has."""
    there = WebhookEndpoint.objects.of(owner).first()
    return there or create_endpoint(owner=owner, url="https://hooks.example.com/", events=["booking.held"])


ROWS_OF: dict[str, Callable[[Flight, User], Any]] = {
    "cities": lambda *_: CityFactory(code="ZZZ"),
    "airports": lambda *_: AirportFactory(iata="JFK"),
    "airplanes": lambda *_: AirplaneFactory(),
    "flights": lambda *_: make_flight(departs_at=timezone.now() + timedelta(days=40)),
    "fare-families": lambda *_: FareFamilyFactory(code="flex"),
    "mailbox": lambda *_: KeptMail.objects.create(message_id="1", to="a@example.com", html="<p>Hello"),
    "account": lambda _flight, owner: save_travellers(owner=owner, travellers=[adult()], today=timezone.now().date())[
        0
    ],
    "fare-changes": lambda _flight, owner: preview_change(
        which=FareFilter(), kind="percent", by=Decimal(5), reason="Spring", user=owner, now=timezone.now()
    ),
    "price-alerts": lambda flight, owner: alert_of(flight, owner, timezone.now()),
    "webhook-endpoints": lambda _flight, owner: endpoint_of(owner),
    "messages": lambda _flight, owner: Message.objects.filter(reader=owner).earliest("written_at"),
}
"""What a `{pk}` stands for, by the first part of the path."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path} {row.whose}")
def test_each_caller_gets_what_the_table_says(
    row: Row, people: dict[str, User], now: Any, as_user: Any, as_key: Any
) -> None:
    @cache
    def path_for(owner: User) -> str:
        return path_of(row, owner, now)

    got = {}
    for caller, expected in row.statuses.items():
        if expected:
            path = path_for(people[caller if row.whose == OWN else "stranger"])
            ask = getattr(door_of(caller, people, path, as_user, as_key), row.method.lower())
            body = BODIES.get(row.path, {}) if row.method != "GET" else None
            with transaction.atomic():  # nothing of a call stays for the next caller
                got[caller] = str(ask(path, body, headers={"Idempotency-Key": "1"}).status_code)
                transaction.set_rollback(True)

    assert got == {caller: status for caller, status in row.statuses.items() if status}


def test_the_roles_in_the_documentation_are_those_of_the_code() -> None:
    rows = {model.strip("`"): tuple(rights) for model, *rights in cells(ROLES) if model.strip("`") in RIGHTS}

    assert rows == {model: tuple(rights) for model, rights in RIGHTS.items()}


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_a_role_sees_its_pages_of_the_desk_and_no_others(people: dict[str, User], page_of: Any, role: Role) -> None:
    desk = page_of(people[role])

    seen = {model: desk.get(f"/admin/{model.replace('.', '/')}/").status_code for model in RIGHTS}

    column = STAFF_ROLES.index(role)
    assert seen == {model: 200 if "view" in rights[column] else 403 for model, rights in RIGHTS.items()}


@pytest.mark.parametrize("caller", ["nobody", "traveller", "key"])
def test_the_desk_is_closed_to_everybody_else(people: dict[str, User], caller: str) -> None:
    browser = Client()
    if caller in people:
        browser.force_login(people[caller], backend="django.contrib.auth.backends.ModelBackend")

    answers = {browser.get(f"/admin/{model.replace('.', '/')}/").status_code for model in RIGHTS}

    assert answers == {302}


def test_every_page_of_the_desk_has_its_rights() -> None:
    assert {model for _, models in settings.DESK_PAGES for model in models} == RIGHTS.keys()


def test_every_right_is_one_that_there_is(db: None) -> None:
    for role in STAFF_ROLES:
        named = sum(len(rights[STAFF_ROLES.index(role)].split()) for rights in RIGHTS.values())
        assert Permission.objects.filter(group__name=role).count() == named


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        (Role.AGENT, "gate", 403),
        (Role.AIRPORT_AGENT, "gate", 200),
        (Role.AIRPORT_AGENT, "move", 200),
        (Role.AIRPORT_AGENT, "cancel", 403),
        (Role.SCHEDULE_PLANNER, "cancel", 200),
        (Role.REVENUE_MANAGER, "gate", 403),
        (Role.SUPERVISOR, "cancel", 200),
    ],
)
def test_a_flights_day_is_run_by_those_who_work_there(
    people: dict[str, User], page_of: Any, in_a_month: Any, role: Role, name: str, status: int
) -> None:
    flight = make_flight(departs_at=in_a_month)

    assert page_of(people[role]).get(f"/admin/airlines/flight/{flight.pk}/day/{name}/").status_code == status
