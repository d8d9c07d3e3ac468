"""Bookings for programs and people: each caller's own, and nobody else's."""

from typing import cast
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from airlines.models import CabinClass, Flight
from airlines.services.offers import open_offer
from bookings.api.filters import BookingFilter
from bookings.api.presentation import booking_as_dict, payment_as_dict, seat_map_as_dict, seated_as_dict
from bookings.api.serializers import (
    BookingSerializer,
    CancellationQuoteSerializer,
    CancellationSerializer,
    HoldSerializer,
    PaymentSerializer,
    PaySerializer,
    SeatChoicesSerializer,
    SeatedBookingSerializer,
    SeatMapSerializer,
)
from bookings.models import Booking, CancellationQuote, Document
from bookings.querysets import BookingQuerySet
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.check_in import check_in
from bookings.services.documents import write_document
from bookings.services.holds import hold_seats, release_hold
from bookings.services.payment import pay
from bookings.services.sandbox import between_search_and_hold
from bookings.services.seat_maps import seat_map
from bookings.services.seating import choose_seats, seat_together
from flights_project.gateway.addresses import address_of
from flights_project.gateway.api.resources import KnownParameters, SparseFields
from flights_project.gateway.idempotency import idempotent, idempotent_in_one_transaction
from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.pagination import CursorPages
from flights_project.gateway.permissions import HasScope
from flights_project.lib.errors import InvalidRequest

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    required=True,
    description="New for each thing you want done; the same when you repeat a request.",
)


MANAGED_BY = frozenset({"seats", "seats_together", "check_in", "cancellation_quotes", "confirm_cancellation"})
"""Calls that change what was booked."""
READ_BY = frozenset({"list", "retrieve", "document"})


class NewestFirst(CursorPages):
    ordering = ("-held_at", "-pk")


@extend_schema_view(retrieve=extend_schema(responses=BookingSerializer))
class BookingViewSet(SparseFields, viewsets.GenericViewSet[Booking]):
    """One's own bookings."""

    queryset = Booking.objects.none()
    serializer_class = BookingSerializer
    permission_classes = (IsAuthenticated, HasScope)
    throttle_scope = "booking"
    filterset_class = BookingFilter
    pagination_class = NewestFirst
    lookup_field = "locator"
    lookup_value_regex = "[A-Za-z0-9]+"
    file_actions = ("document",)

    @property
    def required_scope(self) -> str | tuple[str, ...]:
        """What was booked is read by whoever books or manages; `action` is None for a method that there is not."""
        if self.action in MANAGED_BY:
            return ApiKey.Scope.MANAGE
        return (ApiKey.Scope.BOOK, ApiKey.Scope.MANAGE) if self.action in READ_BY else ApiKey.Scope.BOOK

    def get_queryset(self) -> BookingQuerySet:
        return Booking.objects.of(cast("User", self.request.user))

    def get_object(self) -> Booking:
        """By locator in any case, as people type it; somebody else's is as unknown as none."""
        try:
            return Booking.objects.own(cast("User", self.request.user), self.kwargs["locator"])
        except Booking.DoesNotExist as error:
            raise NotFound from error

    @extend_schema(responses=BookingSerializer(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset().with_journey()))
        return self.get_paginated_response([booking_as_dict(booking) for booking in page or []])

    def retrieve(self, request: Request, locator: str) -> Response:
        return self._booking(locator, status.HTTP_200_OK)

    @extend_schema(request=HoldSerializer, responses={201: BookingSerializer}, parameters=[IDEMPOTENCY_KEY])
    @idempotent_in_one_transaction
    def create(self, request: Request) -> Response:
        """Hold an offer's seats at its price until `payment_required_by`."""
        asked = HoldSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        offer, now = open_offer(asked.validated_data["offer"]), timezone.now()
        with between_search_and_hold(offer, now=now):
            booking = hold_seats(
                offer=offer,
                travellers=asked.travellers,
                contact=asked.whom_to_tell,
                owner=cast("User", request.user),
                now=now,
                address=None if isinstance(request.auth, ApiKey) else address_of(request),
            )
        return Response(booking_as_dict(booking), status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={200: BookingSerializer})
    def destroy(self, request: Request, locator: str) -> Response:
        """Let an unpaid hold go; the answer is the booking, cancelled."""
        booking = release_hold(booking=self.get_object(), now=timezone.now())
        return self._booking(booking.locator, status.HTTP_200_OK)

    @extend_schema(request=PaySerializer, responses={201: PaymentSerializer}, parameters=[IDEMPOTENCY_KEY])
    @action(methods=["post"], detail=True)
    @idempotent
    def payments(self, request: Request, locator: str) -> Response:
        """Pay a held booking's total, or the open `seat_order` of a confirmed one. `succeeded` means that the booking
        is confirmed and carries its tickets, or that the seats are taken."""
        asked = PaySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        payment = pay(booking=self.get_object(), **asked.validated_data, now=timezone.now())
        return Response(payment_as_dict(payment), status=status.HTTP_201_CREATED)

    @extend_schema(request=CancellationSerializer, responses={201: CancellationQuoteSerializer})
    @action(methods=["post"], detail=True, url_path="cancellation-quotes", url_name="cancellation-quotes")
    def cancellation_quotes(self, request: Request, locator: str) -> Response:
        """What cancelling the booking, some of its travellers or some of its slices would give back."""
        asked = CancellationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        quote = quote_cancellation(booking=self.get_object(), now=timezone.now(), **asked.validated_data)
        return Response(CancellationQuoteSerializer(quote).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=CancellationQuoteSerializer)
    @action(
        methods=["post"],
        detail=True,
        url_path=r"cancellation-quotes/(?P<quote>[0-9a-f-]{36})/confirm",
        url_name="confirm-cancellation",
    )
    def confirm_cancellation(self, request: Request, locator: str, quote: str) -> Response:
        """Cancel what the quote names; the refund is on its way. Confirming twice is confirming once."""
        try:
            confirmed = confirm_cancellation(booking=self.get_object(), quote_id=UUID(quote), now=timezone.now())
        except (CancellationQuote.DoesNotExist, ValueError) as error:
            raise NotFound from error
        return Response(CancellationQuoteSerializer(confirmed).data)

    @extend_schema(request=None, responses=BookingSerializer)
    @action(methods=["post"], detail=True, url_path="check-in", url_name="check-in")
    def check_in(self, request: Request, locator: str) -> Response:
        """Check in everybody on each flight that is open for it; who has no seat gets one."""
        check_in(booking=self.get_object(), now=timezone.now())
        return self._booking(locator, status.HTTP_200_OK)

    @extend_schema(
        responses={(200, "application/pdf"): bytes, (200, "text/calendar"): bytes},
        parameters=[OpenApiParameter("document", str, OpenApiParameter.PATH, enum=Document.values)],
    )
    @action(methods=["get"], detail=True, url_path="documents/(?P<document>[a-z_]+)", url_name="document")
    def document(self, request: Request, locator: str, document: str) -> HttpResponse:
        """A document of the booking: the e-ticket as PDF, or the flights as a calendar. A booking lists its
        `documents`."""
        booking = self._with_journey(locator)
        if document not in booking.documents:
            raise NotFound
        written = write_document(booking, Document(document), now=timezone.now())
        headers = {"Content-Disposition": f'attachment; filename="{written.name}"'}
        return HttpResponse(written.content, content_type=written.media_type, headers=headers)

    @extend_schema(request=SeatChoicesSerializer, responses=BookingSerializer)
    @action(methods=["put"], detail=True)
    def seats(self, request: Request, locator: str) -> Response:
        """Choose, change, swap or let go of seats, all of it or nothing. Before payment, the fee of a seat becomes part
        of the total. After it, a choice that costs something becomes the booking's `seat_order`, in the place of an
        earlier one, and happens once that is paid."""
        asked = SeatChoicesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        booking = choose_seats(booking=self.get_object(), choices=asked.choices, now=timezone.now())
        return self._booking(booking.locator, status.HTTP_200_OK)

    @extend_schema(request=None, responses=SeatedBookingSerializer)
    @action(methods=["post"], detail=True, url_path="seats/together", url_name="seats-together")
    def seats_together(self, request: Request, locator: str) -> Response:
        """Seat the party as close together as free seats allow, on every flight whose seats can be chosen."""
        seated = seat_together(booking=self.get_object(), now=timezone.now())
        return Response(seated_as_dict(self._with_journey(locator), seated))

    def _booking(self, locator: str, code: int) -> Response:
        return Response(booking_as_dict(self._with_journey(locator)), status=code)

    def _with_journey(self, locator: str) -> Booking:
        return get_object_or_404(self.get_queryset().with_journey(), locator=locator.upper())


class SeatMapView(KnownParameters):
    """The seats of a flight's cabin: anyone sees what is free, the owner of a booking sees their own."""

    permission_classes = (HasScope,)
    parameters = frozenset({"cabin", "booking"})

    @property
    def required_scope(self) -> str:
        return "book" if "booking" in self.request.query_params else "search"

    @extend_schema(
        parameters=[
            OpenApiParameter("cabin", str, enum=CabinClass.values, default=CabinClass.ECONOMY),
            OpenApiParameter("booking", str, description="Locator of a booking of yours, whose seats are marked."),
        ],
        responses=SeatMapSerializer,
    )
    def get(self, request: Request, flight: int) -> Response:
        cabin = request.query_params.get("cabin", CabinClass.ECONOMY)
        if cabin not in CabinClass.values:
            raise InvalidRequest({"cabin": [f"Enter one of {', '.join(CabinClass.values)}."]})
        drawn = seat_map(
            flight=get_object_or_404(Flight, pk=flight), cabin=cabin, booking=self._own_booking(request, flight)
        )
        if not drawn.rows:
            raise NotFound
        return Response(seat_map_as_dict(drawn))

    def _own_booking(self, request: Request, flight: int) -> Booking | None:
        locator = request.query_params.get("booking")
        if locator is None:
            return None
        if not isinstance(request.user, User):
            raise NotAuthenticated
        own = Booking.objects.of(request.user).filter(segments__flight=flight)
        return get_object_or_404(own, locator=locator.upper())
