import time
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.urls import resolve
from django.utils.cache import patch_cache_control
from django_structlog.middlewares import RequestMiddleware

from flights_project.gateway import traces
from flights_project.gateway.addresses import address_of, sayable_path
from flights_project.gateway.limits import ALLOWANCE, Allowance
from flights_project.gateway.problems import PreconditionFailed, from_domain, page_response, too_many

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestIdHeader:
    """Puts the request's id, which is in every log line of it, into the answer as `X-Request-ID`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        traces.note(request_id=request_id)
        response["X-Request-ID"] = request_id
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


class StillTooMany:
    """Refuses whoever was told to wait and calls again at once, before anybody looks at their credential.

    Until a bucket has its next token, what it refused would be refused again: for so long, and for `TOLD_FOR` at
    most, the same call of the same caller is answered from memory. So many who call in vain cost others little.
    """

    TOLD_FOR = 1.0
    """Seconds."""
    CALLS_KNOWN = 10_000

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._told: dict[tuple[str | None, ...], tuple[float, Allowance]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith("/api/") or request.COOKIES:  # a session is a caller, too
            return self.get_response(request)
        call = request.method, request.path, request.META.get("HTTP_AUTHORIZATION"), address_of(request)
        until, allowance = self._told.get(call, (0.0, None))
        if allowance is not None and time.monotonic() < until:
            return self._refuse(request, allowance)
        response = self.get_response(request)
        allowance = request.META.get(ALLOWANCE)
        if allowance is not None and not allowance.allowed:
            if len(self._told) >= self.CALLS_KNOWN:
                self._told.clear()
            self._told[call] = time.monotonic() + min(allowance.retry_after, self.TOLD_FOR), allowance
        return response

    @staticmethod
    def _refuse(request: HttpRequest, allowance: Allowance) -> HttpResponseBase:
        request.META[ALLOWANCE] = allowance
        request.resolver_match = resolve(request.path_info)  # which names the route in the metrics
        return too_many(allowance.retry_after)


class ApiConditionalGet(ConditionalGetMiddleware):
    """Every answer to reading the API has its `ETag`; `If-None-Match` with it is answered by 304 without a body.

    Caches ask again each time, and those that are shared keep nothing.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_read = request.method == "GET" and response.status_code == HTTPStatus.OK
        if not (is_read and request.path.startswith("/api/")):
            return response
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        answer: HttpResponseBase = super().process_response(request, response)
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            return page_response(from_domain(PreconditionFailed(), HTTPStatus.PRECONDITION_FAILED))
        return answer


class RequestLog(RequestMiddleware):
    """One line for each request, without what opens an account or says whom somebody looked for."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {sayable_path(request.path)}"
