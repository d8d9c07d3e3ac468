"""The hot path: plain searches, and plain questions for places, are answered before Django sees them, with the bytes
that Django would send.

A WSGI application around Django's. The body is what is kept or made as for the view; the headers are those
that Django sent with the last search that was asked in the same way. So the door decides nothing by itself: who may
search, and with which headers, it has from Django, and whatever is not plain passes on to Django: other methods, a
session, a key or token that Django has not let in within the last second, a caller beyond their limit, everything that
is no answer of 200. Limits, the request's id, its log line and its numbers are as for every request.
"""

import logging
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import connection
from django.urls import reverse

from airlines.api.answers import answer_to, kept_answer
from airlines.api.place_answers import places_answer
from airlines.services.search_cache import Answer
from flights_project.gateway import traces
from flights_project.gateway.callers import Caller
from flights_project.gateway.limits import ALLOWANCE, Allowance, Calls, spend
from flights_project.gateway.metrics import count_request
from flights_project.gateway.outages import is_late
from flights_project.lib.addresses import client_address

log = structlog.get_logger(__name__)
is_logged = logging.getLogger(__name__).isEnabledFor

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
WhoCalls = tuple[Caller, str]

CALLER = "flights.caller"
"""Where the view tells who was let in."""
FAULT = "flights.fault"
"""Where the door tells the view what has taken too long, so that it does not take as long again."""
KNOWN_FOR = 1.0
"""Seconds in which a key or token that was let in is let in again unseen; so long may one that was revoked be used."""
CALLERS_KNOWN = 10_000
WAYS_KNOWN = 100
"""Of asking, each with its headers."""
OF_ONE_ANSWER = ("x-request-id", "ratelimit-", "etag", "content-length")


class Question(NamedTuple):
    """What a door answers: the name of its route, what makes an answer, and what finds a kept one."""

    route: str
    answer: Callable[[Environ], Answer]
    kept: Callable[[Environ], Answer | None]


def _nothing_kept(_environ: Environ) -> None:
    return None


SEARCH = Question("api-search", answer_to, kept_answer)
PLACES = Question("api-places", places_answer, _nothing_kept)


def way_of_asking(environ: Environ) -> tuple[Any, ...]:
    """All that Django's headers, and whether it answers at all, depend on besides the caller."""
    return (
        environ.get("HTTP_HOST"),
        environ.get("wsgi.url_scheme"),
        environ.get("HTTP_X_FORWARDED_PROTO"),
        environ.get("HTTP_ACCEPT"),
        environ.get("HTTP_ACCEPT_LANGUAGE"),
    )


class SearchDoor:
    """Answers one question: who may ask one may not always ask another."""

    def __init__(self, django: Wsgi, question: Question = SEARCH) -> None:
        self._django = django
        self._question = question
        self._path = reverse(question.route)
        self._route = self._path.removeprefix("/")
        self._callers: dict[tuple[str, str], tuple[WhoCalls, float]] = {}
        self._headers: dict[tuple[Any, ...], Headers] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != self._path or not _is_plain(environ):
            return self._django(environ, start_response)
        began = time.perf_counter()
        caller, headers = self._caller(environ), self._headers.get(way_of_asking(environ))
        if caller is None or headers is None:
            return self._by_django(environ, start_response)
        allowance = environ[ALLOWANCE] = spend(Calls.SEARCH, *caller)
        answer = self._answer(environ) if allowance is None or allowance.allowed else None
        if answer is None:
            return self._django(environ, start_response)
        start_response("200 OK", [*headers, *answer.headers, *self._of_this_request(allowance)])
        count_request(method="GET", route=self._route, status=HTTPStatus.OK, seconds=time.perf_counter() - began)
        return [answer.body]

    def _caller(self, environ: Environ) -> WhoCalls | None:
        address = _address(environ)
        authorization = environ.get("HTTP_AUTHORIZATION")
        if authorization is None:
            return Caller.ADDRESS, address
        caller, until = self._callers.get((authorization, address), (None, 0.0))
        return caller if time.monotonic() < until else None

    def _answer(self, environ: Environ) -> Answer | None:
        """None where Django has to say it: what is wrong, in the language of who asks, or with a new connection to the
        database; and what is traced."""
        connection.close_if_unusable_or_obsolete()  # as Django does before each request
        try:
            return self._question.kept(environ) if traces.IS_ON else self._question.answer(environ)
        except Exception as fault:  # noqa: BLE001 -- Django's view meets it as well, and tells it
            if is_late(fault):
                environ[FAULT] = fault
            return None

    def _of_this_request(self, allowance: Allowance | None) -> Headers:
        request = str(uuid4())
        if is_logged(logging.INFO):
            log.info("request_finished", code=200, request=f"GET {self._path}", request_id=request, at_once=True)
        return [("X-Request-ID", request), *(allowance.headers.items() if allowance else ())]

    def _by_django(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Django's answer, and from it who may search and with which headers."""
        answered: list[Any] = []

        def listen(status: str, headers: Headers, *error: Any) -> Any:
            answered[:] = status, headers
            return start_response(status, headers, *error)

        response = self._django(environ, listen)
        status, headers = answered
        if status.startswith("200") and CALLER in environ and not any(map(_sets_a_cookie, headers)):
            self._remember(environ, [header for header in headers if _is_of_every_answer(header)])
        return response

    def _remember(self, environ: Environ, headers: Headers) -> None:
        _put(self._headers, way_of_asking(environ), headers, WAYS_KNOWN)
        authorization = environ.get("HTTP_AUTHORIZATION")
        if authorization is not None:
            let_in = environ[CALLER], time.monotonic() + KNOWN_FOR
            _put(self._callers, (authorization, _address(environ)), let_in, CALLERS_KNOWN)


def _put(known: dict[Any, Any], key: object, thing: object, at_most: int) -> None:
    if len(known) >= at_most:
        known.clear()
    known[key] = thing


def _is_plain(environ: Environ) -> bool:
    """Whether everybody who asks this is answered the same."""
    accepted = environ.get("HTTP_ACCEPT", "*/*")
    return (
        environ["REQUEST_METHOD"] == "GET"
        and "HTTP_IF_NONE_MATCH" not in environ
        and "HTTP_ORIGIN" not in environ  # another site is named in its answer
        and "HTTP_COOKIE" not in environ  # a session, or a language
        and ("*/*" in accepted or "application/json" in accepted)
    )


def _address(environ: Environ) -> str:
    return client_address(
        peer=environ.get("REMOTE_ADDR", ""),
        forwarded=environ.get("HTTP_X_FORWARDED_FOR", ""),
        proxies=settings.REST_FRAMEWORK["NUM_PROXIES"],
    )


def _sets_a_cookie(header: tuple[str, str]) -> bool:
    return header[0].lower() == "set-cookie"


def _is_of_every_answer(header: tuple[str, str]) -> bool:
    return not header[0].lower().startswith(OF_ONE_ANSWER)
