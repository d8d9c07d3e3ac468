import re
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_structlog.middlewares import RequestMiddleware

from flights_project.gateway.limits import ALLOWANCE

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestIdHeader:
    """Puts the request's id, which is in every log line of it, into the answer as `X-Request-ID`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["X-Request-ID"] = structlog.contextvars.get_contextvars().get("request_id", "")
        return response


class RateLimitHeaders:
    """Tells callers what their bucket holds, so that they need not run into its end."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        allowance = request.META.get(ALLOWANCE)
        if allowance is not None:
            for name, value in allowance.headers.items():
                response[name] = value
        return response


SECRET_PATH = re.compile(r"(/accounts/(?:password/reset/key|confirm-email)/)[^/]+")


class RequestLog(RequestMiddleware):
    """One line for each request, without what opens an account or says whom somebody looked for."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        path = SECRET_PATH.sub(r"\1…", request.path)
        return f"{request.method} {path}"
