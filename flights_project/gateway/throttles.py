"""The API's limits: which bucket a request takes from."""

from typing import TYPE_CHECKING

from rest_framework.exceptions import Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from flights_project.gateway.callers import Caller, caller_of
from flights_project.gateway.limits import ALLOWANCE, Allowance, Calls, spend

if TYPE_CHECKING:  # the views load their throttles while they are loaded themselves
    from rest_framework.views import APIView

READING_COUNTS = frozenset({Calls.SEARCH})
"""Classes that reading belongs to as well; to read a booking is like reading anything else."""


class CallerThrottle(BaseThrottle):
    """Takes from the caller's bucket for the view's class of calls (`throttle_scope`)."""

    allowance: Allowance | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if ALLOWANCE not in request.META:  # a door before Django has counted the call already
            request.META[ALLOWANCE] = spend(calls_of(request, view), *caller_of(request))
        self.allowance = request.META[ALLOWANCE]
        return self.allowance is None or self.allowance.allowed

    def wait(self) -> float | None:
        return self.allowance.retry_after if self.allowance else None


def calls_of(request: Request, view: "APIView") -> Calls:
    calls = Calls(getattr(view, "throttle_scope", Calls.OTHER))
    return Calls.OTHER if request.method in SAFE_METHODS and calls not in READING_COUNTS else calls


def count_refused(request: Request, view: "APIView") -> None:
    """Count a call that was refused before it was counted, for its credential or its rights: whoever calls in vain has
    no more calls than others. Raises Throttled beyond the caller's limit, LimitsUnavailable."""
    if ALLOWANCE in request.META:
        return
    throttle = CallerThrottle()
    if not throttle.allow_request(request, view):
        raise Throttled(wait=throttle.wait())


def count_attempt(calls: Calls, name: str) -> None:
    """One more attempt on `name`, whoever tries. Raises Throttled beyond its limit, LimitsUnavailable."""
    allowance = spend(calls, Caller.NAME, name.casefold())
    if allowance is not None and not allowance.allowed:
        raise Throttled(wait=allowance.retry_after)
