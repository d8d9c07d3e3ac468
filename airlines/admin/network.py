from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, AutocompleteSelectFilter, ChoicesCheckboxFilter

from airlines.models import Airport, City, ConnectionTime, Country, Flight
from flights_project.gateway.desk import DeskAdmin, DeskInline


class CityAirports(DeskInline[Airport, City]):
    """New airports can be added here; each is changed on its own page."""

    model = Airport
    fields = ["iata", "icao", "name", "latitude", "longitude", "zone"]
    show_change_link = True
    can_delete = False
    verbose_name_plural = _("airports")

    def has_change_permission(self, request: HttpRequest, obj: City | None = None) -> bool:
        return False


@admin.register(Country)
class CountryAdmin(DeskAdmin[Country]):
    list_display = ["name", "code", "other_names"]
    search_fields = ["=code", "name", "other_names"]
    fields = ["code", "name", "other_names"]


@admin.register(City)
class CityAdmin(DeskAdmin[City]):
    list_display = ["name", "code", "country", "other_names", "airport_codes"]
    list_filter = [("country", AllValuesCheckboxFilter)]
    search_fields = ["=code", "name", "other_names", "=airports__iata"]
    inlines = [CityAirports]

    def get_queryset(self, request: HttpRequest) -> QuerySet[City]:
        return super().get_queryset(request).prefetch_related("airports")

    @admin.display(description=_("airports"))
    def airport_codes(self, city: City) -> str:
        return ", ".join(airport.iata for airport in city.airports.all())


@admin.register(Airport)
class AirportAdmin(DeskAdmin[Airport]):
    list_display = ["iata", "icao", "name", "city", "country", "zone"]
    list_filter = [("city", AutocompleteSelectFilter), ("city__country", AllValuesCheckboxFilter)]
    list_select_related = ["city"]
    search_fields = ["=iata", "=icao", "name", "city__name", "=city__code"]
    autocomplete_fields = ["city"]
    fieldsets = [
        (None, {"fields": [("iata", "icao"), "name", "city"]}),
        (_("Where and when"), {"fields": [("latitude", "longitude"), "zone", ("closed_from", "closed_until")]}),
    ]

    @admin.display(description=_("country"), ordering="city__country")
    def country(self, airport: Airport) -> str:
        return airport.city.country

    def get_readonly_fields(self, request: HttpRequest, obj: Airport | None = None) -> list[str]:
        """The zone stays as it is once flights are scheduled by it: their local dates are kept beside them."""
        return ["zone"] if obj and Flight.objects.filter(origin=obj).exists() else []


@admin.register(ConnectionTime)
class ConnectionTimeAdmin(DeskAdmin[ConnectionTime]):
    """Where nothing is said here, the usual times of the settings hold."""

    list_display = ["airport", "onward_airport", "kind", "minutes"]
    list_filter = [("airport", AutocompleteSelectFilter), ("kind", ChoicesCheckboxFilter)]
    list_select_related = ["airport", "onward_airport"]
    search_fields = ["=airport__iata", "airport__city__name"]
    autocomplete_fields = ["airport", "onward_airport"]
    fields = [("airport", "onward_airport"), ("kind", "minutes")]
