from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesCheckboxFilter, RangeDateFilter

from airlines.admin.explaining import why_it_costs
from airlines.admin.filters import WhenFilter
from airlines.admin.finding import FindsFlights
from airlines.admin.flight_form import FareSlot, FlightForm, fare_slots, flight_form
from airlines.models import Airport, CabinClass, Flight, FlightCabin, FlightFare
from airlines.services.repricing import explain_prices
from airlines.services.scheduling import amend_flight, remove_flights, schedule_flight
from flights_project.gateway.desk import ReadOnlyInline, ServiceAdmin, badge, two_lines
from flights_project.gateway.desk_history import history_of
from flights_project.gateway.templatetags.flights import money
from flights_project.lib import clock

COLOURS = {"scheduled": "info", "delayed": "warning", "departed": "primary", "landed": "success", "cancelled": "danger"}
CHANGE_FARES = "airlines.change_flightfare"
FIXED_ONCE_SOLD = ["number", "airplane", "origin", "destination", "departs", "arrives"]


class FlightCabins(ReadOnlyInline[FlightCabin, Flight]):
    model = FlightCabin
    verbose_name_plural = gettext_lazy("cabins")
    hide_title = True
    fields = ["cabin", "capacity", "seats_sold", "seats_held", "left"]
    readonly_fields = ["seats_sold", "seats_held", "left"]

    @admin.display(description=gettext_lazy("left"))
    def left(self, cabin: FlightCabin) -> int:
        return cabin.seats_left


@admin.register(Flight)
class FlightAdmin(FindsFlights, ServiceAdmin[Flight]):
    """Scheduled and amended by the scheduling service. Once seats are sold, what was sold stays as it is; once the
    flight has gone or is cancelled, its page is only read."""

    list_display = ["number", "route", "departs", "arrives", "state", "flown_by", "seats", "fares_from"]
    list_filter = [
        WhenFilter,
        ("departs_on", RangeDateFilter),
        ("origin", AutocompleteSelectFilter),
        ("destination", AutocompleteSelectFilter),
        ("status", ChoicesCheckboxFilter),
    ]
    search_fields = [
        "^number",
        "=origin__iata",
        "=destination__iata",
        "origin__city__name",
        "destination__city__name",
    ]
    autocomplete_fields = ["airplane", "origin", "destination"]
    inlines = [FlightCabins, history_of(Flight, "status", "departs_at", "arrives_at", "gate", "airplane")]
    ordering = ["departs_at"]
    more: ClassVar[Sequence[Mapping[str, Collection[str]]]] = ({"prices_explained": ["airlines.view_flightfare"]},)
    """Rows of ways on, which another app adds to; each to who has one of its rights, as its page asks for them. The
    first row begins with the status."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Flight]:
        flights = super().get_queryset(request).select_related("origin", "destination", "airplane")
        return flights.prefetch_related("cabins__fares__family")

    @admin.display(description=gettext_lazy("route"))
    def route(self, flight: Flight) -> str:
        return two_lines(f"{flight.origin.iata} → {flight.destination.iata}", "")

    @admin.display(description=gettext_lazy("airplane"), ordering="airplane")
    def flown_by(self, flight: Flight) -> str:
        return two_lines(flight.airplane.registration, flight.airplane.model)

    @admin.display(description=gettext_lazy("departs"), ordering="departs_at")
    def departs(self, flight: Flight) -> str:
        return by_the_clock(flight.departs_at, flight.origin)

    @admin.display(description=gettext_lazy("arrives"), ordering="arrives_at")
    def arrives(self, flight: Flight) -> str:
        return by_the_clock(flight.arrives_at, flight.destination)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, flight: Flight) -> str:
        return badge(flight.get_status_display(), COLOURS[flight.status])

    @admin.display(description=gettext_lazy("sold, held, left"))
    def seats(self, flight: Flight) -> str:
        line = '<div class="whitespace-nowrap">{} {}, {}, <strong>{}</strong></div>'
        cabins = flight.cabins.all()
        lines = ((each.get_cabin_display(), each.seats_sold, each.seats_held, each.seats_left) for each in cabins)
        return format_html("<div>{}</div>", format_html_join("", line, lines))

    @admin.display(description=gettext_lazy("fares from"))
    def fares_from(self, flight: Flight) -> str | None:
        amounts = [fare.amount for cabin in flight.cabins.all() for fare in cabin.fares.all()]
        return money(min(amounts)) if amounts else None

    @admin.display(description=gettext_lazy("fares"))
    def fares(self, flight: Flight) -> str:
        return format_html_join("", "<div>{}</div>", ([_fares_of(cabin)] for cabin in flight.cabins.all()))

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.prices_page)
        return [path("<int:pk>/prices/", page, name="airlines_flight_prices"), *super().get_urls()]

    def prices_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Why each fare costs what it does."""
        flight = get_object_or_404(self.get_queryset(request), pk=pk)
        if not request.user.has_perms(["airlines.view_flight", "airlines.view_flightfare"]):
            raise PermissionDenied
        fares = FlightFare.objects.filter(flight_cabin__flight=flight).select_related("flight_cabin", "family")
        explained = explain_prices(fares=fares, now=timezone.now())
        ordered = fares.order_by("flight_cabin", "family__position")
        context = self.admin_site.each_context(request) | {
            "title": _("Why each fare costs what it does"),
            "flight": flight,
            "fares": [(fare, why_it_costs(fare, explained[fare.pk])) for fare in ordered],
            "opts": self.opts,
        }
        return TemplateResponse(request, "desk/flight_prices.html", context)

    @admin.display(description=gettext_lazy("prices"))
    def prices_explained(self, flight: Flight) -> str:
        url = reverse("admin:airlines_flight_prices", args=[flight.pk])
        return format_html('<a href="{}" class="text-link">{}</a>', url, _("Why each fare costs what it does"))

    def get_inlines(self, request: HttpRequest, obj: Flight | None) -> Any:
        return super().get_inlines(request, obj) if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Flight | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.status in Flight.FOR_SALE)

    def has_delete_permission(self, request: HttpRequest, obj: Flight | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and _is_sold(obj))

    def get_fieldsets(self, request: HttpRequest, obj: Flight | None = None) -> Any:
        return [
            (None, {"fields": [("number", "airplane"), *(self._seen_by(request) if obj else [])]}),
            (_("Departure"), {"fields": [("origin", "origin_terminal"), "departs"]}),
            (_("Arrival"), {"fields": [("destination", "destination_terminal"), "arrives"]}),
            *self._fare_fieldsets(request, obj),
        ]

    def _seen_by(self, request: HttpRequest) -> list[Any]:
        """The status and the ways on from a flight's page that its reader may go."""
        may = request.user.has_perm
        first, *others = (
            tuple(name for name, rights in row.items() if any(may(right) for right in rights)) for row in self.more
        )
        return [("state", *first), *filter(None, others)]

    def _fare_fieldsets(self, request: HttpRequest, flight: Flight | None) -> list[tuple[str, dict[str, Any]]]:
        if flight and not (self.has_change_permission(request, flight) and request.user.has_perm(CHANGE_FARES)):
            return [(_("Fares"), {"fields": ["fares"]})]
        rows: dict[str, list[str]] = {}
        for slot in _slots(request, flight):
            rows.setdefault(slot.cabin, []).append(slot.name)
        words = _("For one adult, without taxes, in %(currency)s. Empty: not sold.") % {"currency": settings.CURRENCY}
        return [
            (
                _("Fares in %(cabin)s") % {"cabin": CabinClass(cabin).label},
                {"fields": [tuple(names)], "description": words},
            )
            for cabin, names in rows.items()
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Flight | None = None) -> list[str]:
        more = [name for row in self.more for name in row]
        return ["state", "fares", *more, *(FIXED_ONCE_SOLD if obj and _is_sold(obj) else [])]

    def get_form(self, request: HttpRequest, obj: Flight | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 -- Django's signature
        kwargs["form"] = flight_form(obj, slots=_slots(request, obj), with_times=not (obj and _is_sold(obj)))
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Flight, form: Any, change: Any) -> None:
        typed: FlightForm = form
        if change:
            amend_flight(flight=obj, now=timezone.now(), fares=typed.fare_plans(), **typed.changes())
        else:
            obj.pk = schedule_flight(now=timezone.now(), fares=typed.fare_plans(), **typed.changes()).pk
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Flight) -> None:
        remove_flights([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Flight]) -> None:
        remove_flights(queryset)


def by_the_clock(instant: datetime, airport: Airport) -> str:
    """`06:45 IST` and the date below, as an airport's clocks show an instant."""
    local = instant.astimezone(clock.zone(airport.zone))
    return two_lines(clock.on_the_wall(instant, airport.zone), f"{local:%a %-d %b %Y}")


def _slots(request: HttpRequest, flight: Flight | None) -> list[FareSlot]:
    """Prices are set by those who may change them."""
    return fare_slots(flight) if request.user.has_perm(CHANGE_FARES) else []


def _is_sold(flight: Flight) -> bool:
    return any(cabin.seats_held or cabin.seats_sold for cabin in flight.cabins.all())


def _fares_of(cabin: FlightCabin) -> str:
    fares = ", ".join(f"{fare.family} {money(fare.amount)}" for fare in cabin.fares.all())
    return f"{cabin.get_cabin_display()}: {fares or _('not on sale')}"
