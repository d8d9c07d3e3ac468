"""What is for sale, for programs."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.generics import GenericAPIView, RetrieveUpdateAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from airlines.api import filters, serializers
from airlines.api.answers import answer_to
from airlines.api.offers import OfferSerializer, offer_as_dict
from airlines.api.place_answers import places_answer
from airlines.api.search import SEARCH_PARAMETERS, SearchResultsSerializer
from airlines.api.search_door import CALLER, FAULT, Environ
from airlines.models import Airplane, Airport, City, FareFamily, Flight, FlightFare
from airlines.services.offers import open_offer, price_again
from airlines.services.scheduling import remove_flights
from airlines.services.search_cache import Answer
from flights_project.gateway.api.resources import ConditionalWrites, KnownParameters, SparseFields
from flights_project.gateway.callers import caller_of
from flights_project.gateway.history import signed
from flights_project.gateway.pagination import CursorPages
from flights_project.gateway.permissions import HasScope, ReadOrStaffWrite, StaffRead


class CityViewSet(ConditionalWrites, viewsets.ModelViewSet[City]):
    """Cities with one airport or several."""

    queryset = City.objects.order_by("pk")
    serializer_class = serializers.CitySerializer
    permission_classes = (ReadOrStaffWrite,)
    filterset_class = filters.CityFilter


class AirportViewSet(ConditionalWrites, viewsets.ModelViewSet[Airport]):
    """Airports, each of a city, with the zone of its clocks."""

    queryset = Airport.objects.select_related("city").order_by("pk")
    serializer_class = serializers.AirportSerializer
    permission_classes = (ReadOrStaffWrite,)
    filterset_class = filters.AirportFilter


class AirplaneViewSet(ConditionalWrites, viewsets.ModelViewSet[Airplane]):
    """The fleet: airplanes with the cabins whose layout makes their seats."""

    queryset = Airplane.objects.prefetch_related("cabins").order_by("pk")
    serializer_class = serializers.AirplaneSerializer
    permission_classes = (ReadOrStaffWrite,)
    filterset_class = filters.AirplaneFilter


class FareFamilyViewSet(ConditionalWrites, viewsets.ModelViewSet[FareFamily]):
    """What a fare includes: bags, seats, changes, refunds."""

    queryset = FareFamily.objects.order_by("pk")
    serializer_class = serializers.FareFamilySerializer
    permission_classes = (ReadOrStaffWrite,)
    filterset_class = filters.FareFamilyFilter


class FlightViewSet(ConditionalWrites, viewsets.ModelViewSet[Flight]):
    """Flights with their seats left and their prices."""

    queryset = Flight.objects.with_places().with_inventory().order_by("pk")
    serializer_class = serializers.FlightSerializer
    permission_classes = (ReadOrStaffWrite,)
    filterset_class = filters.FlightFilter

    def perform_destroy(self, instance: Flight) -> None:
        remove_flights([instance])


class FareOfFlight(KnownParameters, GenericAPIView[FlightFare]):
    """A fare, found by its flight and its own id."""

    queryset = FlightFare.objects.select_related("flight_cabin", "family")

    def get_object(self) -> FlightFare:
        fare: FlightFare = get_object_or_404(
            self.get_queryset(), pk=self.kwargs["fare"], flight_cabin__flight=self.kwargs["flight"]
        )
        self.check_object_permissions(self.request, fare)
        return fare


class FlightFareView(FareOfFlight, ConditionalWrites, RetrieveUpdateAPIView[FlightFare]):
    """The price of a fare. A new one is live at once. It fixes the fare: the pricing rules leave it alone from then
    on.

    Send the amount that you read as `instead_of`, and nobody else's change is lost: 409 `fare_changed` says what the
    fare costs by now.
    """

    serializer_class = serializers.FlightFareSerializer
    permission_classes = (ReadOrStaffWrite,)
    http_method_names = ("get", "head", "patch", "options")


FlightFareEvent: Any = apps.get_model("airlines.FlightFareEvent")


class NewestFirst(CursorPages):
    ordering = "-pgh_id"


class FareHistoryView(FareOfFlight, SparseFields):
    """What a fare has cost, the newest first: when it changed, to what, why, by whom and through which door."""

    serializer_class = serializers.FareHistorySerializer
    permission_classes = (StaffRead,)
    pagination_class = NewestFirst
    filterset_class = filters.FareHistoryFilter
    is_list = True

    @extend_schema(responses=serializers.FareHistorySerializer(many=True))
    def get(self, request: Request, **_ids: int) -> Response:
        history = signed(FlightFareEvent.objects.filter(pgh_obj=self.get_object()))
        page = self.paginate_queryset(self.filter_queryset(history))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class PlacesView(APIView):
    """Airports, cities and countries for type-ahead, best match first.

    Words come in any order, with or without their accents, half typed; where nothing matches, what is spelt alike.
    Airports and cities can be searched from and to; of a country, choose one of its airports.
    """

    permission_classes = (AllowAny,)
    throttle_scope = "search"

    @extend_schema(
        parameters=[OpenApiParameter("q", str, required=True, description="What was typed so far.")],
        responses=serializers.PlacesSerializer,
    )
    def get(self, request: Request) -> HttpResponse:
        return _as_at_the_door(request, places_answer)


class SearchView(APIView):
    """What can be bought between places on days: whole journeys, priced for the whole party.

    Connections are looked for as far as `max_stops` says; without it, one more at a time while there are fewer than
    four ways to fly. Pages neither repeat nor lose an offer while prices move; the prices on each are those of now.
    """

    permission_classes = (HasScope,)
    required_scope = "search"
    throttle_scope = "search"

    @extend_schema(parameters=SEARCH_PARAMETERS, responses=SearchResultsSerializer)
    def get(self, request: Request) -> HttpResponse:
        return _as_at_the_door(request, answer_to)


def _as_at_the_door(request: Request, answer: Callable[[Environ], Answer]) -> HttpResponse:
    """What the door before Django answers by itself, once it knows who was let in; and what it could not answer."""
    request.META[CALLER] = caller_of(request)
    if FAULT in request.META:
        raise request.META[FAULT]
    made = answer(request.META)
    return HttpResponse(made.body, content_type="application/json", headers=dict(made.headers))


class OfferView(KnownParameters):
    """The offer priced again now: a fresh token, the total of now."""

    permission_classes = (HasScope,)
    required_scope = "search"
    throttle_scope = "search"

    @extend_schema(responses=OfferSerializer)
    def get(self, request: Request, offer: str) -> Response:
        return Response(offer_as_dict(price_again(open_offer(offer), now=timezone.now())))
