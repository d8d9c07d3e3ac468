"""The lowest prices on the wire."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from airlines.api.search import DATE
from airlines.models import CabinClass, Low
from airlines.price_forms import AnywhereForm, CalendarForm, FlexibleForm, PriceForm, month_end
from airlines.services.lows import DayLow, Journey, RoundTrip, anywhere, lows_around, lows_by_day
from flights_project.gateway.api.fields import MoneyField
from flights_project.gateway.parameters import misused
from flights_project.gateway.permissions import HasScope
from flights_project.lib import clock
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.money import on_the_wire

MONTH = {"type": "string", "pattern": r"^\d{4}-\d{2}$"}
FROM = OpenApiParameter("origin", str, required=True, description="Airport or city code.")
TO = OpenApiParameter("destination", str, required=True, description="Airport or city code.")
CABIN = OpenApiParameter("cabin", str, enum=CabinClass.values, description="Economy unless it says otherwise.")


class LowSerializer(serializers.Serializer[Any]):
    """The cheapest journey of a day for one adult, taxes included. Search for that day to book it."""

    total = MoneyField()
    stops = serializers.IntegerField()
    duration = serializers.CharField(help_text="ISO 8601, PT2H15M.")
    flights = serializers.ListField(child=serializers.IntegerField(), help_text="Ids in order of travel.")


class DayLowSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    lowest = LowSerializer(allow_null=True, help_text="null: nothing is on sale, or not known yet.")


class CalendarSerializer(serializers.Serializer[Any]):
    days = DayLowSerializer(many=True)


class RoundTripSerializer(serializers.Serializer[Any]):
    depart_on = serializers.DateField()
    return_on = serializers.DateField()
    total = MoneyField(allow_null=True, help_text="There and back for one adult; null: see `lowest` of a calendar.")


class FlexibleSerializer(serializers.Serializer[Any]):
    results = RoundTripSerializer(many=True)


class DestinationSerializer(serializers.Serializer[Any]):
    destination = serializers.CharField(help_text="Code of the airport, or of a city with several.")
    city = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1, two letters.")
    depart_on = serializers.DateField(help_text="The cheapest day, the first of several.")
    lowest = LowSerializer()


class DestinationsSerializer(serializers.Serializer[Any]):
    results = DestinationSerializer(many=True)


def low_as_dict(low: Low) -> dict[str, Any]:
    return {
        "total": on_the_wire(low.total, settings.CURRENCY),
        "stops": low.stops,
        "duration": clock.iso_duration(low.duration),
        "flights": low.flights,
    }


def _day(each: DayLow) -> dict[str, Any]:
    return {"date": each.day, "lowest": low_as_dict(each.low) if each.low else None}


def _round_trip(each: RoundTrip) -> dict[str, Any]:
    total = None if each.total is None else on_the_wire(each.total, settings.CURRENCY)
    return {"depart_on": each.depart_on, "return_on": each.return_on, "total": total}


def _destination(each: Journey) -> dict[str, Any]:
    return {
        "destination": each.low.destination,
        "city": each.destination.city,
        "country": each.destination.country,
        "depart_on": each.low.departs_on,
        "lowest": low_as_dict(each.low),
    }


class LowsView(APIView):
    """Read from prices that are kept beside the fares, new within a second or two of a change."""

    permission_classes = (HasScope,)
    required_scope = "search"
    throttle_scope = "search"


class CalendarView(LowsView):
    """The lowest price of each day of a month, between two places, for one adult."""

    @extend_schema(
        parameters=[FROM, TO, OpenApiParameter("month", MONTH, required=True, description="2026-12"), CABIN],
        responses=CalendarSerializer,
    )
    def get(self, request: Request) -> Response:
        form = _valid(CalendarForm, request)
        asked = form.cleaned_data
        days = lows_by_day(
            origin=asked["origin"],
            destination=asked["destination"],
            first=asked["month"],
            last=month_end(asked["month"]),
            cabin=form.chosen_cabin,
            now=form.now,
        )
        return Response({"days": [_day(each) for each in days]})


class FlexibleView(LowsView):
    """The lowest price of a return for each of seven days out and seven days back, for one adult."""

    @extend_schema(
        parameters=[
            FROM,
            TO,
            OpenApiParameter("depart_on", DATE, required=True, description="Local date; three days around it count."),
            OpenApiParameter("return_on", DATE, required=True, description="Local date; three days around it count."),
            CABIN,
        ],
        responses=FlexibleSerializer,
    )
    def get(self, request: Request) -> Response:
        form = _valid(FlexibleForm, request)
        asked = {name: value for name, value in form.cleaned_data.items() if name != "cabin"}
        grid = lows_around(**asked, cabin=form.chosen_cabin, now=form.now)
        return Response({"results": [_round_trip(each) for row in grid for each in row]})


class DestinationsView(LowsView):
    """Every city that can be reached from a place, with its cheapest day, the cheapest city first."""

    @extend_schema(
        parameters=[
            FROM,
            OpenApiParameter("month", MONTH, description="2026-12; this or `depart_on`."),
            OpenApiParameter("depart_on", DATE, description="Local date; this or `month`."),
            OpenApiParameter("country", str, description="Only cities of this country; ISO 3166-1, two letters."),
            CABIN,
        ],
        responses=DestinationsSerializer,
    )
    def get(self, request: Request) -> Response:
        form = _valid(AnywhereForm, request)
        first, last = form.days
        found = anywhere(
            origin=form.cleaned_data["origin"],
            first=first,
            last=last,
            cabin=form.chosen_cabin,
            now=form.now,
            country=form.cleaned_data["country"],
        )
        return Response({"results": [_destination(each) for each in found]})


def _valid(form_class: type[Any], request: Request) -> Any:
    """The form of what was asked. Raises InvalidRequest; a typing error in a parameter's name is not ignored."""
    form: PriceForm = form_class(request.query_params.dict(), now=timezone.now())
    errors = {field: [str(message) for message in messages] for field, messages in form.errors.items()}
    if errors := errors | misused(request.query_params, form.fields):
        raise InvalidRequest(errors)
    return form
