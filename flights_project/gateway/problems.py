"""Problem responses (RFC 9457): every error of the API has one shape and a stable code."""

from http import HTTPStatus
from math import ceil
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from flights_project.gateway.wire import OrjsonRenderer
from flights_project.lib.errors import DomainError
from flights_project.lib.problems import MEDIA_TYPE, Problem

CODES = {
    "invalid": 400,
    "unreadable_json": 400,
    "parse_error": 400,
    "not_authenticated": 401,
    "authentication_failed": 401,
    "bad_authorization_header": 401,
    "invalid_api_key": 401,
    "token_not_valid": 401,
    "no_active_account": 401,
    "logged_out": 401,
    "second_factor_required": 401,
    "permission_denied": 403,
    "scope_required": 403,
    "integrators_only": 403,
    "address_not_allowed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "throttled": 429,
    "internal_error": 500,
}
"""The codes that the framework and the gateway answer with, and their status. The trade's own errors bring theirs."""
WHOLE = "non_field_errors"
"""What is wrong with a body, and with no field of it alone."""
BY_STATUS = {400: "parse_error", 401: "authentication_failed", 403: "permission_denied", 404: "not_found"}
"""For a code that a library made up and the contract does not know."""


class PreconditionFailed(DomainError):
    code = "precondition_failed"
    title = "This was changed since you read it. Read it again, and decide again."


def from_domain(error: DomainError, status: int) -> Problem:
    """The problem that a rule of the trade states, with the facts it carries."""
    return Problem(status=status, code=error.code, title=error.title, detail=str(error), members=error.facts)


def foreseen(error: Exception) -> exceptions.APIException | None:
    """What an error of Django or DRF is to the API, None for one that nobody foresaw."""
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    return error if isinstance(error, exceptions.APIException) else None


def from_framework(error: exceptions.APIException) -> Problem:
    """The problem that an error of the framework, or of the gateway, is."""
    if isinstance(error, exceptions.ValidationError):
        errors = _flat_errors(error.detail)
        return Problem(
            status=error.status_code,
            code="invalid",
            title="Some of what was sent is not valid.",
            detail=next(iter(errors.values()))[0],
            members={"errors": errors},
        )
    return Problem(
        status=error.status_code,
        code=_code(error),
        title=HTTPStatus(error.status_code).phrase,
        detail=_text(error.detail),
        members={},
    )


def api_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return Response(problem.as_dict(), status=problem.status, headers=headers, content_type=MEDIA_TYPE)


def page_response(problem: Problem) -> HttpResponse:
    """For errors outside DRF's views, such as an unknown path below the API's base."""
    body = OrjsonRenderer().render(problem.as_dict())
    return HttpResponse(body, status=problem.status, content_type=MEDIA_TYPE)


def too_many(wait: float) -> HttpResponse:
    """As DRF's views answer whoever is beyond their limit: with the whole seconds to wait."""
    response = page_response(from_framework(exceptions.Throttled(wait=wait)))
    response["Retry-After"] = str(ceil(wait))
    return response


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """Whatever the method: a program that mistypes a path is told so, not asked for a browser's token."""
    return page_response(from_framework(exceptions.NotFound()))


def unforeseen() -> Problem:
    """Says nothing about the inside: the request id leads to the log that does."""
    return Problem(
        status=500,
        code="internal_error",
        title="Internal Server Error",
        detail="Something went wrong on our side. Nothing was charged or booked unless your trips show it.",
        members={},
    )


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    return code if code in CODES else BY_STATUS.get(error.status_code, code)


def _text(detail: Any) -> str:
    return str(detail.get("detail", "")) if isinstance(detail, dict) else str(detail)


def _flat_errors(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """`{"passengers": [{}, {"born_on": ["…"]}]}` → `{"passengers[1].born_on": ["…"]}`."""
    if isinstance(detail, dict):
        parts = list(detail.items())
    elif detail and all(isinstance(part, dict) for part in detail):
        parts = list(enumerate(detail))
    else:
        return {prefix or WHOLE: [str(part) for part in detail]}
    flat: dict[str, list[str]] = {}
    for name, below in parts:
        flat |= _flat_errors(below, _path(prefix, name))
    return flat


def _path(prefix: str, name: str | int) -> str:
    if isinstance(name, int):
        return f"{prefix}[{name}]"
    if prefix and name == WHOLE:
        return prefix
    return f"{prefix}.{name}" if prefix else name
