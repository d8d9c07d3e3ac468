"""What lists of the network can be filtered by."""

import django_filters

from airlines.models import Airplane, Airport, City, FareFamily, Flight
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


class FlightFilter(django_filters.FilterSet):
    origin = django_filters.CharFilter(field_name="origin__iata")
    destination = django_filters.CharFilter(field_name="destination__iata")
    departs_on = django_filters.DateFilter()
    departs_after = InstantFilter(field_name="departs_at", lookup_expr="gte")
    departs_before = InstantFilter(field_name="departs_at", lookup_expr="lt")
    ordering = django_filters.OrderingFilter(fields=["departs_at", "arrives_at", "number"])

    class Meta:
        model = Flight
        fields = ["number", "origin", "destination", "departs_on", "status", "airplane"]
