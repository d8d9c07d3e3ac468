"""The hot path: searches that are answered from memory, before Django sees them.

A WSGI application around Django's. What Django answered to a search, headers and all, is sent again for as long as
`search_cache` says that it is true, in a tenth of the time. Whatever is not plain passes on to Django: other methods, a
session, a key or token that Django has not let in within the last second, a caller beyond their limit. So it decides
nothing by itself: it repeats. Limits, the request's id, its log line and its numbers are as for every request.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.urls import reverse

from airlines.services.reference import current
from airlines.services.search_cache import Kept, search_cache
from flights_project.gateway.callers import Caller
from flights_project.gateway.limits import Allowance, Calls, spend
from flights_project.gateway.metrics import count_request
from flights_project.lib.addresses import client_address

log = structlog.get_logger(__name__)

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
WhoCalls = tuple[Caller, str]

CALLER = "flights.caller"
"""Where the view tells who was let in."""
KNOWN_FOR = 1.0
"""Seconds in which a key or token that was let in is let in again unseen; so long may one that was revoked be used."""
CALLERS_KNOWN = 10_000
OF_ONE_REQUEST = ("x-request-id", "ratelimit-")
ROUTE = "api/v1/search/"


def key_of(environ: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells one search from another: its parameters in any order, and the address that its links are made of."""
    return (
        environ.get("HTTP_HOST"),
        environ.get("wsgi.url_scheme"),
        environ.get("HTTP_X_FORWARDED_PROTO"),
        *sorted(environ.get("QUERY_STRING", "").split("&")),
    )


class SearchDoor:
    def __init__(self, django: Wsgi) -> None:
        self._django = django
        self._path = reverse("api-search")
        self._callers: dict[tuple[str, str], tuple[WhoCalls, float]] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != self._path or not _is_plain(environ):
            return self._django(environ, start_response)
        began = time.perf_counter()
        caller = self._caller(environ)
        kept = _kept(environ) if caller else None
        if caller is None or kept is None:
            return self._by_django(environ, start_response)
        allowance = spend(Calls.SEARCH, *caller)
        if allowance is not None and not allowance.allowed:
            return self._django(environ, start_response)
        start_response("200 OK", _headers(kept, allowance))
        count_request(method="GET", route=ROUTE, status=HTTPStatus.OK, seconds=time.perf_counter() - began)
        return [kept.answer.body]

    def _caller(self, environ: Environ) -> WhoCalls | None:
        address = _address(environ)
        authorization = environ.get("HTTP_AUTHORIZATION")
        if authorization is None:
            return Caller.ADDRESS, address
        caller, until = self._callers.get((authorization, address), (None, 0.0))
        return caller if time.monotonic() < until else None

    def _by_django(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Django's answer, and what of it is needed to repeat it."""
        answered: list[Any] = []

        def keep(status: str, headers: Headers, *error: Any) -> Any:
            answered[:] = status, headers
            return start_response(status, headers, *error)

        response = self._django(environ, keep)
        status, headers = answered
        if status.startswith("200") and CALLER in environ:
            self._remember(environ)
            if all(name.lower() != "set-cookie" for name, _value in headers):
                body: bytes = response.content  # type: ignore[attr-defined]  # Django's answers are its HttpResponse
                search_cache().dress(key_of(environ), body, filter(_lasts, headers))
        return response

    def _remember(self, environ: Environ) -> None:
        authorization = environ.get("HTTP_AUTHORIZATION")
        if authorization is None:
            return
        if len(self._callers) >= CALLERS_KNOWN:
            self._callers.clear()
        self._callers[authorization, _address(environ)] = environ[CALLER], time.monotonic() + KNOWN_FOR


def _is_plain(environ: Environ) -> bool:
    """Whether everybody who asks this is answered the same."""
    accepted = environ.get("HTTP_ACCEPT", "*/*")
    return (
        environ["REQUEST_METHOD"] == "GET"
        and "HTTP_IF_NONE_MATCH" not in environ
        and "HTTP_ORIGIN" not in environ  # another site is named in its answer
        and settings.SESSION_COOKIE_NAME not in environ.get("HTTP_COOKIE", "")
        and ("*/*" in accepted or "application/json" in accepted)
    )


def _kept(environ: Environ) -> Kept | None:
    try:
        kept = search_cache().find(key_of(environ), current())
    except DatabaseError:  # Django gets a new connection, or says what is wrong
        return None
    return kept if kept is not None and kept.headers else None


def _headers(kept: Kept, allowance: Allowance | None) -> Headers:
    request = str(uuid4())
    if logging.getLogger(__name__).isEnabledFor(logging.INFO):
        log.info("request_finished", code=200, request=f"GET /{ROUTE}", request_id=request, at_once=True)
    return [*kept.headers, ("X-Request-ID", request), *(allowance.headers.items() if allowance else ())]


def _address(environ: Environ) -> str:
    return client_address(
        peer=environ.get("REMOTE_ADDR", ""),
        forwarded=environ.get("HTTP_X_FORWARDED_FOR", ""),
        proxies=settings.REST_FRAMEWORK["NUM_PROXIES"],
    )


def _lasts(header: tuple[str, str]) -> bool:
    return not header[0].lower().startswith(OF_ONE_REQUEST)
