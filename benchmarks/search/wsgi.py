"""The project's own application, and beside it the limits, which no middleware stands before."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.test.utils import override_settings

from flights_project.wsgi import application as flights


class LimitRequest(WSGIRequest):
    urlconf = "benchmarks.search.limits"


class Limits(WSGIHandler):
    request_class = LimitRequest


with override_settings(MIDDLEWARE=[]):
    limits = Limits()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    chosen = limits if environ["PATH_INFO"].startswith("/limits/") else flights
    return chosen(environ, start_response)
