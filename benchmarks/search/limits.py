"""What the server could do at best: an empty view, and one that runs the one statement of a search and returns its rows
as JSON. Both run without any middleware, in the processes that are measured."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import path

from airlines.services.connections import Window
from airlines.services.flights_on_sale import FlightOnSale, flights_on_sale


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"", content_type="application/json", headers={"Content-Length": "0"})


def bare(request: HttpRequest, origin: int, destination: int, opens: int) -> HttpResponse:
    """The flights of a day on a leg, in economy, for one: an object for each fare, with all that was read of it and
    nothing that was not."""
    window = Window(opens, opens + 86_400)
    found = flights_on_sale([((origin, destination), window)], cabin="economy", seats=1)
    body = orjson.dumps([fare for flights in found.values() for flight in flights for fare in _fares(flight)])
    return HttpResponse(body, content_type="application/json", headers={"Content-Length": str(len(body))})


def _fares(flight: FlightOnSale) -> Iterator[dict[str, Any]]:
    for family, amount in zip(flight.families, flight.amounts, strict=True):
        yield {
            "flight": flight.pk,
            "number": flight.number,
            "origin": flight.origin,
            "destination": flight.destination,
            "departs_at": datetime.fromtimestamp(flight.departs, UTC),
            "arrives_at": datetime.fromtimestamp(flight.arrives, UTC),
            "origin_terminal": flight.origin_terminal,
            "destination_terminal": flight.destination_terminal,
            "status": flight.status,
            "seats_left": flight.seats_left,
            "family": family,
            "amount": amount,
        }


urlpatterns = [
    path("limits/empty/", empty),
    path("limits/bare/<int:origin>/<int:destination>/<int:opens>/", bare),
]
