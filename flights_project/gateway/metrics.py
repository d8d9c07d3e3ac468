"""`/metrics` for Prometheus, and the numbers of every request."""

import hmac
import time
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from flights_project.gateway.addresses import address_of
from flights_project.lib.metrics import CONTENT_TYPE_LATEST, Counter, Histogram, exposition

REQUESTS = Counter("flights_requests", "Answers to requests.", ["method", "route", "status"])
LATENCY = Histogram(
    "flights_request_seconds",
    "Time from a request's arrival in Django to its answer.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
UNROUTED = "none"
"""The route of what leads nowhere: paths that somebody made up are no labels."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answer. For doors before Django's middleware too; `route` is a pattern, never a path."""
    answers, latency = _numbers_of(method if method in METHODS else "other", route, status)
    answers.inc()
    latency.observe(seconds)


@cache
def _numbers_of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Remembered: finding them by their labels takes longer than counting."""
    return REQUESTS.labels(method, route, status), LATENCY.labels(method, route)


class RequestMetrics:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        count_request(
            method=str(request.method),
            route=request.resolver_match.route if request.resolver_match else UNROUTED,
            status=response.status_code,
            seconds=time.perf_counter() - began,
        )
        return response


@csrf_exempt
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything that is counted, for whom `METRICS_ALLOWED` or `METRICS_TOKEN` names; nobody else learns that it is
    here."""
    if not _may_read(request):
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme == "Bearer":
        return hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    try:
        address = ip_address(address_of(request))
    except ValueError:
        return False
    return any(address in ip_network(network) for network in settings.METRICS_ALLOWED)
