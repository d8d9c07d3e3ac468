"""How much of a request's body is read: no more than its kind may have, whether or not its length was said before.

Django reads nothing of a body that comes in chunks without a length, and of a form it bounds the fields alone, not the
files. So the length of what comes without one is found out first (`LengthOfBodies`, around Django), and what is too
long is refused before anybody keeps it (`BodyLimit`, within, so that the answer has its request id and log line).

Who sends a body listens only when all of it is sent: a connection that is closed before tears down the answer with it.
So what is too long is still taken, and thrown away, up to twice as much as may be.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from io import BytesIO
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from flights_project.gateway.problems import from_framework, page_response
from flights_project.gateway.wire import BodyTooLarge

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FORM_WITH_FILES = "multipart/form-data"
PIECE = 65_536
"""Bytes read at once of what nobody keeps."""


def limit_of(content_type: str) -> int:
    """Bytes."""
    with_files = content_type.casefold().startswith(FORM_WITH_FILES)
    return settings.UPLOAD_MAX_SIZE if with_files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


class LengthOfBodies:
    """A WSGI application around another, which is told the length of every body. One that is too long is cut one byte
    beyond its limit, so that it is seen to be too long."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in WITHOUT_BODY:
            body, limit = environ["wsgi.input"], limit_of(environ.get("CONTENT_TYPE", ""))
            if not environ.get("CONTENT_LENGTH"):
                start = body.read(limit + 1)
                environ |= {"wsgi.input": BytesIO(start), "CONTENT_LENGTH": str(len(start))}
            if _length(environ) > limit:
                _discard(body, 2 * limit)
        return self._application(environ, start_response)


class BodyLimit:
    """Answers 413 to what is longer than `limit_of` its kind."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _length(request.META) > limit_of(request.META.get("CONTENT_TYPE", "")):
            return _too_large(request)
        return self.get_response(request)


def _length(environ: Environ) -> int:
    """Bytes, as they were said; 0 where that is no number."""
    said = str(environ.get("CONTENT_LENGTH") or "0")
    return int(said) if said.isdecimal() else 0


def _discard(body: Any, at_most: int) -> None:
    """So many bytes. Of a body that goes on after them, whoever sends it learns by its connection being closed."""
    while at_most > 0 and (piece := body.read(min(at_most, PIECE))):
        at_most -= len(piece)


def _too_large(request: HttpRequest) -> HttpResponseBase:
    if not request.path.startswith("/api/"):
        return render(None, "413.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return page_response(from_framework(BodyTooLarge()))
