"""The REST API put together: its paths, and how each error of the trade is answered."""

import sys
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from airlines import exceptions as airlines
from bookings import exceptions as bookings
from flights_project.gateway import idempotency, limits, outages, problems, services, tokens
from flights_project.gateway.throttles import count_refused
from flights_project.lib.errors import DomainError, InvalidRequest
from notifications import exceptions as notifications

log = structlog.get_logger(__name__)

UNIQUE_VIOLATION = "23505"
"""PostgreSQL's code."""

urlpatterns = [
    path("", include("airlines.api.urls")),
    path("", include("bookings.api.urls")),
    path("", include("flights_project.gateway.api.urls")),
    path("", include("notifications.api.urls")),
]


class InUse(DomainError):
    code = "in_use"
    title = "This cannot be deleted: other things still refer to it."


class Conflict(DomainError):
    code = "conflict"
    title = "Somebody has just written the same. Read it again before you go on."


def is_duplicate(error: IntegrityError) -> bool:
    """Whether a unique constraint refused it: two requests at once that both had looked before either wrote."""
    return getattr(error.__cause__, "pgcode", None) == UNIQUE_VIOLATION


STATUSES: dict[type[DomainError], int] = {
    InvalidRequest: 400,
    InUse: 409,
    Conflict: 409,
    services.EmailTaken: 400,
    idempotency.IdempotencyKeyRequired: 400,
    idempotency.IdempotencyKeyReused: 422,
    idempotency.RequestInProgress: 409,
    tokens.LoggedOut: 401,
    problems.PreconditionFailed: 412,
    limits.LimitsUnavailable: 503,
    outages.Unavailable: 503,
    outages.TookTooLong: 503,
    airlines.OfferInvalid: 400,
    airlines.OfferExpired: 410,
    airlines.NotOnSale: 409,
    airlines.SeatsGone: 409,
    airlines.PriceChanged: 409,
    airlines.LayoutInvalid: 400,
    airlines.FlightConflict: 409,
    bookings.AccountInUse: 409,
    airlines.FareChanged: 409,
    airlines.FlightClosed: 409,
    airlines.FareChangeExpired: 410,
    airlines.FareChangeDone: 409,
    airlines.AlreadyFollowed: 409,
    airlines.TooManyAlerts: 409,
    bookings.AlreadyBooked: 409,
    bookings.BookingLimitReached: 409,
    bookings.BookingNotFound: 404,
    bookings.TooManyHolds: 409,
    bookings.TravellerElsewhere: 409,
    bookings.ChangeClosed: 409,
    bookings.ChangeRenewed: 409,
    bookings.NothingProposed: 409,
    bookings.FlightsDoNotFit: 409,
    bookings.NotCancellable: 409,
    bookings.MinorsAlone: 409,
    bookings.QuoteExpired: 410,
    bookings.QuoteOutdated: 409,
    bookings.HoldExpired: 410,
    bookings.NotPayable: 409,
    bookings.SeatOrderLapsed: 410,
    bookings.NotReleasable: 409,
    bookings.PaymentRunning: 409,
    bookings.GatewayUnknown: 400,
    bookings.SeatTaken: 409,
    bookings.SeatNotAvailable: 409,
    bookings.ExitRowNotAllowed: 409,
    bookings.SeatChoiceClosed: 409,
    bookings.SeatChoiceNotIncluded: 409,
    bookings.InfantHasNoSeat: 409,
    bookings.CheckInClosed: 409,
    notifications.EventsForgotten: 410,
    notifications.TooManyEndpoints: 409,
    notifications.EndpointNotEnabled: 409,
}
"""The status of each error that states a fact; its `code` is part of the contract."""


REFUSALS = (exceptions.AuthenticationFailed, exceptions.NotAuthenticated, exceptions.PermissionDenied)


def problem_response(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every error of the API leaves as a problem document."""
    if isinstance(error, ValidationError):  # a model's own rules, raised by a service
        error = exceptions.ValidationError(detail=_fields(error))
    if isinstance(error, REFUSALS):
        error = _counted(error, context)
    if isinstance(error, ProtectedError):
        error = InUse()
    if isinstance(error, IntegrityError) and is_duplicate(error):
        error = Conflict()
    error = outages.outage(error) or error
    if isinstance(error, DomainError):
        set_rollback()
        problem = problems.from_domain(error, STATUSES[type(error)])
        return problems.api_response(problem, _retry_headers(error))
    foreseen = problems.foreseen(error)
    if foreseen is None:
        set_rollback()
        log.error("internal_error", exc_info=error, view=type(context["view"]).__name__)
        return problems.api_response(problems.unforeseen())
    framework = exception_handler(error, context)
    headers = dict(framework.headers) if framework is not None else {}
    headers.pop("Content-Type", None)
    return problems.api_response(problems.from_framework(foreseen), headers)


def _counted(refusal: Exception, context: dict[str, Any]) -> Exception:
    """The refusal, or that there were too many: DRF asks who calls, and whether they may, before it counts the call."""
    try:
        count_refused(context["request"], context["view"])
    except (exceptions.Throttled, DomainError) as too_many:
        return too_many
    return refusal


def _fields(error: ValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return {
            problems.WHOLE if field == "__all__" else field: messages for field, messages in error.message_dict.items()
        }
    return {problems.WHOLE: error.messages}


def _retry_headers(error: DomainError) -> dict[str, str]:
    retry_after = error.facts.get("retry_after")
    return {} if retry_after is None else {"Retry-After": str(retry_after)}


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(error: exceptions.APIException) -> HttpResponse:
    return problems.page_response(problems.from_framework(error))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _problem(exceptions.ParseError())
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _problem(exceptions.PermissionDenied())
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _problem(exceptions.NotFound())
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Also for what fails before or after a view: there Django hands over the request alone."""
    away = outages.outage(sys.exception())
    if away is not None:
        return _away(request, away)
    if _is_api(request):
        return problems.page_response(problems.unforeseen())
    return defaults.server_error(request)


def _away(request: HttpRequest, away: DomainError) -> HttpResponse:
    status = STATUSES[type(away)]
    if _is_api(request):
        answer = problems.page_response(problems.from_domain(away, status))
    else:
        answer = render(None, "503.html", status=status)  # nothing of the request: its session may be what is away
    for name, value in _retry_headers(away).items():
        answer[name] = value
    return answer
