"""Load and revenue by flight, and how one flight fills beside the others of its route."""

import json
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from airlines.admin.fare_changes import LABELS
from airlines.models import Airport, Flight
from bookings.services.revenue import Pace, earnings_of, pace_of
from bookings.services.today import today

RIGHT = "bookings.revenue_report"
FLIGHTS_ON_A_PAGE = 50
FORTNIGHT = timedelta(days=14)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))


def _code(label: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": "DEL", "size": "5"})
    return forms.CharField(label=label, required=False, min_length=3, max_length=3, widget=widget)


class FlightsForm(forms.Form):
    """Which flights; without dates those of the next two weeks."""

    departs_from, departs_to = _day(LABELS["departs_from"]), _day(LABELS["departs_to"])
    origin, destination = _code(LABELS["origin"]), _code(LABELS["destination"])

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = self.cleaned_data
        first = typed.get("departs_from") or today(timezone.now())
        typed |= {"departs_from": first, "departs_to": typed.get("departs_to") or first + FORTNIGHT}
        if typed["departs_to"] < first:
            self.add_error("departs_to", _("It ends before it begins."))
        for end in ("origin", "destination"):
            if typed.get(end) and not Airport.objects.filter(iata=typed[end].upper()).exists():
                self.add_error(end, _("There is no airport %(code)s.") % {"code": typed[end].upper()})
        return typed

    def flights(self) -> QuerySet[Flight]:
        if not self.is_valid():
            return Flight.objects.none()
        typed = self.cleaned_data
        flights = Flight.objects.filter(departs_on__range=(typed["departs_from"], typed["departs_to"]))
        for end in ("origin", "destination"):
            if typed[end]:
                flights = flights.filter(**{f"{end}__iata": typed[end].upper()})
        flights = flights.exclude(status=Flight.Status.CANCELLED).select_related("origin", "destination")
        return flights.prefetch_related("cabins").order_by("departs_at", "pk")

    def report_url(self) -> str:
        """Where the revenue of these days is asked for by route, as a file."""
        if not self.is_valid():
            return ""
        days = {"first_day": self.cleaned_data["departs_from"], "last_day": self.cleaned_data["departs_to"]}
        return f"{reverse('admin:bookings_report_add')}?{urlencode({'kind': 'revenue', **days})}"


class RevenuePages:
    """Beside the pages of flights, for those who may see what flights earn."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]  # beside a page of the desk
        return [
            path("revenue/", view(self.revenue_page), name="bookings_revenue"),
            path("<int:pk>/pace/", view(self.pace_page), name="bookings_flight_pace"),
            *urls,
        ]

    @admin.display(description=gettext_lazy("load and revenue"))
    def earnings(self, flight: Flight) -> str:
        url = reverse("admin:bookings_flight_pace", args=[flight.pk])
        return format_html('<a href="{}" class="text-link">{}</a>', url, _("What it sold, and when"))

    def _context(self, request: HttpRequest, **shown: Any) -> dict[str, Any]:
        if not request.user.has_perm(RIGHT):
            raise PermissionDenied
        context: dict[str, Any] = self.admin_site.each_context(request)
        return context | {"title": _("Load and revenue"), **shown}

    def revenue_page(self, request: HttpRequest) -> HttpResponse:
        """A page of flights with what each has sold and earned."""
        context = self._context(request)
        form = FlightsForm(request.GET)
        page = Paginator(form.flights(), FLIGHTS_ON_A_PAGE).get_page(request.GET.get("page"))
        asked = request.GET.copy()
        asked.pop("page", None)
        rows = zip(page, earnings_of(list(page)), strict=True)
        context |= {"form": form, "page": page, "asked": asked.urlencode(), "rows": list(rows)}
        return TemplateResponse(request, "desk/revenue.html", context)

    def pace_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """When a flight sold its seats, beside the others of its route."""
        context = self._context(request)
        flights = Flight.objects.select_related("origin", "destination").prefetch_related("cabins")
        flight = get_object_or_404(flights, pk=pk)
        pace = pace_of(flight, now=timezone.now())
        [earnings] = earnings_of([flight])
        context |= {"flight": flight, "earnings": earnings, "pace": pace, "drawn": _drawn(flight, pace)}
        return TemplateResponse(request, "desk/pace.html", context)


def _drawn(flight: Flight, pace: Pace) -> str:
    """What Unfold's chart component takes."""
    shown = {"displayYAxis": True}
    own = {"label": flight.number, "data": [point.seats for point in pace.points]}
    mean = {
        "label": _("Mean of the route"),
        "data": [None if point.mean is None else float(point.mean) for point in pace.points],
    }
    return json.dumps(
        {
            "labels": [point.days for point in pace.points],
            "datasets": [
                shown | own | {"borderColor": "var(--color-primary-500)"},
                mean | {"borderColor": "var(--color-base-400)", "borderDash": [4, 4]},
            ],
        }
    )
