"""What lists of the network can be filtered by."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field

from airlines.models import Airplane, Airport, City, FareFamily, Flight
from airlines.parameters import unknown_place
from airlines.services.places import Place, find_place
from flights_project.gateway.filters import InstantFilter


class CityFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="icontains")
    ordering = django_filters.OrderingFilter(fields=["code", "name"])

    class Meta:
        model = City
        fields = ["code", "name", "country"]


class AirportFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="icontains")
    city = django_filters.CharFilter(field_name="city__code")
    country = django_filters.CharFilter(field_name="city__country")
    ordering = django_filters.OrderingFilter(fields=["iata", "name"])

    class Meta:
        model = Airport
        fields = ["iata", "icao", "name", "city", "country"]


class AirplaneFilter(django_filters.FilterSet):
    model = django_filters.CharFilter(lookup_expr="icontains")
    ordering = django_filters.OrderingFilter(fields=["registration", "model"])

    class Meta:
        model = Airplane
        fields = ["registration", "model"]


class FareFamilyFilter(django_filters.FilterSet):
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
            raise forms.ValidationError(unknown_place(words))
        return place


@extend_schema_field(str)
class PlaceFilter(django_filters.Filter):
    field_class = PlaceField

    def filter(self, qs: QuerySet[Any], value: Place | None) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__in": value.airport_ids}) if value else qs


class FlightFilter(django_filters.FilterSet):
    origin = PlaceFilter()
    destination = PlaceFilter()
    departs_on = django_filters.DateFilter()
    departs_after = InstantFilter(field_name="departs_at", lookup_expr="gte")
    departs_before = InstantFilter(field_name="departs_at", lookup_expr="lt")
    ordering = django_filters.OrderingFilter(fields=["departs_at", "arrives_at", "number"])

    class Meta:
        model = Flight
        fields = ["number", "origin", "destination", "departs_on", "status", "airplane"]
