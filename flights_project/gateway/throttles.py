"""How often callers may call: by who they are, and tighter for the classes of calls that invite abuse."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from flights_project.gateway.models import ApiKey

if TYPE_CHECKING:  # the views load their throttles while they are loaded themselves
    from rest_framework.views import APIView


class CallerThrottle(SimpleRateThrottle):
    """Counts by key, person or address. A view with a `throttle_scope` is counted by that rate as well as alone."""

    rate: str | None = "1/s"  # replaced for every caller below; DRF wants one at construction

    def allow_request(self, request: Request, view: "APIView") -> bool:
        self.scope = self._scope(request, view)
        self.rate = self.THROTTLE_RATES[self.scope]
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        return self.cache_format % {"scope": self.scope, "ident": self._ident(request)}

    @staticmethod
    def _scope(request: Request, view: "APIView") -> str:
        if isinstance(request.auth, ApiKey):
            return "integrator"
        scope = getattr(view, "throttle_scope", None)
        if scope and request.method == "POST":
            return str(scope)
        return "anonymous" if isinstance(request.user, AnonymousUser) else "traveller"

    def _ident(self, request: Request) -> str:
        if isinstance(request.auth, ApiKey):
            return f"key-{request.auth.pk}"
        if isinstance(request.user, AnonymousUser):
            return f"address-{self.get_ident(request)}"
        return f"user-{request.user.pk}"
