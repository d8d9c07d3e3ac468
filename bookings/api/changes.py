"""What the airline changed of one's own bookings, and what to do about it."""

from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from airlines.api.offers import SliceSerializer, slice_as_dict
from bookings.api.filters import ItineraryChangeFilter
from bookings.changes import ShownChange
from bookings.models import Booking, ItineraryChange
from bookings.querysets import ItineraryChangeQuerySet
from bookings.services import choices
from flights_project.gateway.api.bodies import Body
from flights_project.gateway.api.fields import MoneyField
from flights_project.gateway.api.resources import SparseFields
from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.pagination import CursorPages
from flights_project.gateway.permissions import HasScope
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.money import on_the_wire


class ChangeSummarySerializer(serializers.ModelSerializer[ItineraryChange]):
    """A flight of the booking that the airline changed. `proposed` are the ids of flights that it offers instead."""

    proposed = serializers.ListField(child=serializers.IntegerField())
    available_choices = serializers.ListField(child=serializers.ChoiceField(choices=ItineraryChange.Choice.choices))

    class Meta:
        model = ItineraryChange
        fields = ["id", "cause", "flight", "status", "proposed", "opened_at", "closed_at", "available_choices"]


class OtherWaySerializer(SliceSerializer):
    """Flights that can be had instead. `offered` names what `move` to them would agree to now."""

    offered = serializers.CharField()


class ChangeSerializer(ChangeSummarySerializer):
    """With what can be chosen: `refund` is what comes back of the whole booking, `booked` what the change is about,
    from the changed flight to the end of its slice, `proposal` and `others` what can be flown instead, the best first.
    `offered` names what `accept` would agree to now; it is another one when that is changed again. Each of `others` has
    its own.
    """

    offered = serializers.CharField()
    refund = MoneyField()
    booked = SliceSerializer(allow_null=True)
    proposal = SliceSerializer(allow_null=True)
    others = OtherWaySerializer(many=True)

    class Meta(ChangeSummarySerializer.Meta):
        fields = [*ChangeSummarySerializer.Meta.fields, "offered", "refund", "booked", "proposal", "others"]


class ChoiceSerializer(Body):
    """`accept` what is proposed, or the new time; `move` to `flights`, ids in order of travel; `refund` everything.

    With `accept` goes what was `offered` as it was read, with `move` what was `offered` of those flights: where it has
    been changed since, nothing is done and the answer is `change_renewed`. Left out, the flights are taken as they are
    at that moment.
    """

    choice = serializers.ChoiceField(choices=ItineraryChange.Choice.choices)
    flights = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, max_length=3)
    offered = serializers.CharField(required=False, max_length=100)


class NewestFirst(CursorPages):
    ordering = ("-opened_at", "-pk")


class _OwnChanges(SparseFields):
    queryset = ItineraryChange.objects.none()
    permission_classes = (IsAuthenticated, HasScope)
    throttle_scope = "booking"

    @property
    def required_scope(self) -> str | tuple[str, ...]:
        is_read = self.request.method == "GET"
        return (ApiKey.Scope.BOOK, ApiKey.Scope.MANAGE) if is_read else ApiKey.Scope.MANAGE

    def changes(self, locator: str) -> ItineraryChangeQuerySet:
        """Those of one's own booking; somebody else's is as unknown as none."""
        own = Booking.objects.of(cast("User", self.request.user))
        booking = get_object_or_404(own, locator=locator.upper())
        return ItineraryChange.objects.filter(booking=booking).select_related("flight", "booking__family")


class ChangesView(_OwnChanges):
    serializer_class = ChangeSummarySerializer
    pagination_class = NewestFirst
    filterset_class = ItineraryChangeFilter
    is_list = True

    @extend_schema(responses=ChangeSummarySerializer(many=True))
    def get(self, request: Request, locator: str) -> Response:
        """What the airline changed of the booking, the newest first; those that are `open` wait for an answer."""
        page = self.paginate_queryset(self.filter_queryset(self.changes(locator)))
        return self.get_paginated_response(ChangeSummarySerializer(page, many=True).data)


class ChangeView(_OwnChanges):
    serializer_class = ChangeSerializer

    @extend_schema(responses=ChangeSerializer)
    def get(self, request: Request, locator: str, change: UUID) -> Response:
        """What can be chosen now for a flight that the airline changed."""
        return Response(_as_dict(get_object_or_404(self.changes(locator), pk=change)))

    @extend_schema(request=ChoiceSerializer, responses=ChangeSummarySerializer)
    def post(self, request: Request, locator: str, change: UUID) -> Response:
        """Choose what becomes of a changed flight. The same choice again is the same answer; another one is
        `change_closed`."""
        found = get_object_or_404(self.changes(locator), pk=change)
        asked = ChoiceSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        done = _choose(found, asked.validated_data, cast("User", request.user))
        return Response(ChangeSummarySerializer(done).data)


def _choose(change: ItineraryChange, asked: dict[str, Any], by: User) -> ItineraryChange:
    now, offered = timezone.now(), asked.get("offered")
    match asked["choice"]:
        case "accept":
            return choices.accept(change=change, by=by, now=now, offered=offered)
        case "refund":
            return choices.refund(change=change, by=by, now=now)
    if not asked.get("flights"):
        raise InvalidRequest({"flights": ["Say which flights, in order of travel."]})
    return choices.move(change=change, flights=asked["flights"], by=by, now=now, offered=offered)


def _as_dict(change: ItineraryChange) -> dict[str, Any]:
    shown = ShownChange(change, timezone.now())
    return {
        **ChangeSummarySerializer(change).data,
        "offered": shown.offered,
        "refund": on_the_wire(shown.refund, change.booking.currency),
        "booked": slice_as_dict(shown.booked) if shown.booked else None,
        "proposal": slice_as_dict(shown.proposal) if shown.proposal else None,
        "others": [{**slice_as_dict(way.part), "offered": way.offered} for way in shown.others],
    }
