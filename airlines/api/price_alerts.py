"""Prices that a traveller follows, for programs."""

from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from airlines.api.filters import PriceAlertFilter
from airlines.models import CabinClass, PriceAlert
from airlines.price_forms import FollowForm
from airlines.services.price_alerts import alerts_of, change, follow, stop
from flights_project.gateway.api.bodies import Body, TextField
from flights_project.gateway.api.fields import MoneyField
from flights_project.gateway.api.resources import SparseFields
from flights_project.gateway.models import User
from flights_project.gateway.pagination import CursorPages
from flights_project.gateway.permissions import HasScope
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.money import on_the_wire


class WaitSerializer(Body):
    """What to wait for: one of the two, or both."""

    limit = MoneyField(allow_null=True, required=False, help_text="For one adult, taxes included.")
    percent = serializers.IntegerField(
        min_value=1, max_value=90, allow_null=True, required=False, help_text="Of what it costs now, or was last told."
    )


class PriceAlertSerializer(WaitSerializer):
    """A price that is followed until the day of departure; told by e-mail, at most once a day."""

    id = serializers.UUIDField(read_only=True)
    origin = TextField(max_length=60, help_text="Airport or city code.")
    destination = TextField(max_length=60, help_text="Airport or city code.")
    depart_on = serializers.DateField()
    return_on = serializers.DateField(allow_null=True, required=False)
    cabin = serializers.ChoiceField(choices=CabinClass.choices, required=False)
    price = MoneyField(read_only=True, allow_null=True, help_text="What it falls from; null: not on sale yet.")
    told_at = serializers.DateTimeField(read_only=True, allow_null=True)


def alert_as_dict(alert: PriceAlert) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "origin": alert.origin,
        "destination": alert.destination,
        "depart_on": alert.depart_on,
        "return_on": alert.return_on,
        "cabin": alert.cabin,
        "limit": None if alert.limit is None else on_the_wire(alert.limit, settings.CURRENCY),
        "percent": alert.percent,
        "price": None if alert.price is None else on_the_wire(alert.price, settings.CURRENCY),
        "told_at": alert.told_at,
    }


class FirstToLeaveFirst(CursorPages):
    ordering = ("depart_on", "pk")


@extend_schema_view(
    list=extend_schema(responses=PriceAlertSerializer(many=True)),
    retrieve=extend_schema(responses=PriceAlertSerializer),
)
class PriceAlertViewSet(SparseFields, viewsets.GenericViewSet[PriceAlert]):
    """One's own price alerts. Keys of programs have none."""

    queryset = PriceAlert.objects.none()
    serializer_class = PriceAlertSerializer
    permission_classes = (IsAuthenticated, HasScope)
    pagination_class = FirstToLeaveFirst
    filterset_class = PriceAlertFilter
    lookup_value_regex = "[0-9a-f-]{36}"

    def get_queryset(self) -> QuerySet[PriceAlert]:
        return alerts_of(cast("User", self.request.user), now=timezone.now())

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([alert_as_dict(alert) for alert in page or ()])

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(alert_as_dict(self.get_object()))

    @extend_schema(request=PriceAlertSerializer, responses={201: PriceAlertSerializer})
    def create(self, request: Request) -> Response:
        asked = PriceAlertSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        form = FollowForm({name: value for name, value in asked.validated_data.items() if value is not None})
        if form.errors:
            raise InvalidRequest({field: [str(fault) for fault in faults] for field, faults in form.errors.items()})
        alert = follow(owner=cast("User", request.user), wish=form.wish, now=form.now)
        return Response(alert_as_dict(alert), status.HTTP_201_CREATED)

    @extend_schema(request=WaitSerializer, responses=PriceAlertSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        alert = self.get_object()
        asked = WaitSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        wait = {"limit": alert.limit, "percent": alert.percent} | asked.validated_data
        return Response(alert_as_dict(change(alert=alert, **wait)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        stop(alert=self.get_object().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
