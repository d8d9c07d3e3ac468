from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RadioFilter

STILL_OF_INTEREST = timedelta(hours=12)
"""So long after its departure a flight is still among those of now."""


class WhenFilter(RadioFilter):
    """The flights of now and later, unless staff ask for others, search, or choose a date."""

    title = _("when")
    parameter_name = "when"
    all_option: ClassVar = ["", _("Now and later")]
    path = ""
    """Leads from the listed model to the flight: `flight_cabin__flight__`."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("earlier", _("Earlier")), ("all", _("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since = timezone.now() - STILL_OF_INTEREST
        if self.value() == "earlier":
            return queryset.filter(**{f"{self.path}departs_at__lt": since})
        if self.value() == "all" or self._asked_otherwise(request):
            return queryset
        return queryset.filter(**{f"{self.path}departs_at__gte": since})

    def _asked_otherwise(self, request: HttpRequest) -> bool:
        dates = (f"{self.path}departs_on", f"{self.path}departs_at")
        return bool(request.GET.get("q")) or any(
            value and name.startswith(dates) for name, value in request.GET.items()
        )


class FareWhenFilter(WhenFilter):
    path = "flight_cabin__flight__"
