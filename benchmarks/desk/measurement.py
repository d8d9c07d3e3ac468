"""The desk's pages, opened as somebody with all rights opens them, in this process."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from airlines.models import Flight
from bookings.models import Booking, Ticket
from flights_project.gateway.models import User
from flights_project.local.run import say

AIM = 0.3


def measure_pages(times: int, *, only: str = "") -> None:
    """Open each page whose name has `only` so many times after a first one, and print the median, what the database
    has of it, and the queries of one."""
    desk = Client(headers={"host": "localhost"})
    desk.force_login(_head(), "django.contrib.auth.backends.ModelBackend")
    slow = 0
    for name, path in pages():
        if only not in name:
            continue
        taken = sorted((_opened(desk, path) for _ in range(times + 1)), key=lambda each: each.seconds)[times // 2]
        slow += taken.seconds >= AIM
        verdict = "   SLOW" if taken.seconds >= AIM else ""
        say(
            f"  {name:58} {1000 * taken.seconds:6.0f} ms, database {1000 * taken.database:6.0f},"
            f" processor {1000 * taken.processor:6.0f} {taken.queries:4} queries{verdict}"
        )
    say(f"  every page under {1000 * AIM:.0f} ms: {'met' if not slow else f'not met by {slow}'}")


def _head() -> User:
    email = "head@example.com"
    return User.objects.filter(email=email).first() or User.objects.create_superuser(email)


@dataclass(slots=True)
class Opened:
    """How long a page took, how much of it the database and this process's own work had, and its queries."""

    seconds: float = 0
    database: float = 0
    processor: float = 0
    queries: int = 0

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*statement)
        finally:
            self.database += time.perf_counter() - started
            self.queries += 1


def _opened(desk: Client, path: str) -> Opened:
    opened = Opened()
    with connection.execute_wrapper(opened):
        started, used = time.perf_counter(), time.process_time()
        _get(desk, path)
        opened.seconds, opened.processor = time.perf_counter() - started, time.process_time() - used
    return opened


def _get(desk: Client, path: str) -> None:
    answer = desk.get(path, follow=True)
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError(f"{path} answered {answer.status_code}")


def pages() -> Iterator[tuple[str, str]]:
    """Today, every list, its searches and filters, and the pages of one flight and one booking."""
    yield "Today", "/admin/"
    for _title, models in settings.DESK_PAGES:
        for model in models:
            yield model, f"/admin/{model.replace('.', '/')}/"
    for model, queries in _asked().items():
        for query in queries:
            yield f"{model} {query}"[:58], f"/admin/{model.replace('.', '/')}/?{query}"
    flight, booking = _busiest(), Booking.objects.filter(status="confirmed").earliest("pk")
    yield "load and revenue", "/admin/airlines/flight/revenue/"
    yield "pace of a flight", f"/admin/airlines/flight/{flight.pk}/pace/"
    yield "manifest of a flight", f"/admin/airlines/flight/{flight.pk}/manifest.csv"
    yield "a flight", f"/admin/airlines/flight/{flight.pk}/change/"
    yield "a flight, seat by seat", f"/admin/airlines/flight/{flight.pk}/seats/"
    yield "a booking", f"/admin/bookings/booking/{booking.pk}/change/"
    yield "what Ctrl+K finds", f"/admin/search/?s={booking.locator}&extended=1"


def _busiest() -> Flight:
    """A flight of the next days that has sold something."""
    return Flight.objects.filter(departs_at__gt=timezone.now(), cabins__seats_sold__gt=0).earliest("departs_at")


def _asked() -> dict[str, list[str]]:
    """What people ask of the lists that are long."""
    booking = Booking.objects.filter(status="confirmed").latest("pk")
    name = booking.passengers.get(position=0).family_name
    flight = _busiest()
    day, week_ago = flight.departs_on, timezone.now().date() - timedelta(days=7)
    long_past = day - timedelta(days=200)
    ticket = Ticket.objects.latest("pk").number
    route = f"origin__id__exact={flight.origin_id}&destination__id__exact={flight.destination_id}"
    made = f"held_at_from_0={week_ago}&held_at_from_1=00:00&held_at_to_0={week_ago}&held_at_to_1=23:59"
    searches = [f"q={words}" for words in (booking.locator, name, booking.contact_email, ticket, flight.number)]
    return {
        "bookings.booking": [
            *searches,
            f"q={name}+{flight.number}",
            "q=nobody",
            "status__exact=held",
            "status__exact=cancelled",
            made,
            "cabin__exact=economy",
            "o=6",
            "p=40",
        ],
        "bookings.payment": ["status__exact=started", "status__exact=partly_refunded", f"q={booking.locator}", "p=40"],
        "bookings.refund": ["status__exact=started", f"q={booking.locator}"],
        "bookings.ticket": [f"q={ticket}", f"q={name}"],
        "bookings.coupon": [
            f"flight__id__exact={flight.pk}",
            "status__exact=open",
            "status__exact=held",
            "status__exact=checked_in",
            f"flight__departs_on_from={day}&flight__departs_on_to={day}",
            f"flight__departs_on_from={long_past}&flight__departs_on_to={long_past}",
            f"q={booking.locator}",
            f"q={flight.number}",
        ],
        "airlines.flight": [
            f"q={flight.number}",
            "q=DEL",
            f"departs_on_from={day}&departs_on_to={day}",
            route,
            "when=earlier",
            "when=all",
            "status__exact=landed",
        ],
        "airlines.flightfare": [
            f"q={flight.number}",
            "priced_by__exact=rules",
            "priced_by__exact=staff",
            "when=all",
            f"flight_cabin__flight__departs_on_from={long_past}&flight_cabin__flight__departs_on_to={long_past}",
        ],
        "notifications.message": ["status__exact=dead", f"q={booking.locator}", f"q={booking.contact_email}"],
        "gateway.user": ["q=person77", "is_staff__exact=1"],
    }
