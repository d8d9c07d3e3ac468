"""What lists of the network can be filtered by."""

from typing import Any

import django_filters
from django import forms
from django.core.validators import validate_slug
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field

from airlines.models import (
    Airplane,
    Airport,
    City,
    FareChange,
    FareChangeLine,
    FareFamily,
    Flight,
    FlightFare,
    PriceAlert,
)
from airlines.models.fleet import REGISTRATION
from airlines.models.flights import NUMBER
from airlines.models.network import COUNTRY, IATA_LOCATION, ICAO_LOCATION
from airlines.parameters import unknown_place
from airlines.services.places import Place, find_place
from flights_project.gateway.filters import CodeFilter, InstantFilter

WORDS_AT_MOST = 100


class NameFilter(django_filters.CharFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lookup_expr="icontains", max_length=WORDS_AT_MOST, help_text="Any part of it.", **kwargs)


class CityFilter(django_filters.FilterSet):
    code = CodeFilter(rule=IATA_LOCATION)
    name = NameFilter()
    country = CodeFilter(rule=COUNTRY)
    ordering = django_filters.OrderingFilter(fields=["code", "name"])

    class Meta:
        model = City
        fields = ["code", "name", "country"]


class AirportFilter(django_filters.FilterSet):
    iata = CodeFilter(rule=IATA_LOCATION)
    icao = CodeFilter(rule=ICAO_LOCATION)
    name = NameFilter()
    city = CodeFilter(field_name="city__code", rule=IATA_LOCATION)
    country = CodeFilter(field_name="city__country", rule=COUNTRY)
    ordering = django_filters.OrderingFilter(fields=["iata", "name"])

    class Meta:
        model = Airport
        fields = ["iata", "icao", "name", "city", "country"]


class AirplaneFilter(django_filters.FilterSet):
    registration = CodeFilter(rule=REGISTRATION)
    model = NameFilter()
    ordering = django_filters.OrderingFilter(fields=["registration", "model"])

    class Meta:
        model = Airplane
        fields = ["registration", "model"]


class FareFamilyFilter(django_filters.FilterSet):
    code = django_filters.CharFilter(validators=[validate_slug])
    ordering = django_filters.OrderingFilter(fields=["code", "position"])

    class Meta:
        model = FareFamily
        fields = ["code"]


class PlaceField(forms.CharField):
    """An airport or a city, as searches take it. Cleans to its Place, None for nothing."""

    def clean(self, value: Any) -> Place | None:
        words = super().clean(value)
        place = find_place(words) if words else None
        if words and place is None:
            raise forms.ValidationError("%(words)s", params={"words": unknown_place(words)})  # which may hold a %
        return place


@extend_schema_field(str)
class PlaceFilter(django_filters.Filter):
    field_class = PlaceField

    def filter(self, qs: QuerySet[Any], value: Place | None) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__in": value.airport_ids}) if value else qs


class FlightFilter(django_filters.FilterSet):
    number = CodeFilter(rule=NUMBER)
    origin = PlaceFilter(help_text="Airport or city.")
    destination = PlaceFilter(help_text="Airport or city.")
    departs_on = django_filters.DateFilter(help_text="By the clock of the place it leaves.")
    airplane = django_filters.ModelChoiceFilter(queryset=Airplane.objects.all(), help_text="Its `id`.")
    departs_after = InstantFilter(field_name="departs_at", lookup_expr="gte")
    departs_before = InstantFilter(field_name="departs_at", lookup_expr="lt")
    ordering = django_filters.OrderingFilter(fields=["departs_at", "arrives_at", "number"])

    class Meta:
        model = Flight
        fields = ["number", "origin", "destination", "departs_on", "status", "airplane"]


class FareHistoryFilter(django_filters.FilterSet):
    changed_after = InstantFilter(field_name="pgh_created_at", lookup_expr="gte")
    changed_before = InstantFilter(field_name="pgh_created_at", lookup_expr="lt")
    priced_by = django_filters.ChoiceFilter(choices=FlightFare.PricedBy.choices)
    ordering = django_filters.OrderingFilter(fields={"pgh_created_at": "changed_at"})


class FareChangeFilter(django_filters.FilterSet):
    made_after = InstantFilter(field_name="made_at", lookup_expr="gte")
    made_before = InstantFilter(field_name="made_at", lookup_expr="lt")
    ordering = django_filters.OrderingFilter(fields=["made_at"])

    class Meta:
        model = FareChange
        fields = ["status", "kind", "made_after", "made_before"]


class FareChangeLineFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=FareChangeLine.Status.choices)
    ordering = django_filters.OrderingFilter(fields=["amount_before", "amount_after"])


class PriceAlertFilter(django_filters.FilterSet):
    origin = CodeFilter(rule=IATA_LOCATION)
    destination = CodeFilter(rule=IATA_LOCATION)
    ordering = django_filters.OrderingFilter(fields=["depart_on", "created_at"])

    class Meta:
        model = PriceAlert
        fields = ["origin", "destination", "cabin", "depart_on"]
