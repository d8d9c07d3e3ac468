"""What the server could do at best: an empty view, and one that runs the one statement of a search and returns its rows
as JSON. Both run without any middleware, in the processes that are measured."""

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import path

from airlines.services.connections import Window
from airlines.services.flights_on_sale import flights_on_sale


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"", content_type="application/json", headers={"Content-Length": "0"})


def bare(request: HttpRequest, origin: int, destination: int, opens: int) -> HttpResponse:
    """The flights of a day on a leg, in economy, for one."""
    window = Window(opens, opens + 86_400)
    rows = flights_on_sale([((origin, destination), window)], cabin="economy", seats=1)
    body = orjson.dumps(list(rows.values()), default=str)
    return HttpResponse(body, content_type="application/json", headers={"Content-Length": str(len(body))})


urlpatterns = [
    path("limits/empty/", empty),
    path("limits/bare/<int:origin>/<int:destination>/<int:opens>/", bare),
]
